/**
 * When budgets will be spent at the present rate, from the ledger. What was spent of late is read
 * once in a while and kept, so that asking often costs nothing; what is left is the caller's own
 * figure, of the moment.
 */
import { exhaustionOf, forecastSpan, type RecentSpending } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import type { BudgetState, LedgerStore } from '../ports/ledger-store.ts';

/** How long what was spent of late is taken to be the present rate, in milliseconds. */
export const FORECAST_FRESH_MS = 10_000;
/** Budgets whose rate is kept at once; then all are forgotten. */
const KEPT_MAX = 10_000;

interface Kept {
  readonly windowStart: number;
  readonly readAt: number;
  readonly recent: Promise<RecentSpending>;
}

/** Forecasts of one process. */
export class Forecasts {
  readonly #ledger: Pick<LedgerStore, 'postedSince'>;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(parts: { readonly ledger: Pick<LedgerStore, 'postedSince'>; readonly clock: Clock }) {
    this.#ledger = parts.ledger;
    this.#clock = parts.clock;
  }

  /**
   * When the budget will be spent if the rate of the last hour goes on (bounded by the start of its
   * window), in milliseconds since the epoch: now when it is spent already, null when it will not
   * be before the window ends. The rate may be `FORECAST_FRESH_MS` old. Rejects as the ledger does.
   */
  async exhaustsAt(state: BudgetState): Promise<number | null> {
    const { budget, balance, resets_at } = state;
    const now = this.#clock.now();
    if (balance.posted >= budget.limit.amount) return now;
    const recent = await this.#recent(state, now);
    return exhaustionOf(budget, balance.posted, recent, now, resets_at);
  }

  #recent({ budget, window_start }: BudgetState, now: number): Promise<RecentSpending> {
    const id = budget.budget_id;
    const known = this.#kept.get(id);
    if (known?.windowStart === window_start && now - known.readAt < FORECAST_FRESH_MS) {
      return known.recent;
    }
    const { from, to } = forecastSpan(window_start, now);
    const recent = this.#ledger
      .postedSince(budget, from, to)
      .then((posted) => ({ from, to, posted }));
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    const kept = { windowStart: window_start, readAt: now, recent };
    this.#kept.set(id, kept);
    // What failed is asked again by whoever comes next.
    recent.catch(() => {
      if (this.#kept.get(id) === kept) this.#kept.delete(id);
    });
    return recent;
  }
}
