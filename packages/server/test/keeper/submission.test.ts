/** Submitted usage, as a function over real stores: what it costs, once, and what is refused. */
import {
  formatUsd,
  priceBook,
  type EntryDraft,
  type Intent,
  type PriceLayer,
} from '@tollkeeper/core';
import { describe, expect, test } from 'vitest';
import { rerateEntry } from '../../src/jobs/rerate-entry.ts';
import { shardOf, submit, submitBatch, type SubmitAnswer } from '../../src/keeper/submission.ts';
import type { LabelFacts } from '../../src/config/model-labels.ts';
import type { ModelResource } from '../../src/ports/model-resources.ts';
import { PriceHome } from '../../src/prices/price-home.ts';
import { Scratch } from '../adapters/sqlite/scratch.ts';
import { anEntry, PRICES } from '../admin/control-plane.ts';
import {
  APP,
  aSubmission,
  ORG,
  PATH,
  putParties,
  submissionRig,
  WHO,
  type Rig,
} from './submission-rig.ts';

function send(rig: Rig, body: unknown): Promise<SubmitAnswer> {
  return submit(rig.parts, WHO, PATH, body);
}

async function accepted(rig: Rig, body: unknown) {
  const answer = await send(rig, body);
  if (answer.kind !== 'accepted') throw new Error(JSON.stringify(answer));
  return answer.body;
}

async function refusal(rig: Rig, body: unknown) {
  const answer = await send(rig, body);
  if (answer.kind !== 'refused') throw new Error(JSON.stringify(answer));
  return answer;
}

async function entriesOf(rig: Rig) {
  return (await rig.ledger.entries({ org_id: ORG, limit: 1000 })).entries;
}

async function postedOf(rig: Rig, label: string): Promise<string[]> {
  const ids = [`quota:${ORG}:${label}`, `quota:${ORG}:${APP}:${label}`];
  const states = await rig.ledger.budgetStates(ids, rig.clock.now());
  return states.map((state) => formatUsd(state?.balance.posted ?? -1n));
}

const SYDNEY = 'arn:aws:bedrock:ap-southeast-2::foundation-model/amazon.nova-pro-v1:0';
const EUROPE = 'eu.amazon.nova-pro-v1:0';
const EU = { calling_region: 'eu-west-1' };

