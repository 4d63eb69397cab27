/**
 * The immutable ledger line. Entries carry the names of the API and the lake; money inside the
 * process is pico-USD as `bigint`, in JSON it is an exact decimal string of USD (see
 * `entry-json.ts`).
 */
import type { PicoUsd } from '../money/pico.ts';
import type { AppliedLayer } from '../pricing/layer.ts';
import type { PriceScope } from '../pricing/price.ts';
import type { Usage, UsageSource } from '../usage/usage.ts';

/** How an attempt ended. `ARCHITECTURE.md` says which step and failure leads to which. */
export const OUTCOMES = [
  /** The upstream answered in full. */
  'ok',
  /** The upstream refused (400, 403, 404, 429): nothing ran. */
  'refused',
  /** The upstream failed before any output (408, 424, 500, 503). */
  'upstream_error',
  /** The reply or stream broke, timed out or ended early after the request was sent. */
  'broken',
  /** Our own process died between the intent and the settlement. */
  'interrupted',
] as const;

/** How an attempt ended. */
export type Outcome = (typeof OUTCOMES)[number];

/** Whether every line of the usage found a price. */
export type Priced = 'yes' | 'partly' | 'no';

/**
 * `attempt`: one call sent upstream. `submission`: usage reported to us. `correction`: amends one
 * entry.
 */
export type EntryType = 'attempt' | 'submission' | 'correction';

/** Where an entry came from. */
export type EntrySource = 'gateway' | 'submitted' | 'job';

/** One charge: quantity x unit price, rounded half up to the pico once. No price: no amount. */
export interface ChargeLine {
  /** A token class, or the name of a unit such as `image`. */
  readonly class: string;
  readonly quantity: number;
  /** Exact decimal string of USD for one unit (one token), or null when there is no price. */
  readonly unit_price_usd: string | null;
  /**
   * The list price of one unit, where layers made another of it; null when the list has none.
   * Absent when the unit price is the list's.
   */
  readonly list_unit_price_usd?: string | null;
  /** Pico-USD, or null when there is no price. */
  readonly amount: PicoUsd | null;
}

/**
 * By what an entry was priced, beside its region, tier and usage: with it, it can be priced again
 * under another version of the book.
 */
export interface PriceBasis {
  /** What the prices were looked up by, without a cross-region prefix. */
  readonly model_id: string;
  readonly scope: PriceScope;
  /** Moment of dispatch, which chose the rows; milliseconds since the epoch. */
  readonly at: number;
}

/** A ledger line before the store has numbered it. Times are milliseconds since the epoch, UTC. */
export interface EntryDraft {
  readonly entry_id: string;
  readonly entry_type: EntryType;
  readonly corrects_entry_id: string | null;
  readonly attempt_id: string;
  readonly request_id: string;
  readonly upstream_request_id: string | null;
  readonly invocation_id: string | null;
  readonly source: EntrySource;
  readonly org_id: string;
  readonly app_id: string;
  readonly user_id: string | null;
  readonly key_id: string | null;
  readonly label: string | null;
  readonly model_id: string;
  readonly region: string;
  readonly operation: string;
  readonly tier: string;
  readonly streamed: boolean;
  readonly outcome: Outcome;
  /** Null exactly when `usage_source` is `unknown`. */
  readonly usage: Usage | null;
  readonly usage_source: UsageSource;
  /** Why usage is estimated or unknown; null when it was reported. */
  readonly usage_reason: string | null;
  readonly priced: Priced;
  readonly price_version: string;
  /** Null when no price of the book was asked for, as when usage is unknown. */
  readonly price_basis: PriceBasis | null;
  /** The layers that any of the charges went through, each once; empty at list price. */
  readonly price_layers: readonly AppliedLayer[];
  readonly charges: readonly ChargeLine[];
  /** What is known: the sum of the priced lines. Statements use this. */
  readonly cost: PicoUsd;
  /**
   * The most it can have cost, when that is not known: null when usage is known and fully priced.
   * In a correction this is the change of the ceiling (a settled ceiling is taken back).
   */
  readonly ceiling: PicoUsd | null;
  readonly started_at: number;
  readonly ended_at: number;
  readonly latency_ms: number;
  readonly time_to_first_token_ms: number | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** An entry as the ledger keeps it: numbered gap-free per writer, from 1. */
export interface Entry extends EntryDraft {
  readonly writer_id: string;
  readonly sequence: number;
}

/** What budgets count for an entry: the larger of what is known and what it can have cost. */
export function countedCost(entry: EntryDraft): PicoUsd {
  return entry.ceiling !== null && entry.ceiling > entry.cost ? entry.ceiling : entry.cost;
}
