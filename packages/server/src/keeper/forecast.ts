/**
 * When budgets will be spent at the present rate, from the ledger. What was spent of late is read
 * once in a while and kept, so that asking often costs nothing; what is left is the caller's own
 * figure, of the moment. The dearer the reading is, the rarer it is done.
 */
import {
  exhaustionOf,
  FORECAST_SPAN_MS,
  forecastSpan,
  type Budget,
  type RecentSpending,
} from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';

/** How long what was spent of late is taken to be the present rate at least, in milliseconds. */
export const FORECAST_FRESH_MS = 10_000;
/** And for this many times as long as it took to read, but for ten minutes at most. */
const REST_FACTOR = 300;
const FRESH_MAX_MS = 600_000;
/** Budgets whose rate is kept at once; then all are forgotten. */
const KEPT_MAX = 10_000;

/** How a budget stands in its window: what a `BudgetState` says of it. */
export interface Standing {
  readonly budget: Budget;
  readonly balance: { readonly posted: bigint };
  readonly window_start: number;
  readonly resets_at: number | null;
}

interface Kept {
  readonly windowStart: number;
  readonly freshUntil: number;
  /** Until when those may still go by it who must not wait. */
  readonly usableUntil: number;
  readonly recent: RecentSpending;
}

/** Forecasts of one process. */
export class Forecasts {
  readonly #ledger: Pick<LedgerStore, 'postedSince'>;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #reading = new Map<string, Promise<Kept>>();

  constructor(parts: { readonly ledger: Pick<LedgerStore, 'postedSince'>; readonly clock: Clock }) {
    this.#ledger = parts.ledger;
    this.#clock = parts.clock;
  }

  /**
   * When the budget will be spent if the rate of the last hour goes on (bounded by the start of its
   * window), in milliseconds since the epoch: now when it is spent already, null when it will not
   * be before the window ends. The rate may be `FORECAST_FRESH_MS` old, or older where there is
   * very much to read. Rejects as the ledger does.
   */
  async exhaustsAt(standing: Standing): Promise<number | null> {
    const now = this.#clock.now();
    const known = this.#knownOf(standing);
    const fresh = known !== undefined && now < known.freshUntil;
    return this.#by(standing, fresh ? known : await this.#read(standing));
  }

  /**
   * The same for those who must not wait: by the rate that was read last, while a newer one is
   * being read. Only where none was read of late is there something to wait for.
   */
  latest(standing: Standing): number | null | Promise<number | null> {
    const known = this.#knownOf(standing);
    const now = this.#clock.now();
    if (known === undefined || now >= known.usableUntil) return this.exhaustsAt(standing);
    // What fails is read again by whoever asks next.
    if (now >= known.freshUntil) this.#read(standing).catch(() => undefined);
    return this.#by(standing, known);
  }

  #by({ budget, balance, resets_at }: Standing, { recent }: Pick<Kept, 'recent'>): number | null {
    return exhaustionOf(budget, balance.posted, recent, this.#clock.now(), resets_at);
  }

  /** What is known of the window; a young one needs no reading: all of it was posted of late. */
  #knownOf({ budget, balance, window_start }: Standing): Kept | undefined {
    const now = this.#clock.now();
    const spent = balance.posted >= budget.limit.amount;
    if (spent || now - window_start <= FORECAST_SPAN_MS) {
      const recent = { ...forecastSpan(window_start, now), posted: balance.posted };
      const windowStart = window_start;
      return { windowStart, freshUntil: now + 1, usableUntil: now + 1, recent };
    }
    const kept = this.#kept.get(budget.budget_id);
    return kept?.windowStart === window_start ? kept : undefined;
  }

  /** Reads the rate, once for all who want it at the same time. */
  #read({ budget, window_start }: Standing): Promise<Kept> {
    const key = `${budget.budget_id} ${window_start}`;
    const running = this.#reading.get(key);
    if (running !== undefined) return running;
    const now = this.#clock.now();
    const began = this.#clock.monotonic();
    const { from, to } = forecastSpan(window_start, now);
    const reading = this.#ledger
      .postedSince(budget, from, to)
      .then((posted) => {
        const rest = (this.#clock.monotonic() - began) * REST_FACTOR;
        const freshFor = Math.min(FRESH_MAX_MS, Math.max(FORECAST_FRESH_MS, rest));
        const recent = { from, to, posted };
        const freshUntil = now + freshFor;
        const usableUntil = freshUntil + freshFor;
        const kept = { windowStart: window_start, freshUntil, usableUntil, recent };
        if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
        this.#kept.set(budget.budget_id, kept);
        return kept;
      })
      .finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }
}
