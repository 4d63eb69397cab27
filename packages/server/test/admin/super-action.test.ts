/**
 * The action endpoint in front of a simulated account: who may buy, delete and tag, what AWS is
 * asked, and everything that must be refused before AWS is asked at all.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAccount, SONNET, tags, type AwsAccount } from './aws-account.ts';

let account: AwsAccount;
let ada: string;
beforeEach(async () => {
  account = await openAccount();
  ada = await account.buyer('ada');
});
afterEach(() => account.close());

const PURCHASE = { modelId: SONNET, modelUnits: 1 };
const create = (token: string | null, data: object = {}) =>
  account.act(token, 'CreateProvisionedModelThroughput', { ...PURCHASE, ...data });

/** Buys and gives the ARN. */
async function bought(token: string, data: object = {}): Promise<string> {
  const { status, body } = await create(token, data);
  expect([status, Object.keys(body)]).toEqual([200, ['provisionedModelArn']]);
  return String(body['provisionedModelArn']);
}

describe('a purchase', () => {
  it('carries who made it, when and by what, and the tags of the caller', async () => {
    const arn = await bought(ada, { tags: { project: 'customer-service', environment: 'test' } });
    expect(await account.tagsOf(ada, arn)).toEqual({
      CreatedBy: 'Tollkeeper',
      CreatedAt: '2026-11-22T14:33:00.000Z',
      Source: 'tollkeeper-super-action',
      userId: 'ada',
      project: 'customer-service',
      environment: 'test',
    });
  });

  it('has a name that AWS accepts when nobody chose one', async () => {
    const provisionedModelId = await bought(ada);
    const { body } = await account.act(ada, 'GetProvisionedModelThroughput', {
      provisionedModelId,
    });
    expect(body).toMatchObject({
      provisionedModelName: 'tollkeeper-pmt-1795357980000',
      modelUnits: 1,
      status: 'InService',
    });
  });

  it('under a name that is in use is refused without words about regions', async () => {
    await bought(ada, { provisionedModelName: 'mine' });
    const { status, body } = await create(ada, { provisionedModelName: 'mine' });
    expect([status, body['code']]).toEqual([400, 'ValidationException']);
    expect(body['error']).toMatch(/already exists\.$/);
    const absent = await create(ada, { modelId: 'acme.no-such-model-v1:0' });
    expect(absent.body['error']).toMatch(/Not every model is offered in/);
  });

  it.each(['ONE_MONTH', 'OneMonth', 'SIX_MONTHS', 'SixMonths'])(
    'takes the commitment as %s, and asks for it to be confirmed',
    async (commitmentDuration) => {
      const { status, body } = await create(ada, { commitmentDuration });
      expect(status).toBe(409);
      expect(body).toMatchObject({
        code: 'ConfirmationRequired',
        price: { model_units: 1, unit_hour_usd: null, total_usd: null },
        expires_at: '2026-11-22T14:43:00.000Z',
      });
      expect(account.sent()).toEqual([]);
      const confirmation = body['confirmation_token'];
      const arn = await bought(ada, { commitmentDuration, confirmation });
      const read = await account.act(ada, 'GetProvisionedModelThroughput', {
        provisionedModelId: arn,
      });
      const months = commitmentDuration.toUpperCase().startsWith('ONE') ? 'OneMonth' : 'SixMonths';
      expect(read.body['commitmentDuration']).toBe(months);
    },
  );

  it('does nothing at AWS when it is a dry run, and says what would be sent', async () => {
    const { status, body } = await create(ada, { dryRun: true, provisionedModelName: 'mine' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      dryRun: true,
      request: { provisionedModelName: 'mine', modelId: SONNET, modelUnits: 1 },
    });
    expect(account.sent()).toEqual([]);
  });

  it('happens once for a client token, however often it is asked for', async () => {
    const data = { clientRequestToken: 'order-1' };
    const [first, second] = await Promise.all([create(ada, data), create(ada, data)]);
    account.plane.clock.advance(60_000);
    const third = await create(ada, data);
    expect([second.body, third.body]).toEqual([first.body, first.body]);
    const { body } = await account.act(ada, 'ListProvisionedModelThroughputs');
    expect(body['provisionedModelSummaries']).toHaveLength(1);
  });

  it('is refused when its token was for something else; tokens are each user’s own', async () => {
    const mine = await bought(ada, { clientRequestToken: 'order-1' });
    account.plane.clock.advance(1);
    const other = await create(ada, { clientRequestToken: 'order-1', modelUnits: 2 });
    expect(other).toMatchObject({ status: 409, body: { code: 'ConflictException' } });
    const order = { clientRequestToken: 'order-1' };
    const theirs = [
      await bought(await account.buyer('grace'), { ...order, provisionedModelName: 'b' }),
      await bought(await account.buyer('ada', { tenant: 'two' }), order),
    ];
    expect(new Set([mine, ...theirs]).size).toBe(3);
  });
});

