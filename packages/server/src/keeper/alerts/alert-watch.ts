/**
 * Watches what is posted to budgets, beside the path of calls: every settlement says how its
 * budgets stand, and what it costs a call is one comparison a budget with the amount at which the
 * next threshold lies. Only when that is passed is the store asked whether the alert was raised
 * already.
 */
import { reachedBy, type Reached } from '@tollkeeper/core';
import type {
  BudgetState,
  LedgerStore,
  Recorded,
  RecordEntry,
  Settle,
  Settled,
} from '../../ports/ledger-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { AlertBook } from './alert-book.ts';

/** Budgets that are noted at once; then all are forgotten, and looked at anew. */
const NOTED_MAX = 50_000;

/** What is known of a window of a budget. */
interface Note {
  readonly windowStart: number;
  readonly limit: bigint;
  /** Nothing is to be done while less than this is posted; null: whatever is posted. */
  readonly next: bigint | null;
}

export class AlertWatch {
  readonly #book: AlertBook;
  readonly #log: Telemetry['log'];
  readonly #notes = new Map<string, Note>();
  /** Windows before those, to which usage was posted late: by budget and start. */
  readonly #late = new Map<string, Note>();
  readonly #raising = new Set<Promise<void>>();

  constructor(parts: { readonly book: AlertBook; readonly log: Telemetry['log'] }) {
    this.#book = parts.book;
    this.#log = parts.log;
  }

  /** Looks at states as a write has left them. Never throws, and does not wait for alerts. */
  note(states: readonly BudgetState[]): void {
    for (const state of states) {
      const note = this.#noteOf(state);
      if (
        note !== undefined &&
        note.limit === state.budget.limit.amount &&
        (note.next === null || state.balance.posted < note.next)
      ) {
        continue;
      }
      this.#look(state);
    }
  }

  /**
   * As `note`, for a sweep: notices too what other processes have posted, and thresholds that were
   * changed.
   */
  sweep(states: readonly BudgetState[]): void {
    for (const state of states) {
      const { next } = reachedBy(state.budget, state.balance.posted);
      const note = this.#noteOf(state);
      if (note === undefined || note.next !== next) this.#look(state);
    }
  }

  /** Resolves when no alert is being raised. */
  async idle(): Promise<void> {
    while (this.#raising.size > 0) await Promise.all(this.#raising);
  }

  #noteOf({ budget, window_start }: BudgetState): Note | undefined {
    const note = this.#notes.get(budget.budget_id);
    if (note === undefined || note.windowStart === window_start) return note;
    if (note.windowStart < window_start) return undefined;
    return this.#late.get(lateKey(budget.budget_id, window_start));
  }

  #look(state: BudgetState): void {
    const { budget, window_start: windowStart } = state;
    const thresholds = reachedBy(budget, state.balance.posted);
    const note = { windowStart, limit: budget.limit.amount, next: thresholds.next };
    const latest = this.#notes.get(budget.budget_id)?.windowStart ?? windowStart;
    if (windowStart >= latest) keep(this.#notes, budget.budget_id, note);
    else keep(this.#late, lateKey(budget.budget_id, windowStart), note);
    if (thresholds.reached.length > 0) this.#raise(state, thresholds);
  }

  #raise(state: BudgetState, thresholds: Reached): void {
    const raising = this.#book
      .raise(state, thresholds)
      .catch((error: unknown) => {
        const { budget_id } = state.budget;
        // Whatever is posted next tries it again; if nothing is, the sweep does.
        this.#notes.delete(budget_id);
        this.#late.delete(lateKey(budget_id, state.window_start));
        this.#log('warn', 'An alert could not be raised; it will be tried again.', {
          budget_id,
          cause: error instanceof Error ? error.message : String(error),
        });
      })
      .finally(() => this.#raising.delete(raising));
    this.#raising.add(raising);
  }
}

function lateKey(budgetId: string, windowStart: number): string {
  return `${budgetId} ${windowStart}`;
}

function keep(notes: Map<string, Note>, key: string, note: Note): void {
  if (notes.size >= NOTED_MAX) notes.clear();
  notes.set(key, note);
}

/**
 * The ledger, watched: whatever posts to budgets through it - calls, usage that is reported,
 * recovery, corrections - is noted. The answers go on as they are, without waiting.
 */
export function watchedLedger(ledger: LedgerStore, watch: Pick<AlertWatch, 'note'>): LedgerStore {
  const note = (written: Settled | Recorded): void => {
    if (written.kind === 'settled' || written.kind === 'recorded') watch.note(written.states);
  };
  // Whoever asked is told of a failure.
  const ignore = (): void => undefined;
  const told = <T extends Settled | Recorded>(answer: Promise<T>): Promise<T> => {
    answer.then(note, ignore);
    return answer;
  };
  const putBudget: LedgerStore['putBudget'] = async (command) => {
    const state = await ledger.putBudget(command);
    watch.note([state]);
    return state;
  };
  const members = new Map<string | symbol, unknown>([
    ['settle', (command: Settle) => told(ledger.settle(command))],
    ['record', (command: RecordEntry) => told(ledger.record(command))],
    ['putBudget', putBudget],
  ]);
  return new Proxy(ledger, {
    get(target, name) {
      const known = members.get(name);
      if (known !== undefined) return known;
      const member: unknown = Reflect.get(target, name, target);
      const own: unknown = typeof member === 'function' ? member.bind(target) : member;
      members.set(name, own);
      return own;
    },
  });
}
