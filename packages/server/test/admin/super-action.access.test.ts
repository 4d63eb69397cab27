/** The action endpoint: who is let in, and what belongs to whom. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALL_ACTIONS, openAccount, SONNET, type AwsAccount } from './aws-account.ts';

let account: AwsAccount;
beforeEach(async () => {
  account = await openAccount();
});
afterEach(() => account.close());

const PURCHASE = { modelId: SONNET, modelUnits: 1 };
const create = (token: string | null, data: object = {}) =>
  account.act(token, 'CreateProvisionedModelThroughput', { ...PURCHASE, ...data });

async function bought(token: string, data: object = {}): Promise<string> {
  return String((await create(token, data)).body['provisionedModelArn']);
}

it('lets nobody in without a good token, and says why nothing could be tagged', async () => {
  const tenant = await account.plane.tenant();
  const good = await account.buyer('ada');
  const expired = await account.buyer('ada', { exp: 1_000, iat: 900 });
  const cases: readonly (readonly [string | null, string])[] = [
    [null, 'no token was sent'],
    ['nonsense', 'not'],
    [tenant.api_key, 'not'],
    [account.plane.provisioningKey, 'not'],
    [`${good.slice(0, -4)}AAAA`, 'not'],
    [expired, 'expired'],
    [await account.buyer('ada', { iss: 'https://another.supabase.co/auth/v1' }), 'trusted'],
    [await account.buyer('ada', { aud: 'another' }), 'not good'],
  ];
  for (const [token, reason] of cases) {
    const { status, body } = await create(token);
    expect([status, body['code']], reason).toEqual([401, 'UnauthorizedException']);
    expect(body['error']).toContain(reason);
    expect(body['error']).toContain('no userId');
  }
  expect(account.sent()).toEqual([]);
});

it('lets only those make, delete and tag to whom the operator gave it', async () => {
  const grace = await account.tokenOf('grace', []);
  const head = await account.tokenOf('head', ['heads']);
  const finance = await account.tokenOf('money', ['finance']);
  const resourceARN = await bought(await account.buyer('ada'));
  const before = account.changes().length;
  for (const token of [grace, head, finance]) {
    const answers = await Promise.all([
      create(token),
      account.act(token, 'DeleteProvisionedModelThroughput', { provisionedModelId: resourceARN }),
      account.act(token, 'TagResource', { resourceARN, tags: { a: 'b' } }),
      account.act(token, 'UntagResource', { resourceARN, tagKeys: ['a'] }),
    ]);
    for (const { status, body } of answers) {
      expect([status, body['code']]).toEqual([403, 'AccessDeniedException']);
      expect(body['error']).toContain('provisioned_throughput');
    }
  }
  expect(account.changes()).toHaveLength(before);
});

describe('what somebody else has made', () => {
  const deleted = (token: string, provisionedModelId: string) =>
    account.act(token, 'DeleteProvisionedModelThroughput', { provisionedModelId });

  it('is seen by colleagues, but neither deleted nor tagged by them', async () => {
    const ada = await account.buyer('ada');
    const grace = await account.buyer('grace');
    const resourceARN = await bought(ada, { provisionedModelName: 'adas', tags: { a: 'b' } });
    const read = { provisionedModelId: resourceARN };
    expect((await account.act(grace, 'GetProvisionedModelThroughput', read)).status).toBe(200);
    const answers = [
      await deleted(grace, resourceARN),
      await deleted(grace, 'adas'),
      await account.act(grace, 'TagResource', { resourceARN, tags: { a: 'c' } }),
      await account.act(grace, 'UntagResource', { resourceARN, tagKeys: ['a'] }),
    ];
    for (const { status, body } of answers) {
      expect([status, body['code']]).toEqual([403, 'AccessDeniedException']);
    }
    expect(account.changes()).toHaveLength(1);
    expect((await deleted(ada, 'adas')).body).toEqual({});
    expect((await account.act(ada, 'GetProvisionedModelThroughput', read)).status).toBe(404);
  });

  it('does not exist for another organization', async () => {
    const resourceARN = await bought(await account.buyer('ada'), { provisionedModelName: 'adas' });
    const eve = await account.buyer('ada', { tenant: 'two' });
    const answers = [
      await account.act(eve, 'GetProvisionedModelThroughput', { provisionedModelId: 'adas' }),
      await account.act(eve, 'ListTagsForResource', { resourceARN }),
      await account.act(eve, 'TagResource', { resourceARN, tags: { a: 'c' } }),
      await deleted(eve, resourceARN),
      await deleted(eve, resourceARN.slice(-12)),
    ];
    const nothing = await deleted(eve, 'nothing-of-this-name');
    for (const { status, body } of answers) {
      expect(status).toBe(404);
      expect(body['code']).toBe(nothing.body['code']);
    }
    expect(answers.at(-1)?.body).toEqual(nothing.body);
    const { body } = await account.act(eve, 'ListProvisionedModelThroughputs');
    expect(body['provisionedModelSummaries']).toEqual([]);
    expect(account.changes()).toHaveLength(1);
  });

  it('is managed by the administrators of its organization, and of the installation', async () => {
    const ada = await account.buyer('ada');
    const head = await account.tokenOf('head', ['heads', 'buyers']);
    const operator = await account.tokenOf('root', ['operators'], { tenant: undefined });
    const first = await bought(ada);
    account.plane.clock.advance(1);
    const second = await bought(ada);
    const tagged = { resourceARN: first, tags: { checked: 'yes' } };
    expect((await account.act(head, 'TagResource', tagged)).status).toBe(200);
    expect((await deleted(head, first)).status).toBe(200);
    expect((await deleted(operator, second)).status).toBe(200);
  });

  it('is its organization’s to call, until it is gone', async () => {
    const ada = await account.buyer('ada');
    const arn = await bought(ada);
    const params = { org_id: account.orgs.one };
    const grants = async () => (await account.plane.client.listGrants({ params })).grants;
    expect(await grants()).toMatchObject([{ kind: 'arn', value: arn }]);
    await deleted(ada, arn);
    expect(await grants()).toEqual([]);
  });

  it('is in the audit log, with who did what', async () => {
    const ada = await account.buyer('ada');
    const resourceARN = await bought(ada);
    await account.act(ada, 'TagResource', { resourceARN, tags: { a: 'b' } });
    await deleted(ada, resourceARN);
    const { records } = await account.plane.client.listAudit({
      query: { resource: 'provisioned_resource' },
    });
    expect(records.map(({ actor, action }) => [actor.kind, action])).toEqual([
      ['person', 'superAction'],
      ['person', 'superAction'],
      ['person', 'superAction'],
    ]);
    expect(records[2]?.after).toMatchObject({ arn: resourceARN, user_id: 'ada' });
    expect(records[1]?.after).toMatchObject({ tags: { a: 'b' } });
    expect(records[0]?.after).toBeNull();
  });
});

describe('capacity for a model of the account', () => {
  const CUSTOM =
    'arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-micro-v1:0/simdeploy001';
  const onCustom = (token: string, modelId = CUSTOM) => create(token, { modelId });

  it('is bought by no organization that was not granted the model, nor by its name', async () => {
    const ada = await account.buyer('ada');
    const another = { kind: 'arn', value: CUSTOM } as const;
    const params = { org_id: account.orgs.two, grant_id: 'custom' };
    await account.plane.client.putGrant({ params, body: another });
    for (const modelId of [
      CUSTOM,
      'simulated-nova-micro',
      CUSTOM.replace('bedrock', 'sagemaker'),
    ]) {
      for (const dryRun of [false, true]) {
        const { status, body } = await create(ada, { modelId, dryRun });
        expect([status, body['code']], modelId).toEqual([403, 'AccessDeniedException']);
      }
    }
    expect(account.sent()).toEqual([]);
  });

  it('is bought where it was granted, and by who administers everything', async () => {
    const body = { kind: 'arn', value: CUSTOM } as const;
    const params = { org_id: account.orgs.one, grant_id: 'custom' };
    await account.plane.client.putGrant({ params, body });
    expect((await onCustom(await account.buyer('ada'))).status).toBe(200);
    account.plane.clock.advance(1);
    const operator = await account.tokenOf('root', ['operators'], { tenant: undefined });
    expect((await onCustom(operator)).status).toBe(200);
  });
});

it('refuses text that is none (half a character) as invalid', async () => {
  const ada = await account.buyer('ada');
  const half = '\ud800';
  const answers = [
    await account.act(ada, 'ListProvisionedModelThroughputs', { nameContains: half }),
    await account.act(ada, 'ListProvisionedModelThroughputs', { userId: half }),
    await account.act(ada, 'ListProvisionedModelThroughputs', { tagKeys: [half] }),
    await account.act(ada, 'ListFoundationModels', { byProvider: half }),
    await account.act(ada, 'UntagResource', { resourceARN: 'x', tagKeys: [half] }),
  ];
  for (const { status, body } of answers) {
    expect([status, body['code']]).toEqual([400, 'ValidationException']);
  }
});

it('tags nothing but what is made here', async () => {
  const operator = await account.tokenOf('root', ['operators']);
  const resourceARN = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/abcdefghijkl';
  const { status, body } = await account.act(operator, 'TagResource', {
    resourceARN,
    tags: { a: 'b' },
  });
  expect([status, body['code']]).toEqual([400, 'ValidationException']);
  expect(account.sent()).toEqual([]);
});

it.each(ALL_ACTIONS.filter((name) => /Model|Tag/.test(name)))(
  'names the permission that AWS misses: %s',
  async (denied) => {
    await account.close();
    account = await openAccount({
      between: (control, call) =>
        call.action === denied
          ? Promise.resolve({
              ...{ kind: 'answer', status: 403, error: 'AccessDeniedException' },
              body: { message: 'User is not authorized.' },
            })
          : control.call(call),
    });
    const ada = await account.buyer('ada');
    const resourceARN = await bought(ada, { tags: { a: 'b' } });
    const data: Readonly<Record<string, object>> = {
      CreateProvisionedModelThroughput: PURCHASE,
      GetFoundationModel: { modelIdentifier: SONNET },
      GetProvisionedModelThroughput: { provisionedModelId: resourceARN },
      DeleteProvisionedModelThroughput: { provisionedModelId: resourceARN },
      TagResource: { resourceARN, tags: { b: 'c' } },
      UntagResource: { resourceARN, tagKeys: ['a'] },
      ListTagsForResource: { resourceARN },
    };
    const { status, body } = await account.act(ada, denied, data[denied] ?? {});
    expect([status, body['code']]).toEqual([403, 'AccessDeniedException']);
    expect(body['error']).toContain(`bedrock:${denied}`);
  },
);

it('is safe to repeat after an answer that did not come', async () => {
  await account.close();
  let lost = true;
  account = await openAccount({
    between: async (control, call) => {
      const answer = await control.call(call);
      if (!lost || call.action !== 'CreateProvisionedModelThroughput') return answer;
      lost = false;
      return { kind: 'unavailable', reason: 'timeout' };
    },
  });
  const ada = await account.buyer('ada');
  const first = await create(ada);
  expect(first).toMatchObject({ status: 503, body: { code: 'ServiceUnavailableException' } });
  account.plane.clock.advance(5_000);
  const clientRequestToken = first.body['clientRequestToken'];
  const again = await create(ada, { clientRequestToken });
  expect(again.status).toBe(200);
  const [sent, repeated] = account.sent('CreateProvisionedModelThroughput');
  expect(repeated?.body).toBe(sent?.body);
  const { body } = await account.act(ada, 'ListProvisionedModelThroughputs');
  expect(body['provisionedModelSummaries']).toHaveLength(1);
});
