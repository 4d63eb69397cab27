/**
 * What has no price, and what does not tell its usage: refused, or flagged with a ceiling, as the
 * key's policy says - never free. Every model of the catalogue by every scope and tier that has no
 * price in a region; classes without a price; usage that is missing in one place or in all.
 */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cacheUsesOf,
  caseOf,
  MODELS,
  operationsOf,
  PRICED,
  SMALL_IMAGES,
  type CacheUse,
  type CostCase,
  type Tier,
} from './cost-bodies.ts';
import { differences, expectCovered, expectExact, runCases, type Outcome } from './cost-rig.ts';
import { counterOf } from './metrics-reading.ts';

const REGION = 'us-east-1';
const HERE = PRICED.filter(({ region }) => region === REGION);
const STANDARD = HERE.filter(({ tier }) => tier === 'standard');

let product: RunningProduct;
/** Of a key that may call what has no price. */
let flagging: string;

beforeAll(async () => {
  product = await startProduct({ limitUsd: '9000', settings: { region: REGION } });
  const made = await product.client.createKey({
    params: { org_id: product.orgId, app_id: product.appId },
    body: { policy: { unpriced: 'flag', unbounded: 'cap' } },
  });
  flagging = made.api_key;
}, 60_000);
afterAll(() => product.close());

const TIERS: readonly (readonly [string, Tier | undefined])[] = [
  ['standard', undefined],
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['latency_optimized', 'optimized'],
];

/** Each model by each scope in a tier, where that has no price: its operations in turn. */
function unpricedIn(tier: string, asked: Tier | undefined): readonly CostCase[] {
  const known = new Set(HERE.filter((each) => each.tier === tier).map(({ name }) => name));
  let turn = 0;
  return MODELS.flatMap((model) =>
    ['', 'us.', 'global.'].flatMap((prefix) => {
      const name = `${prefix}${model.model_id}`;
      if (known.has(name)) return [];
      const operations = operationsOf(model);
      const operation = operations[turn++ % operations.length] ?? 'invoke';
      return [caseOf(name, operation, asked === undefined ? {} : { tier: asked })];
    }),
  );
}