describe('a confirmation', () => {
  const commitmentDuration = 'ONE_MONTH';
  const asked = async (token: string, data: object = {}): Promise<string> =>
    String((await create(token, { commitmentDuration, ...data })).body['confirmation_token']);

  it('buys nothing when missing, made up, altered, expired, or for another purchase', async () => {
    const confirmation = await asked(ada);
    const [until = '', sum = ''] = confirmation.split('.');
    const later = `${Number(until) + 60_000}.${sum}`;
    const other = `${until}.${sum.slice(0, -1)}${sum.endsWith('0') ? '1' : '0'}`;
    const grace = await account.buyer('grace');
    const tries: readonly (readonly [string, object])[] = [
      [ada, {}],
      [ada, { confirmation: 'yes' }],
      [ada, { confirmation: later }],
      [ada, { confirmation: other }],
      [ada, { confirmation, modelUnits: 2 }],
      [ada, { confirmation, commitmentDuration: 'SIX_MONTHS' }],
      [ada, { confirmation, provisionedModelName: 'another' }],
      [ada, { confirmation, tags: { more: 'tags' } }],
      [grace, { confirmation }],
    ];
    for (const [token, data] of tries) {
      const { status, body } = await create(token, { commitmentDuration, ...data });
      expect([status, body['code']], JSON.stringify(data)).toEqual([409, 'ConfirmationRequired']);
    }
    account.plane.clock.advance(600_000);
    const late = await create(ada, { commitmentDuration, confirmation });
    expect(late).toMatchObject({ status: 409, body: { code: 'ConfirmationRequired' } });
    expect(account.sent()).toEqual([]);
  });

  it('buys once, and a repetition after it has expired is answered the same', async () => {
    const confirmation = await asked(ada);
    const first = await create(ada, { commitmentDuration, confirmation });
    account.plane.clock.advance(3_600_000);
    const again = await create(ada, { commitmentDuration, confirmation });
    expect(again).toEqual(first);
    expect(account.sent('CreateProvisionedModelThroughput')).toHaveLength(1);
  });

  it('shows the whole price where the operator has stated one', async () => {
    await account.close();
    // 39.60 USD an hour for a unit; from 22 November to 22 December there are 720 hours.
    account = await openAccount({ unitHour: 39_600_000_000_000n });
    const { body } = await create(await account.buyer('ada'), {
      commitmentDuration,
      modelUnits: 2,
    });
    expect(body['price']).toEqual({
      model_units: 2,
      hours: 720,
      unit_hour_usd: '39.6',
      total_usd: '57024',
    });
    expect(body['error']).toContain('57024 USD');
  });

  it('is not asked for where the operator wants none', async () => {
    await account.close();
    account = await openAccount({ rules: { confirmCommitments: false } });
    const token = await account.buyer('ada');
    const { status, body } = await account.act(token, 'CreateProvisionedModelThroughput', {
      modelId: SONNET,
      provisionedModelName: 'an-instance-of-mine',
      commitmentDuration: 'ONE_MONTH',
      modelUnits: 1,
      tags: { project: 'support', environment: 'staging' },
    });
    expect([status, Object.keys(body)]).toEqual([200, ['provisionedModelArn']]);
  });
});

