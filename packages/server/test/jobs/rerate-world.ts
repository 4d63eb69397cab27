/**
 * A month of entries and two versions of the prices it was called under, for tests of re-rating:
 * what the entries say is computed by the product, what the difference has to be by the oracle.
 */
import {
  charge,
  formatUsd,
  priceBook,
  usageOf,
  type EntryDraft,
  type PriceBook,
  type PriceRow,
  type Usage,
} from '@tollkeeper/core';
import { priceOracle } from '@tollkeeper/testkit';
import Big from 'big.js';
import type { LedgerStore } from '../../src/ports/ledger-store.ts';
import type { Stores } from '../../src/ports/stores.ts';
import { PriceHome } from '../../src/prices/price-home.ts';
import type { Clock } from '../../src/ports/clock.ts';

export const FROM = Date.UTC(2026, 9, 1);
export const TO = Date.UTC(2026, 10, 1);

export const ORGS = ['org-a', 'org-b'] as const;
const MODELS = [
  { named: 'a.one-v1', model_id: 'a.one-v1', scope: 'in_region' },
  { named: 'us.b.two-v1', model_id: 'b.two-v1', scope: 'geo' },
] as const;

function row(change: Partial<PriceRow> & Pick<PriceRow, 'model_id' | 'scope'>): PriceRow {
  return {
    region: 'us-east-1',
    tier: 'standard',
    usage_class: 'input',
    context_band: 'all',
    effective_from: '2026-01-01',
    usd: '1',
    per: 1_000_000,
    confidence: 'high',
    sources: ['test'],
    ...change,
  };
}

/** What counted during the month. Some prices have digits below the pico for one token. */
export const BEFORE: readonly PriceRow[] = MODELS.flatMap(({ model_id, scope }) => [
  row({ model_id, scope, usd: '0.1234567' }),
  row({ model_id, scope, usage_class: 'output', usd: '3.75' }),
  row({ model_id, scope, usage_class: 'cache_read', usd: '0.01234567' }),
]);

/** What turned out to count: one price from the start, one from the middle of the month. */
export const NEWS: readonly PriceRow[] = [
  row({ model_id: 'a.one-v1', scope: 'in_region', usd: '0.1' }),
  row({
    model_id: 'b.two-v1',
    scope: 'geo',
    usage_class: 'output',
    effective_from: '2026-10-15',
    usd: '4.4444444444',
  }),
];

const fields = [
  'model_id',
  'regions',
  'scope',
  'tier',
  'usage_class',
  'context_band',
  'effective_from',
  'usd',
  'per',
] as const;

function oracleOf(rows: readonly PriceRow[]) {
  return priceOracle({
    fields,
    rows: rows.map((each) => fields.map((name) => (name === 'regions' ? each.region : each[name]))),
  });
}

/** The list after the news: what states the same key and date takes the other's place. */
function afterNews(): readonly PriceRow[] {
  const replaced = BEFORE.filter(
    (old) =>
      !NEWS.some(
        (next) =>
          next.model_id === old.model_id &&
          next.usage_class === old.usage_class &&
          next.effective_from === old.effective_from,
      ),
  );
  return [...replaced, ...NEWS];
}

/** The same numbers again and again, between 0 and 1. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

export interface Month {
  readonly entries: readonly EntryDraft[];
  /** USD, exact: what the corrections of all entries have to add up to. */
  readonly difference: string;
  readonly differenceOf: (org: string, model: string) => string;
}

