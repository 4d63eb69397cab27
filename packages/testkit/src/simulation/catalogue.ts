/**
 * The little world that is sold: two models with round prices, two organizations with applications
 * and keys, and the budgets over them. Prices are stated here in pico-USD a token too, so that the
 * auditor can reckon without asking the code under test.
 */
import { priceBook } from '@tollkeeper/core';
import type { Budget, ModelFacts, PriceBook, PriceRow, RateLimits } from '@tollkeeper/core';
import { hashToken } from '@tollkeeper/server/inside';
import type { CatalogPut } from '@tollkeeper/server/inside';
import type { Random } from './random.ts';

/** One micro-USD in pico-USD. */
const MICRO = 1_000_000n;
const CONTEXT_TOKENS = 4_000;
const OUTPUT_TOKENS_MAX = 500;

/** Pico-USD a token. */
export const PRICES: Readonly<Record<string, { readonly input: bigint; readonly output: bigint }>> =
  {
    'test.cheap-v1:0': { input: MICRO, output: 2n * MICRO },
    'test.dear-v1:0': { input: 10n * MICRO, output: 20n * MICRO },
  };

export const MODEL_IDS = Object.keys(PRICES);

/** The price book as the gateway has it. */
export function pricesOfTheWorld(): PriceBook {
  const rows = Object.entries(PRICES).flatMap(([model_id, prices]) =>
    (['input', 'output'] as const).map((usage_class): PriceRow => ({
      model_id,
      region: 'us-east-1',
      scope: 'in_region',
      tier: 'standard',
      usage_class,
      context_band: 'all',
      effective_from: '2026-01-01',
      usd: String(prices[usage_class] / MICRO),
      per: 1_000_000,
      confidence: 'high',
      sources: ['test'],
    })),
  );
  return priceBook(rows, 'simulated-1');
}

/** What is known of the models. */
export function modelsOfTheWorld(): ReadonlyMap<string, ModelFacts> {
  return new Map(
    MODEL_IDS.map((model_id) => [
      model_id,
      {
        model_id,
        provider: 'test',
        family: 'nova',
        kind: 'text',
        context_window: CONTEXT_TOKENS,
        max_output_tokens: OUTPUT_TOKENS_MAX,
        default_max_tokens: null,
        explicit_cache: false,
        sources: ['test'],
      },
    ]),
  );
}

/** Output tokens of a request that states no maximum. */
export function outputMaximumOf(_modelId: string): number {
  return OUTPUT_TOKENS_MAX;
}

/** A key of an application: who calls. */
export interface Key {
  readonly org_id: string;
  readonly app_id: string;
  readonly key_id: string;
  readonly token: string;
  readonly user_id: string | null;
}

const ORGANIZATIONS = [
  '00000000-0000-4000-8000-00000000000a',
  '00000000-0000-4000-8000-00000000000b',
] as const;
export const [ORG_A, ORG_B] = ORGANIZATIONS;
const CREATED = '2026-01-01T00:00:00.000Z';

/** Two applications of one organization, one of the other. */
export const KEYS: readonly Key[] = [
  keyOf(ORG_A, 'app-1', 'a'.repeat(16), 'ann'),
  keyOf(ORG_A, 'app-1', 'b'.repeat(16), null),
  keyOf(ORG_A, 'app-2', 'c'.repeat(16), 'ann'),
  keyOf(ORG_B, 'app-3', 'd'.repeat(16), null),
];

function keyOf(org_id: string, app_id: string, key_id: string, user_id: string | null): Key {
  return { org_id, app_id, key_id, user_id, token: `tk_${key_id}_${'A'.repeat(43)}` };
}

/** Limits of rates by `key <id>`, `application <org>/<app>` or `organization <id>`. */
export type Limits = ReadonlyMap<string, RateLimits>;

/** The documents by which callers are known; one key may be revoked. */
export function documentsOfTheWorld(limits: Limits, revokedKey?: string): CatalogPut[] {
  const plain = { quotas: null, model_ordering: null, overrides: null };
  const limited = (party: string): { rate_limits: RateLimits } => ({
    rate_limits: limits.get(party) ?? {},
  });
  const times = { created_at: CREATED, updated_at: CREATED };
  const organizations = ORGANIZATIONS.map((org_id): CatalogPut => ({
    kind: 'organization',
    id: org_id,
    parent: '',
    value: {
      ...{ org_id, org_name: null, timezone: 'UTC', key_policy: {}, quota_scope: null },
      ...{ ...plain, ...times, ...limited(`organization ${org_id}`) },
    },
  }));
  const names = new Set(KEYS.map(({ org_id, app_id }) => `${org_id}/${app_id}`));
  const applications = [...names].map((id): CatalogPut => {
    const [org_id = '', app_id = ''] = id.split('/');
    const rates = limited(`application ${id}`);
    const value = { org_id, app_id, app_name: null, ...plain, ...times, ...rates };
    return { kind: 'application', id, parent: org_id, value };
  });
  const keys = KEYS.map(({ org_id, app_id, key_id, token, user_id }): CatalogPut => ({
    kind: 'api_key',
    id: key_id,
    parent: `${org_id}/${app_id}`,
    value: {
      ...{ key_id, org_id, app_id, user_id, name: null, scopes: ['invoke'], models: null },
      ...{ policy: {}, expires_at: null, ...limited(`key ${key_id}`) },
      ...{ created_at: CREATED, hash: hashToken(token) },
      revoked_at: key_id === revokedKey ? CREATED : null,
    },
  }));
  return [...organizations, ...applications, ...keys];
}