describe('cost', () => {
  // Worked by hand: 1,500 x 0.80 + 800 x 3.20 USD a million, and so on.
  test.each([
    ['premium', 'amazon.nova-pro-v1:0', 1500, 800, 3760, '0.00376'],
    ['standard', 'amazon.nova-2-lite-v1:0', 10_000, 2000, 8800, '0.0088'],
    ['economy', 'amazon.nova-micro-v1:0', 5000, 1000, 315, '0.000315'],
    ['premium', 'amazon.nova-pro-v1:0', 1, 1, 4, '0.000004'],
    ['economy', 'amazon.nova-micro-v1:0', 1, 1, 0, '0.000000175'],
    ['economy', 'amazon.nova-micro-v1:0', 0, 0, 0, '0'],
  ])('%s: %s with %i + %i tokens', async (label, model, input, output, micros, usd) => {
    const rig = await submissionRig();
    const change = { model_label: label, bedrock_model_id: model };
    const body = aSubmission(rig, { ...change, input_tokens: input, output_tokens: output });
    const answer = await accepted(rig, body);
    expect(answer.processing.cost_usd_micros).toBe(micros);
    expect(answer.processing.expected_aggregation_lag_secs).toBe(0);
    const [entry] = await entriesOf(rig);
    expect(formatUsd(entry?.cost ?? -1n)).toBe(usd);
    const { total } = await rig.ledger.summary({ org_id: ORG, group_by: [] });
    expect(formatUsd(total.cost)).toBe(usd);
    expect(await postedOf(rig, label)).toEqual([usd, usd]);
  });

  test('calls too small for a micro-dollar sum up exactly, through a store on disk', async () => {
    // A million of them are 0.175 USD; this is the fiftieth part of a million.
    const batches = 200;
    await using scratch = new Scratch();
    const rig = await submissionRig({ stores: await scratch.open() });
    const small = { model_label: 'economy', bedrock_model_id: 'amazon.nova-micro-v1:0' };
    const tiny = { ...small, input_tokens: 1, output_tokens: 1 };
    for (let batch = 0; batch < batches; batch += 20) {
      const twenty = Array.from({ length: 20 }, () => {
        const requests = Array.from({ length: 100 }, () => aSubmission(rig, tiny));
        return submitBatch(rig.parts, WHO, PATH, { requests });
      });
      for (const answer of await Promise.all(twenty)) {
        expect(answer).toMatchObject({ kind: 'answered', body: { accepted: 100, failed: 0 } });
      }
    }
    const { total } = await rig.ledger.summary({ org_id: ORG, group_by: [] });
    expect([total.requests, formatUsd(total.cost * 50n)]).toEqual([20_000, '0.175']);
    expect(await postedOf(rig, 'economy')).toEqual(['0.0035', '0.0035']);
  });

  // By the list: a cache read of Nova Pro is 0.20 USD a million, and its input 0.84 in Sydney.
  test.each([
    ['caches by their own prices', { cache_read_input_tokens: 1_000_000 }, 200_000],
    [
      'the region that was called',
      { calling_region: 'ap-southeast-2', input_tokens: 1e6 },
      840_000,
    ],
    ['the region of an ARN', { bedrock_model_id: SYDNEY, input_tokens: 1e6 }, 840_000],
    ['cross-region ids as such', { bedrock_model_id: EUROPE, ...EU, input_tokens: 1e6 }, 920_000],
  ])('counts %s', async (_, change, micros) => {
    const rig = await submissionRig();
    const body = aSubmission(rig, { input_tokens: 0, output_tokens: 0, ...change });
    expect((await accepted(rig, body)).processing.cost_usd_micros).toBe(micros);
  });

  test('a call that failed is recorded with what it used', async () => {
    const rig = await submissionRig();
    const body = aSubmission(rig, { status: 'ERROR', input_tokens: 10, output_tokens: 0 });
    expect((await accepted(rig, body)).processing.cost_usd_micros).toBe(8);
    expect((await entriesOf(rig))[0]).toMatchObject({
      outcome: 'upstream_error',
      label: 'premium',
    });
  });

  test('usage is never refused for being over a quota: what is above is named', async () => {
    const rig = await submissionRig();
    await accepted(rig, aSubmission(rig, { output_tokens: 10_000_000, input_tokens: 0 }));
    const ids = [`quota:${ORG}:premium`];
    const [state] = await rig.ledger.budgetStates(ids, rig.clock.now());
    // 32 USD on a quota of 10.
    expect(formatUsd(state?.balance.posted ?? 0n)).toBe('32');
    expect(formatUsd(state?.balance.excess.submitted ?? 0n)).toBe('22');
  });
});

const HALF: PriceLayer = {
  ...{ layer_id: 'half', kind: 'discount', percent: '50', org_id: null, provider: null },
  ...{ model_id: null, effective_from: '2026-01-01', effective_until: null },
};

const WITHOUT_PRICES: LabelFacts = {
  ...{ label: 'premium', type: 'model', id: 'x', description: '', tier: null, family: null },
  ...{ input_price_usd_micros_per_1m: null, output_price_usd_micros_per_1m: null },
};