describe('tags', () => {
  it('are 50 at most, with ours; one more is refused before any call', async () => {
    const refused = await create(ada, { tags: tags(47) });
    expect(refused).toMatchObject({ status: 400, body: { code: 'TooManyTagsException' } });
    expect(account.sent()).toEqual([]);
    const arn = await bought(ada, { tags: tags(46) });
    expect(Object.keys(await account.tagsOf(ada, arn))).toHaveLength(50);
    const more = { resourceARN: arn, tags: { 'one-more': '' } };
    const full = await account.act(ada, 'TagResource', more);
    expect(full).toMatchObject({ status: 400, body: { code: 'TooManyTagsException' } });
    const same = { resourceARN: arn, tags: { 'tag-0': 'changed' } };
    expect(await account.act(ada, 'TagResource', same)).toEqual({ status: 200, body: {} });
    expect(account.sent('TagResource')).toHaveLength(1);
    expect((await account.tagsOf(ada, arn))['tag-0']).toBe('changed');
  });

  it.each(['userId', 'CreatedBy', 'CreatedAt', 'Source'])(
    'that are ours do not move by any action: %s',
    async (name) => {
      const refused = await create(ada, { tags: { [name]: 'eve' } });
      expect(refused).toMatchObject({ status: 400, body: { code: 'ValidationException' } });
      const resourceARN = await bought(ada);
      const before = await account.tagsOf(ada, resourceARN);
      const operator = await account.tokenOf('root', ['operators']);
      for (const token of [ada, operator]) {
        const set = { resourceARN, tags: { [name]: 'eve' } };
        const listed = { resourceARN, tags: [{ key: name, value: 'eve' }] };
        const removed = { resourceARN, tagKeys: [name] };
        expect((await account.act(token, 'TagResource', set)).status).toBe(400);
        expect((await account.act(token, 'TagResource', listed)).status).toBe(400);
        expect((await account.act(token, 'UntagResource', removed)).status).toBe(400);
      }
      expect(await account.tagsOf(ada, resourceARN)).toEqual(before);
      expect(account.changes()).toHaveLength(1);
    },
  );

  it.each([
    ['a name with a comma', { 'a,b': 'c' }, 'may hold letters'],
    ['a name of AWS', { 'aws:me': 'c' }, 'AWS keeps for itself'],
    ['a name of ours and a space', { 'userId ': 'eve' }, 'who made the resource'],
    ['an empty name', { '': 'c' }, '1 to 128 characters'],
    ['a name of 129 characters', { ['n'.repeat(129)]: 'c' }, '1 to 128 characters'],
    ['a value of 257 characters', { n: 'v'.repeat(257) }, 'at most 256 characters'],
    ['a value with an umlaut', { n: 'ä' }, 'may hold letters'],
  ])('are refused with the reason: %s', async (_, bad, reason) => {
    const { status, body } = await create(ada, { tags: bad });
    expect([status, body['code']]).toEqual([400, 'ValidationException']);
    expect(body['error']).toContain(reason);
    expect(account.sent()).toEqual([]);
  });

  it('find who made what: by user, by value and by name', async () => {
    const grace = await account.buyer('grace');
    const arns = [
      await bought(ada, { tags: { project: 'one' }, provisionedModelName: 'a' }),
      await bought(ada, { tags: { project: 'two' }, provisionedModelName: 'b' }),
      await bought(grace, { tags: { project: 'one' }, provisionedModelName: 'c' }),
    ];
    const found = async (data: object) => {
      const { body } = await account.act(ada, 'ListProvisionedModelThroughputs', data);
      const items = body['provisionedModelSummaries'] as { provisionedModelArn: string }[];
      return items
        .map(({ provisionedModelArn: arn }) => arns.indexOf(arn))
        .toSorted((x, y) => x - y);
    };
    expect(await found({})).toEqual([0, 1, 2]);
    expect(await found({ userId: 'ada' })).toEqual([0, 1]);
    expect(await found({ tags: { project: 'one' } })).toEqual([0, 2]);
    expect(await found({ userId: 'grace', tags: { project: 'one' } })).toEqual([2]);
    expect(await found({ tagKeys: ['project'], nameContains: 'b' })).toEqual([1]);
    expect(await found({ tags: { project: 'three' } })).toEqual([]);
  });
});

describe('what is not good is refused before any call', () => {
  it.each([
    ['a name with two dashes in a row', { provisionedModelName: 'a--b' }, 'no two in a row'],
    ['a name that begins with a dash', { provisionedModelName: '-a' }, 'none at the start'],
    ['a name with a space', { provisionedModelName: 'a b' }, 'letters, digits'],
    ['a name of 64 characters', { provisionedModelName: 'n'.repeat(64) }, '1 to 63'],
    ['no model units', { modelUnits: undefined }, 'modelUnits is missing'],
    ['half a model unit', { modelUnits: 0.5 }, 'whole number'],
    ['a model unit as text', { modelUnits: '1' }, 'whole number'],
    ['no model', { modelId: undefined }, 'modelId is missing'],
    ['another commitment', { commitmentDuration: 'ONE_YEAR' }, 'ONE_MONTH or SIX_MONTHS'],
    ['a misspelt member', { commitmentDuraton: 'ONE_MONTH' }, 'commitmentDuraton is not known'],
    ['a token with a dash at its end', { clientRequestToken: 'a-' }, 'letters and digits'],
  ])('%s', async (_, data, reason) => {
    const { status, body } = await create(ada, data);
    expect([status, body['code']]).toEqual([400, 'ValidationException']);
    expect(body['error']).toContain(reason);
    expect(account.sent()).toEqual([]);
  });

  it('an action that there is not, or a body that is none', async () => {
    expect(await account.act(ada, 'DeleteEverything')).toMatchObject({
      status: 400,
      body: { code: 'ValidationException' },
    });
    expect(account.sent()).toEqual([]);
  });
});