/** A call that asks for as little as can be, and what at the very most is held for it. */
export const SMALL_CALL = {
  model: 'test.cheap-v1:0',
  maxTokens: 1,
  most: {
    usd: BigInt(CONTEXT_TOKENS) * MICRO + 2n * MICRO,
    tokens: BigInt(CONTEXT_TOKENS) + 1n,
    requests: 1n,
  },
} as const;

/** Limits of rates of some of the callers, in some runs; by requests, tokens, or running calls. */
export function limitsOfTheWorld(random: Random): Limits {
  const limits = new Map<string, RateLimits>();
  if (!random.chance(0.4)) return limits;
  const [first, second, , last] = KEYS;
  const draw = (party: string, of: () => RateLimits): void => {
    if (random.chance(0.6)) limits.set(party, of());
  };
  draw(`key ${second?.key_id}`, () => ({ requests_per_minute: 2 + random.below(60) }));
  draw(`application ${first?.org_id}/${first?.app_id}`, () => ({
    requests_per_minute: 10 + random.below(80),
    concurrent_requests: 2 + random.below(12),
  }));
  draw(`organization ${last?.org_id}`, () => ({
    tokens_per_minute: 500 + random.below(20_000),
    ...(random.chance(0.5) ? { concurrent_requests: 1 + random.below(5) } : {}),
  }));
  return limits;
}

/** The most that a call of a few hundred tokens of the cheap model comes to, about. */
const USUAL_CALL = 800n * MICRO;

/** Limits that are passed in some runs and never reached in others, for about so many calls. */
export function budgetsOfTheWorld(random: Random, calls: number): Budget[] {
  const share = (low: number, high: number): bigint =>
    BigInt(Math.ceil(random.between(low, high) * calls));
  const usd = (low: number, high: number): Budget['limit'] => ({
    unit: 'usd',
    amount: share(low, high) * USUAL_CALL,
  });
  const plain = { match: null, window: 'total', timezone: 'UTC', mode: 'enforce' } as const;
  const always: Budget[] = [
    {
      ...plain,
      budget_id: 'hot',
      scope: { type: 'organization', org_id: ORG_A },
      limit: usd(0.2, 1.5),
    },
    {
      ...plain,
      budget_id: 'other',
      scope: { type: 'organization', org_id: ORG_B },
      limit: usd(0.05, 0.5),
    },
  ];
  const sometimes: Budget[] = [
    {
      ...plain,
      budget_id: 'app-day',
      scope: { type: 'application', org_id: ORG_A, app_id: 'app-1' },
      limit: usd(0.1, 1),
      window: 'day',
    },
    {
      ...plain,
      budget_id: 'app-tokens',
      scope: { type: 'application', org_id: ORG_A, app_id: 'app-2' },
      limit: { unit: 'tokens', amount: share(0.1, 1) * 400n },
      window: 'hour',
    },
    {
      ...plain,
      budget_id: 'key-requests',
      scope: { type: 'key', org_id: ORG_A, key_id: 'b'.repeat(16) },
      limit: { unit: 'requests', amount: share(0.05, 0.5) },
      window: 'hour',
    },
    {
      ...plain,
      budget_id: 'ann',
      scope: { type: 'user', org_id: ORG_A, user_id: 'ann' },
      limit: usd(0.1, 1),
      window: 'day',
    },
    {
      ...plain,
      budget_id: 'dear-only',
      scope: { type: 'organization', org_id: ORG_A },
      match: { model_id: 'test.dear-v1:0' },
      limit: usd(0.2, 2),
      window: 'day',
    },
    {
      ...plain,
      budget_id: 'counted',
      scope: { type: 'organization', org_id: ORG_A },
      limit: usd(0.1, 0.5),
      mode: 'warn',
    },
  ];
  return [...always, ...sometimes.filter(() => random.chance(0.4))];
}