describe('a combination without a price', () => {
  test.each(TIERS)('is refused, and nothing is sent: tier %s', async (tier, asked) => {
    const cases = unpricedIn(tier, asked);
    expect(cases.length).toBeGreaterThan(200);
    const before = (await product.book()).length;
    const outcomes = await runCases(product, cases);
    const refused = (outcome: Outcome): void => {
      expect([outcome.status, outcome.error]).toEqual([403, 'AccessDeniedException']);
      expect(outcome.message).toMatch(/^There is no .*price for .*What has no price is not called/);
      expect([outcome.entry, outcome.row]).toEqual([undefined, undefined]);
    };
    expect(differences(outcomes, refused)).toEqual([]);
    expect(await product.book()).toHaveLength(before);
    console.log(`${cases.length} combinations without a price refused, tier ${tier}`);
  });

  test('is flagged where the key says so: metered, without an amount', async () => {
    const outcomes = await runCases(product, unpricedIn('standard', undefined), { key: flagging });
    let flagged = 0;
    const check = ({ status, entry, row, toldCost }: Outcome): void => {
      // The upstream itself knows no such profile of some of these models.
      if (status === 400) {
        expect(entry).toMatchObject({ outcome: 'refused', cost_usd: '0' });
        expect(row?.usage).toBeNull();
        return;
      }
      flagged++;
      expect(toldCost).toBeNull();
      expect(entry).toMatchObject({ priced: 'no', usage_source: 'reported', cost_usd: '0' });
      expect(entry?.usage).toEqual(row?.usage);
      expect(entry?.charges.length).toBeGreaterThan(0);
      for (const line of entry?.charges ?? []) expect(line.amount_usd).toBeNull();
    };
    expect(differences(outcomes, check)).toEqual([]);
    expect(flagged).toBeGreaterThan(150);
  });

  test.each([
    ['an image beyond every size that has a price', { width: 2049, height: 512 }, 403],
    ['an image of a size that has one', { width: 2048, height: 512 }, 200],
  ])('%s', async (_what, imageGenerationConfig, status) => {
    const plain = caseOf('amazon.nova-canvas-v1:0', 'invoke');
    const body = { ...plain.body, imageGenerationConfig };
    const [outcome] = await runCases(product, [{ ...plain, body }]);
    expect(outcome?.status).toBe(status);
    const [flagged] = await runCases(product, [{ ...plain, body }], { key: flagging });
    expect(flagged?.entry?.priced).toBe(status === 200 ? 'yes' : 'no');
    expect(flagged?.entry?.charges).toMatchObject([{ quantity: 1 }]);
  });

  test('an image to embed, with a model that has no price for it', async () => {
    const images = [`data:image/png;base64,${'A'.repeat(64)}`];
    const cases = ['cohere.embed-english-v3', 'us.cohere.embed-v4:0'].map((model): CostCase => ({
      ...caseOf(model, 'invoke'),
      body: { images, input_type: 'image' },
    }));
    const refused = await runCases(product, cases);
    expect(refused.map(({ status }) => status)).toEqual([403, 403]);
    for (const { entry } of await runCases(product, cases, { key: flagging })) {
      expect(entry).toMatchObject({ priced: 'no', usage: { units: { input_image: 1 } } });
    }
  });

  test('a region without prices of guardrails refuses them, or flags them', async () => {
    const identifier = 'arn:aws:bedrock:eu-west-1:123456789012:guardrail/simguardrail';
    const europe = await startProduct({ limitUsd: '9000', settings: { region: 'eu-west-1' } });
    try {
      const { orgId: org_id, appId: app_id } = europe;
      const params = { org_id, grant_id: 'guardrail' };
      await europe.client.putGrant({ params, body: { kind: 'arn', value: identifier } });
      const { api_key: key } = await europe.client.createKey({
        params: { org_id, app_id },
        body: { policy: { unpriced: 'flag' } },
      });
      const content = [{ text: { text: 'Hello.' } }];
      const apply: CostCase = {
        ...caseOf('amazon.nova-pro-v1:0', 'invoke'),
        path: '/guardrail/simguardrail/version/1/apply',
        body: { source: 'INPUT', content },
      };
      const [refused] = await runCases(europe, [apply]);
      expect(refused?.status).toBe(403);
      const [flagged] = await runCases(europe, [apply], { key });
      expect(flagged?.entry).toMatchObject({ priced: 'no', cost_usd: '0' });
      expect(flagged?.entry?.usage).toEqual(flagged?.row?.usage);
    } finally {
      await europe.close();
    }
  });
});

describe('a class without a price', () => {
  const CLASS_OF: readonly (readonly [CacheUse, string, readonly string[]])[] = [
    ['read', 'cache_read', ['anthropic', 'nova']],
    ['write_5m', 'cache_write_5m', ['anthropic', 'nova']],
    ['write_1h', 'cache_write_1h', ['anthropic']],
    ['write_both', 'cache_write_1h', ['anthropic']],
  ];

  test.each(CLASS_OF)(
    'has no amount and leaves a ceiling, which was held: %s',
    async (cache, usageClass, families) => {
      const cases = STANDARD.filter(
        ({ family, classes }) => families.includes(family) && !classes.has(usageClass),
      ).flatMap((priced) =>
        operationsOf(priced).map((operation) => caseOf(priced.name, operation, { cache })),
      );
      expect(cases.length).toBeGreaterThan(10);
      const outcomes = await runCases(product, cases);
      const flagged = (outcome: Outcome): void => {
        expectExact(REGION, outcome);
        expect(outcome.entry?.priced).toBe('partly');
      };
      expect(differences(outcomes, flagged)).toEqual([]);
      expect(await counterOf(product, 'tollkeeper_over_bound_total')).toBe(0);
    },
  );

  test('of a tier that served without being asked for has no amount either', async () => {
    const known = new Set(HERE.filter(({ tier }) => tier === 'flex').map(({ name }) => name));
    const cases = STANDARD.filter(({ name, kind }) => kind === 'text' && !known.has(name)).map(
      (priced, at) => {
        const operations = operationsOf(priced);
        const operation = operations[at % operations.length] ?? 'invoke';
        return caseOf(priced.name, operation, { served: 'flex' });
      },
    );
    expect(cases.length).toBeGreaterThan(100);
    const outcomes = await runCases(product, cases);
    const flagged = (outcome: Outcome): void => {
      expectExact(REGION, outcome);
      expect(outcome.entry).toMatchObject({ priced: 'no', tier: 'flex' });
    };
    expect(differences(outcomes, flagged)).toEqual([]);
  });

  test('that a model reads of its own accord has no amount either', async () => {
    const cases = STANDARD.filter(
      ({ family, classes }) => family === 'openai_chat' && !classes.has('cache_read'),
    ).flatMap((priced) =>
      operationsOf(priced).map((operation) =>
        caseOf(priced.name, operation, { cache: 'implicit' }),
      ),
    );
    const outcomes = await runCases(product, cases);
    const flagged = (outcome: Outcome): void => {
      expectExact(REGION, outcome);
      expect(outcome.entry?.priced).toBe('partly');
    };
    expect(differences(outcomes, flagged)).toEqual([]);
  });
});

