/**
 * The store of rate limits: who has taken how much of which limit. Exact over every process of a
 * data directory. It decides nothing: limits and times come in, and the arithmetic is the core's.
 *
 * What is in it is worth a minute or an hour and is not kept like the ledger: after a crash of the
 * machine it may begin anew, with every limit untouched.
 */
import type { RateLimitName, RateLimits, WindowRule } from '@tollkeeper/core';

/** What a window of requests says of one more. Times are milliseconds since the epoch. */
export interface Counted {
  readonly admitted: boolean;
  /** Requests that are left in the window. */
  readonly remaining: number;
  /** When all of them are there again. */
  readonly ends_at: number;
}

/** A party under limits in the shape of buckets: an id of its own, and what it may. */
export interface RateParty {
  readonly id: string;
  readonly limits: RateLimits;
}

export interface TakeRates {
  /** Whose running requests they are: they end with the instance. */
  readonly instance_id: string;
  readonly parties: readonly RateParty[];
  /** What the request can use at most. */
  readonly tokens: number;
  readonly at: number;
}

export type TakenRates =
  | {
      readonly kind: 'admitted';
      /** Tokens charged to each party, in their order; `finish` wants to know. */
      readonly charged: readonly number[];
    }
  | {
      readonly kind: 'refused';
      /** Index of the first party that refuses. */
      readonly party: number;
      readonly which: RateLimitName;
      /** Null: time alone does not help. */
      readonly retry_after_ms: number | null;
    };

export interface FinishRates {
  readonly instance_id: string;
  readonly parties: readonly RateParty[];
  readonly charged: readonly number[];
  /** Tokens really used; null: not known; `none`: it is taken back, as if it had not come. */
  readonly used: number | null | 'none';
  readonly at: number;
}

/**
 * What does not answer in time, or fails, rejects with `StoreUnavailable`, and then nothing stays
 * taken.
 */
export interface RateStore {
  /** Counts one request in the window of `key`, if it has room. */
  count(key: string, rule: WindowRule, at: number): Promise<Counted>;
  /** Takes one request from every party, all or none. Slots count only where they are limited. */
  take(command: TakeRates): Promise<TakenRates>;
  /**
   * Ends a request that was admitted. Is carried out after all that this process has asked before
   * and before all that it asks after; while the store fails, it is tried again.
   */
  finish(command: FinishRates): void;
  /** Instances to which running requests are counted. */
  instances(): Promise<readonly string[]>;
  /** An instance has ended: its running requests run no more. Repeating it is safe. */
  endInstance(instanceId: string): Promise<void>;
  /** Carries out what was asked, then lets go of the store. */
  close(): Promise<void>;
}
