/**
 * Entries as JSON, in the names of `/api/v1/usage/entries`: money as exact decimal strings of USD,
 * times as RFC 3339 in UTC with milliseconds, usage as an object of every class or null when it is
 * not known.
 */
import { formatUsd, parseUsd } from '../money/pico.ts';
import type { PicoUsd } from '../money/pico.ts';
import type { ChargeLine, Entry, PriceBasis } from './entry.ts';

/** A charge line with its amount as an exact decimal string of USD. */
export interface ChargeLineJson extends Omit<ChargeLine, 'amount'> {
  readonly amount_usd: string | null;
}

/** A price basis with its moment as RFC 3339. */
export interface PriceBasisJson extends Omit<PriceBasis, 'at'> {
  readonly at: string;
}

/** What the API, the CLI and exports show of an entry. */
export interface EntryJson extends Omit<
  Entry,
  'price_basis' | 'charges' | 'cost' | 'ceiling' | 'started_at' | 'ended_at'
> {
  readonly price_basis: PriceBasisJson | null;
  readonly charges: readonly ChargeLineJson[];
  readonly cost_usd: string;
  /** Null when usage is known and fully priced. */
  readonly ceiling_usd: string | null;
  readonly started_at: string;
  readonly ended_at: string;
}

/** The entry in the API's words. `entryFromJson(entryToJson(entry))` equals the entry. */
export function entryToJson(entry: Entry): EntryJson {
  const { price_basis, charges, cost, ceiling, started_at, ended_at, ...same } = entry;
  return {
    ...same,
    price_basis:
      price_basis === null ? null : { ...price_basis, at: new Date(price_basis.at).toISOString() },
    charges: charges.map(({ amount, ...line }) => ({
      ...line,
      amount_usd: amount === null ? null : formatUsd(amount),
    })),
    cost_usd: formatUsd(cost),
    ceiling_usd: ceiling === null ? null : formatUsd(ceiling),
    started_at: new Date(started_at).toISOString(),
    ended_at: new Date(ended_at).toISOString(),
  };
}

/**
 * Reads back what `entryToJson` wrote. Throws a RangeError when an amount or a time is malformed.
 */
export function entryFromJson(json: EntryJson): Entry {
  const { price_basis, charges, cost_usd, ceiling_usd, started_at, ended_at, ...same } = json;
  return {
    ...same,
    price_basis: price_basis === null ? null : { ...price_basis, at: instant(price_basis.at) },
    charges: charges.map(({ amount_usd, ...line }) => ({
      ...line,
      amount: amount_usd === null ? null : usd(amount_usd),
    })),
    cost: usd(cost_usd),
    ceiling: ceiling_usd === null ? null : usd(ceiling_usd),
    started_at: instant(started_at),
    ended_at: instant(ended_at),
  };
}

function usd(text: string): PicoUsd {
  const amount = parseUsd(text);
  if (amount === undefined) throw new RangeError(`Not an amount of USD: ${text}`);
  return amount;
}

function instant(text: string): number {
  const at = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) || Number.isNaN(at)) {
    throw new RangeError(`Not an RFC 3339 time in UTC with milliseconds: ${text}`);
  }
  return at;
}
