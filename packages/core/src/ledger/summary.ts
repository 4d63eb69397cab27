/** Sums over lines of the ledger, folded line by line: nothing of a line is kept. */
import { USAGE_FIELD, type Usage } from '../usage/usage.ts';
import type { Entry } from './entry.ts';
import { requestsOf, type Line } from './line.ts';

/** What a summary may be grouped by. `day` and `hour` are RFC 3339 UTC starts. */
export const SUMMARY_KEYS = [
  'org_id',
  'app_id',
  'user_id',
  'key_id',
  'label',
  'model_id',
  'region',
  'tier',
  'source',
  'day',
  'hour',
] as const;
export type SummaryKey = (typeof SUMMARY_KEYS)[number];

type TokenField = Exclude<keyof Usage, 'units'>;

/**
 * Sums over entries, corrections included. Requests and unknowns count entries that are no
 * corrections; see `requestsOf`.
 */
export interface SummaryGroup extends Readonly<Record<TokenField, number>> {
  readonly keys: { readonly [key in SummaryKey]?: string | null };
  readonly requests: number;
  readonly units: Readonly<Record<string, number>>;
  /** Pico-USD of known charges. */
  readonly cost: bigint;
  /** Entries of unknown usage that no correction has settled, and the sum of their ceilings. */
  readonly unknown_entries: number;
  readonly ceiling: bigint;
  /** Entries that are priced `partly` or `no`. */
  readonly unpriced_entries: number;
}

/** Groups in the order of their keys, nulls first, and the sum of all. */
export interface Summary {
  readonly groups: readonly SummaryGroup[];
  readonly total: SummaryGroup;
}

type Sums = {
  -readonly [member in keyof SummaryGroup]: SummaryGroup[member] extends number | bigint
    ? SummaryGroup[member]
    : member extends 'units'
      ? Record<string, number>
      : SummaryGroup[member];
};

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const TOKEN_FIELDS: readonly TokenField[] = Object.values(USAGE_FIELD);

/** Sums lines as they come, in any order. */
export class SummaryFold {
  readonly #keys: readonly SummaryKey[];
  readonly #groups = new Map<string, Sums>();
  readonly #total = noSums({});

  /** Without keys there is only a total. */
  constructor(keys: readonly SummaryKey[]) {
    this.#keys = keys;
  }

  add(line: Line): void {
    addTo(this.#total, line);
    if (this.#keys.length > 0) addTo(this.#groupOf(line.entry), line);
  }

  /** What has been added so far. */
  summary(): Summary {
    const groups = [...this.#groups.values()].sort((a, b) => this.#compare(a, b));
    return { groups, total: this.#total };
  }

  #groupOf(entry: Entry): Sums {
    const values = this.#keys.map((key) => keyOf(entry, key));
    const name = JSON.stringify(values);
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const group = noSums(
      Object.fromEntries(this.#keys.map((key, index) => [key, values[index] ?? null])),
    );
    this.#groups.set(name, group);
    return group;
  }

  #compare(a: SummaryGroup, b: SummaryGroup): number {
    for (const key of this.#keys) {
      const [left, right] = [a.keys[key] ?? null, b.keys[key] ?? null];
      if (left === right) continue;
      if (left === null) return -1;
      return right === null || left > right ? 1 : -1;
    }
    return 0;
  }
}

function noSums(keys: SummaryGroup['keys']): Sums {
  return {
    keys,
    requests: 0,
    input_tokens: 0,
    output_tokens: 0,
    cache_read_input_tokens: 0,
    cache_write_5m_input_tokens: 0,
    cache_write_1h_input_tokens: 0,
    cache_write_30m_input_tokens: 0,
    units: {},
    cost: 0n,
    unknown_entries: 0,
    ceiling: 0n,
    unpriced_entries: 0,
  };
}

function addTo(sums: Sums, line: Line): void {
  const { entry, unknown, unpriced } = line;
  sums.requests += requestsOf(line);
  for (const field of TOKEN_FIELDS) sums[field] += entry.usage?.[field] ?? 0;
  for (const [unit, count] of Object.entries(entry.usage?.units ?? {})) {
    sums.units[unit] = (sums.units[unit] ?? 0) + count;
  }
  sums.cost += entry.cost;
  sums.unknown_entries += unknown;
  sums.ceiling += entry.ceiling ?? 0n;
  sums.unpriced_entries += unpriced;
}

function keyOf(entry: Entry, key: SummaryKey): string | null {
  if (key === 'day') return startOf(entry.started_at, DAY_MS);
  if (key === 'hour') return startOf(entry.started_at, HOUR_MS);
  return entry[key];
}

function startOf(at: number, step: number): string {
  return new Date(Math.floor(at / step) * step).toISOString();
}