describe('without a price', () => {
  const UNKNOWN = { bedrock_model_id: 'acme.model-nobody-knows-v9:9' };

  test('the prices of the label in the settings count', async () => {
    const rig = await submissionRig();
    const answer = await accepted(rig, aSubmission(rig, UNKNOWN));
    expect(answer.processing.cost_usd_micros).toBe(3760);
    expect((await entriesOf(rig))[0]).toMatchObject({
      priced: 'yes',
      price_version: 'config-fallback',
      ceiling: null,
    });
  });

  test('and where the label has none, it is flagged and counts with a ceiling', async () => {
    const modelLabels = new Map([['premium', WITHOUT_PRICES]]);
    const rig = await submissionRig({ settings: { modelLabels } });
    const answer = await accepted(rig, aSubmission(rig, UNKNOWN));
    expect(answer.processing.cost_usd_micros).toBe(0);
    expect(answer.message).toMatch(/no price/);
    const [entry] = await entriesOf(rig);
    expect(entry).toMatchObject({ priced: 'no', usage_source: 'reported', cost: 0n });
    expect(entry?.ceiling).toBeGreaterThan(0n);
    const posted = formatUsd(entry?.ceiling ?? 0n);
    expect(await postedOf(rig, 'premium')).toEqual([posted, posted]);
  });

  test('re-rating prices it once the book has a price, and takes the ceiling back', async () => {
    const modelLabels = new Map([['premium', WITHOUT_PRICES]]);
    const rig = await submissionRig({ settings: { modelLabels } });
    await accepted(rig, aSubmission(rig, UNKNOWN));
    const [entry] = await entriesOf(rig);
    if (entry === undefined) throw new Error('no entry');
    const rows = PRICES.map((row) => ({ ...row, model_id: UNKNOWN.bedrock_model_id }));
    const by = { rerateId: 'r', instanceId: 'test', now: rig.clock.now() };
    const rerated = rerateEntry(entry, [], priceBook(rows, 'later'), by);
    if (rerated.kind !== 'priced' || rerated.correction === null) throw new Error(rerated.kind);
    await rig.ledger.record(rerated.correction);
    // 1,500 x 0.25 + 800 x 1.25 USD a million.
    expect(await postedOf(rig, 'premium')).toEqual(['0.001375', '0.001375']);
  });

  test('a class that neither has a price for leaves the entry partly priced', async () => {
    const rig = await submissionRig();
    const body = aSubmission(rig, { ...UNKNOWN, cache_read_input_tokens: 1000 });
    expect((await accepted(rig, body)).processing.cost_usd_micros).toBe(3760);
    const [entry] = await entriesOf(rig);
    // 1,000 tokens at the dearest that is known, 3.20 USD a million.
    expect(entry).toMatchObject({ priced: 'partly', ceiling: 3_760_000_000n + 3_200_000_000n });
  });
});

describe('a request id', () => {
  test('is taken once: the same usage again changes nothing', async () => {
    const rig = await submissionRig();
    const body = aSubmission(rig);
    const first = await accepted(rig, body);
    rig.clock.advance(60_000);
    const again = await accepted(rig, {
      ...body,
      request_id: body.request_id.toUpperCase(),
      timestamp: new Date(rig.clock.now()).toISOString(),
      cost_usd_micros: 99,
    });
    expect(again.processing).toEqual(first.processing);
    expect(again.request_id).toBe(body.request_id.toUpperCase());
    expect(again.message).toMatch(/nothing was changed/);
    expect(await entriesOf(rig)).toHaveLength(1);
    expect(await postedOf(rig, 'premium')).toEqual(['0.00376', '0.00376']);
  });

  test.each([
    ['input_tokens', 1501],
    ['output_tokens', 801],
    ['cache_read_input_tokens', 1],
    ['cache_write_input_tokens', 1],
    ['cache_write_1h_input_tokens', 1],
    ['bedrock_model_id', 'amazon.nova-lite-v1:0'],
    ['model_label', 'standard'],
    ['status', 'ERROR'],
    ['calling_region', 'us-west-2'],
  ])('with another %s is a conflict that changes nothing', async (member, value) => {
    const rig = await submissionRig();
    const body = aSubmission(rig);
    await accepted(rig, body);
    const before = await entriesOf(rig);
    const answer = await refusal(rig, { ...body, [member]: value });
    expect(answer).toMatchObject({ code: 'ALREADY_EXISTS', details: { differs: [member] } });
    expect(await entriesOf(rig)).toEqual(before);
  });

  test('of another application is a conflict too', async () => {
    const rig = await submissionRig();
    const body = aSubmission(rig);
    await accepted(rig, body);
    const other = await submit(rig.parts, WHO, { org_id: ORG, app_id: 'other' }, body);
    expect(other).toMatchObject({ code: 'ALREADY_EXISTS', details: { differs: ['app_id'] } });
  });
});