describe('usage that is missing', () => {
  /** Each model by one of its names. */
  const EACH = [...new Map(STANDARD.map((priced) => [priced.model_id, priced])).values()].filter(
    ({ model_id }) => model_id !== SMALL_IMAGES,
  );

  /** Every operation of every model, with every class of tokens that it has a price for. */
  const casesWith = (fault: string): readonly CostCase[] =>
    EACH.flatMap((priced) =>
      operationsOf(priced).flatMap((operation) =>
        cacheUsesOf(priced)
          .filter((cache) => cache !== 'write_30m' || operation.startsWith('converse'))
          .map((cache) => caseOf(priced.name, operation, { cache, fault })),
      ),
    );

  /** Exact where the answer tells it, else covered by the hold; returns how many are exact. */
  async function exactOrCovered(cases: readonly CostCase[]): Promise<number> {
    let exact = 0;
    const outcomes = await runCases(product, cases);
    const check = (outcome: Outcome): void => {
      if (outcome.entry?.usage_source === 'reported') {
        expectExact(REGION, outcome);
        exact++;
      } else {
        expectCovered(REGION, outcome);
      }
    };
    expect(differences(outcomes, check)).toEqual([]);
    return exact;
  }

  test('everywhere is unknown, and the hold covers it', async () => {
    const cases = casesWith('no-usage');
    const exact = await exactOrCovered(cases);
    // Images and search units follow from the request.
    const units = cases.filter(({ model }) =>
      /^(us\.)?(stability|cohere\.rerank)|canvas|titan-image/.test(model),
    );
    expect(exact).toBe(units.length);
    console.log(`${cases.length - exact} calls without usage were covered by their hold`);
  });

  test.each([
    ['in the body, where headers or metrics tell it', 'no-usage;where=body'],
    ['in headers and metrics, where the body tells it', 'no-usage;where=headers'],
  ])('%s, is taken from there', async (_what, fault) => {
    const cases = casesWith(fault);
    const exact = await exactOrCovered(cases);
    expect(exact).toBeGreaterThan(cases.length / 3);
    console.log(`${exact} of ${cases.length} calls were exact with ${fault}`);
  });

  test('of how long cache writes live is an estimate where an hour was asked for', async () => {
    const fault = 'no-usage;where=body';
    const cases = STANDARD.filter(({ classes }) => classes.has('cache_write_1h')).flatMap(
      ({ name }) =>
        (['invoke', 'invoke-with-response-stream'] as const).flatMap((operation) =>
          (['write_1h', 'write_both'] as const).map((cache) =>
            caseOf(name, operation, { cache, fault }),
          ),
        ),
    );
    const outcomes = await runCases(product, cases);
    const estimated = (outcome: Outcome): void => {
      expectCovered(REGION, outcome);
      expect(outcome.entry).toMatchObject({
        usage_source: 'estimated',
        usage_reason: 'cache_write_lifetime_missing',
        priced: 'yes',
      });
      // The tokens are told; only their price is not certain.
      const { units: _units, ...told } = outcome.row?.usage ?? {};
      const tokens = (usage: Readonly<Record<string, unknown>>): number =>
        Object.values(usage).reduce<number>((sum, count) => sum + Number(count), 0);
      const { units: _own, ...own } = outcome.entry?.usage ?? { units: {} };
      expect(tokens(own)).toBe(tokens(told));
    };
    expect(differences(outcomes, estimated)).toEqual([]);
  });
});