/** Makes entries of the month; every fifth organization and model in turn. */
export function aMonth(count: number): Month {
  const next = chance(20_261_122);
  const book = priceBook(BEFORE, 'v');
  const [old, now] = [oracleOf(BEFORE), oracleOf(afterNews())];
  const entries: EntryDraft[] = [];
  const differences = new Map<string, Big>();
  let total = new Big(0);
  for (let index = 0; index < count; index++) {
    const org = ORGS[index % ORGS.length] ?? ORGS[0];
    const model = MODELS[Math.floor(next() * MODELS.length)] ?? MODELS[0];
    const at = FROM + Math.floor(next() * (TO - FROM));
    const usage = usageOf({
      input_tokens: Math.floor(next() * 5_000),
      output_tokens: Math.floor(next() * 900),
      cache_read_input_tokens: next() < 0.3 ? Math.floor(next() * 20_000) : 0,
    });
    entries.push(entryOf(`e-${index}`, org, model, at, usage, book));
    const query = { ...model, region: 'us-east-1', tier: 'standard', at, usage };
    const difference = new Big(now.cost(query)).minus(old.cost(query));
    const key = `${org} ${model.named}`;
    differences.set(key, (differences.get(key) ?? new Big(0)).plus(difference));
    total = total.plus(difference);
  }
  return {
    entries,
    difference: total.toFixed(),
    differenceOf: (org, model) => (differences.get(`${org} ${model}`) ?? new Big(0)).toFixed(),
  };
}

function entryOf(
  id: string,
  org_id: string,
  model: (typeof MODELS)[number],
  at: number,
  usage: Usage,
  book: PriceBook,
): EntryDraft {
  const { model_id, scope } = model;
  const basis = { model_id, scope, at };
  const card = book.rateCard({ ...basis, region: 'us-east-1', tier: 'standard' });
  const { charges, cost } = charge(card, usage);
  return {
    entry_id: id,
    entry_type: 'submission',
    corrects_entry_id: null,
    attempt_id: id,
    request_id: id,
    upstream_request_id: null,
    invocation_id: null,
    source: 'submitted',
    org_id,
    app_id: 'app',
    user_id: null,
    key_id: null,
    label: null,
    model_id: model.named,
    region: 'us-east-1',
    operation: 'Converse',
    tier: 'standard',
    streamed: false,
    outcome: 'ok',
    usage,
    usage_source: 'reported',
    usage_reason: null,
    priced: 'yes',
    price_version: 'v',
    price_basis: basis,
    price_layers: [],
    charges,
    cost,
    ceiling: null,
    started_at: at,
    ended_at: at + 100,
    latency_ms: 100,
    time_to_first_token_ms: null,
    tags: {},
  };
}

/** Puts entries into the ledger, as they were posted when they were made. */
export async function seed(ledger: LedgerStore, entries: readonly EntryDraft[]): Promise<void> {
  await Promise.all(
    entries.map((entry) =>
      ledger.record({
        instance_id: 'gateway',
        entry,
        postings: {
          usd: { amount: entry.cost, ceiling: 0n },
          tokens: { amount: 1n, ceiling: 0n },
          requests: { amount: 1n, ceiling: 0n },
        },
        at: entry.started_at,
        cause: 'submitted',
      }),
    ),
  );
}

/** Prices that know the news as a second version. */
export async function openPrices(stores: Stores, clock: Clock): Promise<PriceHome> {
  const shipped = priceBook(BEFORE, '2026-01-01.1');
  return PriceHome.open({ ...stores, clock, log: () => undefined, shipped });
}

/** Takes the news into the book; returns the version that has them. */
export async function takeNews(prices: PriceHome): Promise<string> {
  const heading = { reason: 'import', note: null, createdBy: 'test' } as const;
  const options = { rowsId: 'news', asOf: '2026-11-22', heading };
  const { version } = await prices.importRows(NEWS, options);
  if (version === null) throw new Error('The news changed nothing.');
  return version.price_version;
}

/** Everything that corrections of the ledger add up to, exactly. */
export async function correctionsOf(ledger: LedgerStore) {
  let cursor: string | undefined;
  let sum = 0n;
  let lines = 0n;
  let count = 0;
  do {
    const page = await ledger.entries({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    for (const { entry_type, cost, charges } of page.entries) {
      if (entry_type !== 'correction') continue;
      count += 1;
      sum += cost;
      lines += charges.reduce((total, { amount }) => total + (amount ?? 0n), 0n);
    }
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return { count, usd: formatUsd(sum), linesUsd: formatUsd(lines) };
}