/** The intent of a call through the gateway. */
function anIntent(id: string, at: number): Intent {
  const subject = { org_id: ORG, app_id: APP, user_id: null, key_id: 'k', label: 'premium' };
  return {
    ...{ attempt_id: id, request_id: id, invocation_id: null, region: 'us-east-1', at },
    ...{ operation: 'Converse', tier: 'standard', streamed: false, price_version: 'p' },
    ...{ priced: 'yes', tags: {}, subject: { ...subject, model_id: 'm' } },
  };
}

/** The entry of that call. */
function anAttempt({ attempt_id, subject, at }: Intent): EntryDraft {
  return anEntry({
    ...{ entry_id: attempt_id, entry_type: 'attempt', source: 'gateway', ...subject, cost: 5n },
    ...{ started_at: at, ended_at: at },
  });
}

test.each([['request_id'], ['aws_request_id']])(
  'what the gateway metered is not charged again: known by its %s',
  async (member) => {
    const rig = await submissionRig();
    const { ledger, clock } = rig;
    const id = rig.ids.uuid();
    const upstream = rig.ids.uuid();
    const intent = anIntent(id, clock.now() - 5_000);
    const amounts = { usd: 5n, tokens: 0n, requests: 1n };
    const catalog_revision = await rig.catalog.revision();
    await ledger.reserve({ instance_id: 'test', intent, amounts, catalog_revision });
    const body = aSubmission(rig, { [member]: member === 'request_id' ? id : upstream });
    if (member === 'request_id') {
      // While it still runs, too.
      expect((await accepted(rig, body)).message).toMatch(/metered in the gateway/);
    }
    const posting = { amount: 5n, ceiling: 0n };
    await ledger.settle({
      instance_id: 'test',
      entry: { ...anAttempt(intent), upstream_request_id: upstream },
      postings: { usd: posting, tokens: posting, requests: posting },
      origin: 'attempt',
      correction_id: 'c',
    });
    expect((await accepted(rig, body)).message).toMatch(/metered in the gateway/);
    expect(await entriesOf(rig)).toHaveLength(1);
  },
);

test.each([['request_id'], ['aws_request_id']])(
  'a call that is reported while it runs, by AWS’s id as its %s, is charged once',
  async (member) => {
    const rig = await submissionRig();
    const { ledger, clock } = rig;
    const upstream = rig.ids.uuid();
    const intent = anIntent(rig.ids.uuid(), clock.now() - 5_000);
    const amounts = { usd: 5n, tokens: 0n, requests: 1n };
    const catalog_revision = await rig.catalog.revision();
    await ledger.reserve({ instance_id: 'test', intent, amounts, catalog_revision });
    const body = aSubmission(rig, { [member]: upstream });
    const requests = [body, body, aSubmission(rig)];
    const batch = await submitBatch(rig.parts, WHO, PATH, { requests });
    expect(batch).toMatchObject({ kind: 'answered', body: { accepted: 3 } });
    expect(await postedOf(rig, 'premium')).toEqual(['0.00752', '0.00752']);
    const posting = { amount: 5n, ceiling: 0n };
    await ledger.settle({
      instance_id: 'test',
      entry: { ...anAttempt(intent), upstream_request_id: upstream },
      postings: { usd: posting, tokens: posting, requests: posting },
      origin: 'attempt',
      correction_id: 'c',
    });
    // The other report of the batch, and what was measured.
    expect(await postedOf(rig, 'premium')).toEqual(['0.003760000005', '0.003760000005']);
    const { total } = await ledger.summary({ org_id: ORG, group_by: [] });
    expect([total.requests, formatUsd(total.cost)]).toEqual([2, '0.003760000005']);
    expect((await accepted(rig, body)).message).toMatch(/recorded before/);
    const again = aSubmission(rig, { aws_request_id: upstream });
    expect((await accepted(rig, again)).message).toMatch(/metered in the gateway/);
  },
);

test('a call that is reported under two request ids is recorded once', async () => {
  const rig = await submissionRig();
  const aws_request_id = rig.ids.uuid();
  await accepted(rig, aSubmission(rig, { aws_request_id }));
  const again = aSubmission(rig, { aws_request_id });
  expect((await accepted(rig, again)).message).toMatch(/under another request id/);
  const other = await refusal(rig, aSubmission(rig, { aws_request_id, input_tokens: 7 }));
  expect(other).toMatchObject({ code: 'ALREADY_EXISTS', details: { differs: ['input_tokens'] } });
  expect(await entriesOf(rig)).toHaveLength(1);
});

