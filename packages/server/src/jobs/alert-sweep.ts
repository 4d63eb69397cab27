/**
 * Finds what was missed: alerts of settlements whose process died before it noticed, and alerts
 * that were raised and never sent. It goes over all budgets, and over the windows that ended since
 * the last sweep of any process; how far sweeps have come is in the store, so that of several
 * processes one does it at a time.
 */
import { ALERT_SWEEP_SETTING, type AlertSweepRecord } from '../catalog/alert-records.ts';
import { NO_PARENT } from '../catalog/records.ts';
import type { AlertBook } from '../keeper/alerts/alert-book.ts';
import type { AlertWatch } from '../keeper/alerts/alert-watch.ts';
import type { Outbox } from '../keeper/alerts/outbox.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { BudgetState, LedgerStore } from '../ports/ledger-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** Windows of one budget that are looked back at, most. */
const WINDOWS_MAX = 50;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface AlertSweepParts {
  readonly ledger: Pick<LedgerStore, 'budgets' | 'budgetStates'>;
  readonly catalog: CatalogStore;
  readonly book: AlertBook;
  readonly watch: AlertWatch;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Telemetry['log'];
  readonly everyMs: number;
  /** How long messages that are done with are kept. */
  readonly historyDays: number;
}

export class AlertSweep {
  readonly #parts: AlertSweepParts;
  /** Budgets that were there the last time; undefined: there was none. */
  #known: ReadonlySet<string> | undefined;
  #forgetAt = -Infinity;
  #stopped = false;

  constructor(parts: AlertSweepParts) {
    this.#parts = parts;
  }

  /** Sweeps now, and again and again until `stop`. A failing round is tried again. */
  start(): void {
    const { clock, log, everyMs } = this.#parts;
    const round = (): void => {
      if (this.#stopped) return;
      this.sweep()
        .catch((error: unknown) => {
          log('warn', 'The sweep of alerts failed and will be tried again.', {
            cause: error instanceof Error ? error.message : String(error),
          });
        })
        .finally(() => clock.after(everyMs, round));
    };
    round();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** One round. Rejects when the store does. */
  async sweep(): Promise<void> {
    const { book, watch } = this.#parts;
    await book.sendUnsent();
    await this.#lookAtBudgets();
    await watch.idle();
    await this.#forget();
  }

  async #lookAtBudgets(): Promise<void> {
    const { catalog, clock, ledger, watch, everyMs } = this.#parts;
    const now = clock.now();
    const marker = await catalog.get<AlertSweepRecord>('setting', ALERT_SWEEP_SETTING);
    const sweptAt = marker?.value.swept_at ?? now;
    // The first round of a process looks for itself; then whoever is first spares the others.
    const swept = now - sweptAt < everyMs / 2 && now >= sweptAt;
    if (this.#known !== undefined && swept) return;
    const states = await ledger.budgets(now);
    watch.sweep(states);
    const known = this.#known;
    const old = states.filter(({ budget }) => known?.has(budget.budget_id) ?? true);
    await this.#lookBack(old, sweptAt);
    this.#known = new Set(states.map(({ budget }) => budget.budget_id));
    await watch.idle();
    await catalog.put({
      kind: 'setting',
      id: ALERT_SWEEP_SETTING,
      parent: NO_PARENT,
      value: { swept_at: now } satisfies AlertSweepRecord,
      expected: marker?.revision ?? 0,
      quiet: true,
    });
  }

  /** Windows that ended after the last sweep, budget by budget, the latest first. */
  async #lookBack(states: readonly BudgetState[], sweptAt: number): Promise<void> {
    const { ledger, watch } = this.#parts;
    let begun = states.filter(({ window_start }) => window_start > sweptAt);
    for (let windows = 0; windows < WINDOWS_MAX && begun.length > 0; windows++) {
      const before: BudgetState[] = [];
      for (const [start, those] of Map.groupBy(begun, ({ window_start }) => window_start)) {
        const ids = those.map(({ budget }) => budget.budget_id);
        const found = await ledger.budgetStates(ids, start - 1);
        before.push(...found.filter((state) => state !== undefined));
      }
      watch.sweep(before);
      begun = before.filter(({ window_start }) => window_start > sweptAt);
    }
  }

  async #forget(): Promise<void> {
    const { book, clock, outbox, historyDays } = this.#parts;
    if (clock.monotonic() < this.#forgetAt) return;
    await outbox.forget(clock.now() - historyDays * DAY_MS);
    await book.forget();
    this.#forgetAt = clock.monotonic() + HOUR_MS;
  }
}