describe('a timestamp', () => {
  /** 2026-11-22T14:33Z is 09:33 in New York, whose day began at 05:00Z. */
  test.each([
    ['2026-11-21T05:00:00Z', 'accepted'],
    ['2026-11-21T04:59:59.999Z', 'refused'],
    ['2026-11-22T14:33:00Z', 'accepted'],
    ['2026-11-22T09:33:00-05:00', 'accepted'],
    ['2026-11-22T14:33:06Z', 'refused'],
    ['2026-11-23T00:00:00Z', 'refused'],
    ['2026-11-31T00:00:00Z', 'refused'],
    ['2026-11-22 14:33:00', 'refused'],
    ['yesterday', 'refused'],
  ])('%s is %s', async (timestamp, kind) => {
    const rig = await submissionRig();
    const answer = await send(rig, aSubmission(rig, { timestamp }));
    expect(answer.kind).toBe(kind);
    if (answer.kind === 'refused') expect(answer.code).toBe('INVALID_REQUEST');
  });

  test('out of range is answered with the range', async () => {
    const rig = await submissionRig();
    const timestamp = '2026-11-20T00:00:00Z';
    expect(await refusal(rig, aSubmission(rig, { timestamp }))).toMatchObject({
      message: expect.stringContaining('2026-11-21T05:00:00.000Z') as string,
      details: {
        timestamp,
        org_day: '20261122',
        timezone: 'America/New_York',
        acceptable_range: '2026-11-21T05:00:00.000Z to 2026-11-22T14:33:05.000Z',
      },
    });
  });

  test('chooses the day that is charged', async () => {
    const rig = await submissionRig();
    await accepted(rig, aSubmission(rig, { timestamp: '2026-11-22T04:59:59Z' }));
    expect(await postedOf(rig, 'premium')).toEqual(['0', '0']);
    const yesterday = await rig.ledger.budgetStates(
      [`quota:${ORG}:premium`],
      Date.UTC(2026, 10, 21, 12),
    );
    expect(formatUsd(yesterday[0]?.balance.posted ?? 0n)).toBe('0.00376');
  });
});

describe('refused', () => {
  test.each([
    ['without a body', null, 'body.request_id'],
    ['with a body that is a list', [], 'body'],
    ['with a request id that is no UUID', { request_id: 'abc' }, 'body.request_id'],
    ['without counts', { input_tokens: undefined }, 'body.input_tokens'],
    ['with counts below zero', { output_tokens: -1 }, 'body.output_tokens'],
    ['with broken counts', { output_tokens: 1.5 }, 'body.output_tokens'],
    ['with counts beyond reason', { input_tokens: 1e15 }, 'body.input_tokens'],
    ['with another status', { status: 'FINE' }, 'body.status'],
    ['with a region that is none', { calling_region: 'us_east_1' }, 'body.calling_region'],
    ['with members that nobody knows', { tokens: 5 }, 'body.tokens'],
  ])('%s: the member is named', async (_, change, member) => {
    const rig = await submissionRig();
    const isChange = change !== null && !Array.isArray(change);
    const answer = await refusal(rig, isChange ? aSubmission(rig, change) : change);
    expect(answer.code).toBe('INVALID_REQUEST');
    const { problems } = answer.details as { problems: { member: string }[] };
    expect(problems.map((each) => each.member)).toContain(member);
  });

  test('a label outside the ordering: those that there are are named', async () => {
    const rig = await submissionRig({ application: { model_ordering: ['premium'] } });
    for (const model_label of ['standard', 'ultra_premium', 'no such label']) {
      expect(await refusal(rig, aSubmission(rig, { model_label }))).toMatchObject({
        code: 'INVALID_CONFIG',
        details: { model_label, app_id: APP, configured_labels: ['premium'] },
      });
    }
  });

  test.each([
    ['of another organization', { org_id: '00000000-1111-4222-8333-123456789abc' }, 'NOT_FOUND'],
    ['of another application', { app_id: 'other' }, 'NOT_FOUND'],
    ['that may not write costs', { scopes: ['read:aggregates'] as const }, 'FORBIDDEN'],
  ])('a client %s', async (_, change, code) => {
    const rig = await submissionRig();
    const answer = await submit(rig.parts, { ...WHO, ...change }, PATH, aSubmission(rig));
    expect(answer).toMatchObject({ kind: 'refused', code });
    expect(await entriesOf(rig)).toEqual([]);
  });
});

test('after a change of the catalogue, a submission is stale once, and then taken', async () => {
  const rig = await submissionRig();
  const revision = await rig.catalog.revision();
  const who = { ...WHO, revision };
  expect((await submit(rig.parts, who, PATH, aSubmission(rig))).kind).toBe('accepted');
  await rig.catalog.put({ kind: 'setting', id: 'x', parent: '', value: 1 });
  const stale = await submit(rig.parts, who, PATH, aSubmission(rig));
  expect(stale).toEqual({ kind: 'stale', catalog_revision: revision + 1 });
  expect(await entriesOf(rig)).toHaveLength(1);
  const again = { ...who, revision: revision + 1 };
  expect((await submit(rig.parts, again, PATH, aSubmission(rig))).kind).toBe('accepted');
});

test('a label that another process has just added is not refused out of memory', async () => {
  const rig = await submissionRig({ application: { model_ordering: ['premium'] } });
  const body = aSubmission(rig, { model_label: 'economy' });
  expect(await refusal(rig, body)).toMatchObject({ code: 'INVALID_CONFIG' });
  await putParties(rig, { application: { model_ordering: ['premium', 'economy'] } });
  expect((await accepted(rig, body)).status).toBe('accepted');
});

test.each([
  ['by a submission that is refused out of memory', 'economy', false],
  ['by another request', 'premium', true],
])('a scope that was read anew %s brings the prices of its revision', async (_, label, read) => {
  const rig = await submissionRig({ application: { model_ordering: ['premium'] } });
  await accepted(rig, aSubmission(rig));
  const { catalog, clock } = rig;
  const log = (): void => undefined;
  const other = await PriceHome.open({ catalog, clock, log, shipped: rig.prices.current() });
  const heading = { reason: 'layer', note: null, createdBy: 'other' } as const;
  await other.changeLayers(heading, () => ({ put: [HALF], removed: [] }));
  await putParties(rig, { application: { model_ordering: ['premium', 'economy'] } });
  if (read) await rig.parts.scopes.load(ORG, APP);
  const model = label === 'premium' ? 'amazon.nova-pro-v1:0' : 'amazon.nova-micro-v1:0';
  const body = aSubmission(rig, { model_label: label, bedrock_model_id: model });
  const first = await send(rig, body);
  const answer = first.kind === 'stale' ? await send(rig, body) : first;
  // Half of 3,760; half of 1,500 x 0.035 + 800 x 0.14 = 164.5, which is 82.25.
  const cost_usd_micros = label === 'premium' ? 1880 : 82;
  expect(answer).toMatchObject({ kind: 'accepted', body: { processing: { cost_usd_micros } } });
});

describe('inference profiles', () => {
  const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123';
  const model = (region: string): string =>
    `arn:aws:bedrock:${region}::foundation-model/amazon.nova-micro-v1:0`;
  const profiles = {
    [ARN]: { kind: 'models', modelArns: [model('us-east-1'), model('us-west-2')] },
  } as const;
  const register = (rig: Rig) =>
    rig.catalog.put({
      ...{ kind: 'inference_profile', id: `${ORG}/${APP}/mine`, parent: `${ORG}/${APP}` },
      value: { profile_label: 'mine', inference_profile_arn: ARN },
    });
  const mine = { model_label: 'mine', bedrock_model_id: ARN, input_tokens: 5000 };

  test('are looked up on first use, and priced by their model in the region called', async () => {
    const rig = await submissionRig({ profiles });
    await register(rig);
    const body = { ...mine, output_tokens: 1000, calling_region: 'us-west-2' };
    expect((await accepted(rig, aSubmission(rig, body))).processing.cost_usd_micros).toBe(315);
    await accepted(rig, aSubmission(rig, body));
    expect(rig.asked).toEqual([`us-east-1 ${ARN}`]);
    const [entry] = await entriesOf(rig);
    expect(entry).toMatchObject({
      ...{ label: 'mine', model_id: ARN, region: 'us-west-2', priced: 'yes' },
      price_basis: { model_id: 'amazon.nova-micro-v1:0', scope: 'geo' },
    });
  });

  test('need the region that was called', async () => {
    const rig = await submissionRig({ profiles });
    await register(rig);
    expect(await refusal(rig, aSubmission(rig, mine))).toMatchObject({
      code: 'INVALID_REQUEST',
      details: { model_label: 'mine', label_type: 'profile' },
    });
  });

  test('that nobody knows are priced by the model that is stated', async () => {
    const rig = await submissionRig();
    await register(rig);
    const body = { ...mine, output_tokens: 1000, calling_region: 'us-east-1' };
    const stated = { ...body, bedrock_model_id: 'amazon.nova-micro-v1:0' };
    expect((await accepted(rig, aSubmission(rig, stated))).processing.cost_usd_micros).toBe(315);
    expect((await accepted(rig, aSubmission(rig, body))).message).toMatch(/no price/);
  });

  test('that cannot be looked up now are to be reported again, or with their model', async () => {
    const answers: Record<string, ModelResource> = {
      [ARN]: { kind: 'unavailable', reason: 'timeout' },
    };
    const rig = await submissionRig({ profiles: answers });
    await register(rig);
    const body = { ...mine, output_tokens: 1000, calling_region: 'us-east-1' };
    const report = aSubmission(rig, body);
    expect(await refusal(rig, report)).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      details: { model_label: 'mine', bedrock_model_id: ARN },
    });
    const stated = aSubmission(rig, { ...body, bedrock_model_id: 'amazon.nova-micro-v1:0' });
    const requests = [report, stated, aSubmission(rig)];
    const batch = await submitBatch(rig.parts, WHO, PATH, { requests });
    if (batch.kind !== 'answered') throw new Error(JSON.stringify(batch));
    expect(batch.body.results.map(({ status, error }) => error ?? status)).toEqual([
      ...['SERVICE_UNAVAILABLE', 'accepted', 'accepted'],
    ]);
    expect((await entriesOf(rig)).map(({ model_id }) => model_id)).not.toContain(ARN);
    // Reported again, it is looked up again: not at the dearest price of the book.
    answers[ARN] = profiles[ARN];
    rig.clock.advance(5_001);
    expect((await accepted(rig, report)).processing.cost_usd_micros).toBe(315);
  });
});

describe('a batch', () => {
  test('judges each by itself, in order', async () => {
    const rig = await submissionRig();
    const good = aSubmission(rig);
    const requests = [
      good,
      aSubmission(rig, { model_label: 'nothing' }),
      'nonsense',
      { ...good, input_tokens: 7 },
      good,
    ];
    const answer = await submitBatch(rig.parts, WHO, PATH, { requests });
    if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer));
    expect([answer.body.accepted, answer.body.failed]).toEqual([2, 3]);
    expect(answer.body.results.map(({ status, error }) => error ?? status)).toEqual([
      ...['accepted', 'INVALID_CONFIG', 'INVALID_REQUEST', 'ALREADY_EXISTS', 'accepted'],
    ]);
    expect(answer.body.results[2]?.request_id).toBeNull();
    expect(await entriesOf(rig)).toHaveLength(1);
  });

  test.each([[0], [101]])('of %i is refused', async (length) => {
    const rig = await submissionRig();
    const requests = Array.from({ length }, () => aSubmission(rig));
    const answer = await submitBatch(rig.parts, WHO, PATH, { requests });
    expect(answer).toMatchObject({ kind: 'refused', code: 'INVALID_REQUEST' });
  });
});

test('the shard of a request is the same for every spelling of its id', () => {
  const id = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
  expect(shardOf(id.toUpperCase(), 8)).toBe(shardOf(id, 8));
  const shards = new Set(Array.from({ length: 500 }, (_, index) => shardOf(`${index}`, 8)));
  expect([...shards].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
