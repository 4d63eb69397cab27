/**
 * The ledger in memory: the plain meaning of the ledger port. Every method runs to its end without
 * waiting, which is its atomic step.
 *
 * One rule carries budgets: the balance of a (budget, window) is what the entries dispatched in
 * that window have posted plus what open holds have reserved there. `rows` keeps those that have
 * been touched. A window without a row began after the budget was made, so that nothing was missed
 * and it is empty; or it began before, and is summed up from entries and holds when somebody asks
 * for it.
 */
import {
  changeLimit,
  correctionOf,
  correctPostings,
  covers,
  EMPTY_BALANCE,
  hold as addHold,
  post,
  roomFor,
  sameKind,
  settleHold,
  unhold,
  windowAt,
} from '@tollkeeper/core';
import type {
  Balance,
  Budget,
  Entry,
  EntryDraft,
  Hold,
  LabelSum,
  Line,
  Postings,
  Subject,
  Summary,
  Withdrawal,
} from '@tollkeeper/core';
import { budgetAudit, type AuditStamp } from '../../ports/audit.ts';
import type { CopiedThrough, ForgetEntries } from '../../ports/ledger-archive.ts';
import type {
  BudgetState,
  EntryPage,
  EntryQuery,
  LabelQuery,
  LedgerStore,
  PutBudget,
  Recorded,
  RecordEntry,
  Reserve,
  Reserved,
  Settle,
  Settled,
  SummaryQuery,
} from '../../ports/ledger-store.ts';
import { MemoryArchive } from './archive.ts';
import { MemoryAudit } from './audit.ts';
import { KnownCalls, withdrew } from './known-calls.ts';
import { labelSumsOf, pageOf, summaryOf } from './reports.ts';

interface Definition {
  readonly budget: Budget;
  /** Start of the window in which it was made or last changed in kind. */
  readonly since: number;
}

type OpenHold = Omit<Hold, 'allocations'>;

/** A ledger that starts empty, beside a catalogue of which it knows the revision. */
export class MemoryLedger implements LedgerStore {
  readonly #catalogRevision: () => number;
  readonly #audit: MemoryAudit;
  readonly #definitions = new Map<string, Definition>();
  readonly #rows = new Map<string, Balance>();
  readonly #holds = new Map<string, OpenHold>();
  readonly #lines = new Map<string, Line>();
  readonly #writers = new Map<string, number>();
  readonly #archive = new MemoryArchive(this.#lines);
  readonly known = new KnownCalls(this.#lines, this.#holds);

  constructor(catalogRevision: () => number, audit: MemoryAudit = new MemoryAudit()) {
    this.#catalogRevision = catalogRevision;
    this.#audit = audit;
  }

  async reserve({ instance_id, intent, amounts, catalog_revision }: Reserve): Promise<Reserved> {
    const revision = this.#catalogRevision();
    if (revision > catalog_revision) return { kind: 'stale', catalog_revision: revision };
    const { attempt_id, subject, at } = intent;
    if (this.#holds.has(attempt_id) || this.#lines.has(`attempt ${attempt_id}`)) {
      return { kind: 'duplicate' };
    }
    const asked = this.#covering(subject).map((definition) => this.#stateAt(definition, at));
    const blocking = asked.flatMap(({ budget, balance, resets_at }) => {
      const amount = amounts[budget.limit.unit];
      const reason = roomFor(budget, balance, amount);
      return reason === 'fits' ? [] : [{ budget, balance, amount, reason, resets_at }];
    });
    if (blocking.length > 0) return { kind: 'refused', blocking };
    const states = asked.map((state) => {
      const balance = addHold(state.balance, amounts[state.budget.limit.unit]);
      this.#rows.set(rowKey(state.budget, state.window_start), balance);
      return { ...state, balance };
    });
    this.#holds.set(attempt_id, { intent, instance_id, amounts });
    return { kind: 'held', states };
  }

  async release(attemptId: string): Promise<void> {
    const open = this.#holds.get(attemptId);
    if (open === undefined) return;
    const { intent, amounts } = open;
    this.#move(intent.subject, intent.at, (budget, balance) =>
      unhold(balance, amounts[budget.limit.unit]),
    );
    this.#holds.delete(attemptId);
  }

  async settle(command: Settle): Promise<Settled> {
    const { entry, postings, origin, instance_id } = command;
    const open = this.#holds.get(entry.attempt_id);
    if (open === undefined) return this.#settleAgain(command);
    const { intent, amounts } = open;
    const back = this.#postWithdrawal(entry);
    const states = this.#move(intent.subject, intent.at, (budget, balance) => {
      const { unit } = budget.limit;
      return settleHold(budget, balance, amounts[unit], postings[unit]);
    });
    this.#holds.delete(entry.attempt_id);
    const given = { at: intent.at, postings, recovered: origin === 'recovery' };
    const sequence = this.#append(instance_id, entry, given);
    return { kind: 'settled', sequence, states, ...this.#appendWithdrawal(instance_id, back) };
  }

  async record(command: RecordEntry): Promise<Recorded> {
    const { instance_id, entry, postings, cause, catalog_revision } = command;
    const revision = this.#catalogRevision();
    if (catalog_revision !== undefined && revision > catalog_revision) {
      return { kind: 'stale', catalog_revision: revision };
    }
    const known = this.#lines.get(lineKey(entry))?.entry ?? this.known.find(command);
    if (known !== undefined) return { kind: 'already', entry: known };
    const at = this.#archive.dispatchOf(entry.corrects_entry_id) ?? command.at;
    const states = this.#move(entry, at, (budget, balance) =>
      post(budget, balance, postings[budget.limit.unit], cause),
    );
    const sequence = this.#append(instance_id, entry, { at, postings, recovered: false });
    return { kind: 'recorded', sequence, states };
  }

  async putBudget({ budget, at, audit }: PutBudget): Promise<BudgetState> {
    const before = this.#definitions.get(budget.budget_id);
    if (audit !== undefined) this.#audit.keep(budgetAudit(audit, before?.budget, budget));
    const { start } = windowAt(budget.window, budget.timezone, at);
    if (before !== undefined && sameKind(before.budget, budget)) {
      const state = this.#stateAt(before, at);
      const balance = changeLimit(before.budget, budget, state.balance);
      this.#definitions.set(budget.budget_id, { budget, since: before.since });
      this.#rows.set(rowKey(budget, start), balance);
      return { ...state, budget, balance };
    }
    this.#dropRows(budget.budget_id);
    const definition = { budget, since: start };
    this.#definitions.set(budget.budget_id, definition);
    const state = this.#stateAt(definition, at);
    this.#rows.set(rowKey(budget, start), state.balance);
    // Later windows may have begun for others: what came into them early is not summed up later.
    for (const later of this.#windowsFrom(budget, state.resets_at ?? Infinity)) {
      const early = this.#seed(budget, later);
      if (early.high_water !== 0n) this.#rows.set(rowKey(budget, later), early);
    }
    return state;
  }

  async removeBudget(budgetId: string, audit?: AuditStamp): Promise<boolean> {
    const before = this.#definitions.get(budgetId)?.budget;
    if (before !== undefined && audit !== undefined) {
      this.#audit.keep(budgetAudit(audit, before, undefined));
    }
    this.#dropRows(budgetId);
    return this.#definitions.delete(budgetId);
  }

  async budgets(at: number, orgId?: string): Promise<readonly BudgetState[]> {
    const wanted = [...this.#definitions.values()].filter(
      ({ budget }) => orgId === undefined || budget.scope.org_id === orgId,
    );
    return byId(wanted).map((definition) => this.#stateAt(definition, at));
  }

  async budgetStates(
    budgetIds: readonly string[],
    at: number,
  ): Promise<readonly (BudgetState | undefined)[]> {
    return budgetIds
      .map((id) => this.#definitions.get(id))
      .map((definition) => definition && this.#stateAt(definition, at));
  }

  async postedSince(budget: Budget, from: number, to: number): Promise<bigint> {
    return [...this.#lines.values()]
      .filter(({ entry, at }) => covers(budget, entry) && at >= from && at < to)
      .reduce((sum, { postings }) => sum + postings[budget.limit.unit].amount, 0n);
  }

  async holds(instanceId?: string): Promise<readonly Hold[]> {
    return [...this.#holds.values()]
      .filter((open) => instanceId === undefined || open.instance_id === instanceId)
      .sort((a, b) => (a.intent.attempt_id < b.intent.attempt_id ? -1 : 1))
      .map((open) => ({ ...open, allocations: this.#allocationsOf(open) }));
  }

  async entries(query: EntryQuery): Promise<EntryPage> {
    return pageOf([...this.#lines.values()], query);
  }

  async summary(query: SummaryQuery): Promise<Summary> {
    return summaryOf([...this.#lines.values()], query);
  }

  async labelSums(query: LabelQuery): Promise<readonly LabelSum[]> {
    return labelSumsOf([...this.#lines.values()], query);
  }

  async entriesOfWriter(writerId: string, after: number, limit: number): Promise<Entry[]> {
    return [...this.#lines.values()]
      .map((line) => line.entry)
      .filter((entry) => entry.writer_id === writerId && entry.sequence > after)
      .slice(0, limit);
  }

  async correctionsOf(entryIds: readonly string[]): Promise<readonly Entry[]> {
    return [...this.#lines.values()]
      .map((line) => line.entry)
      .filter(({ corrects_entry_id: id }) => id !== null && entryIds.includes(id));
  }

  async writers(): Promise<{ writer_id: string; last_sequence: number }[]> {
    return [...this.#writers]
      .map(([writer_id, last_sequence]) => ({ writer_id, last_sequence }))
      .sort((a, b) => (a.writer_id < b.writer_id ? -1 : 1));
  }

  copied = (place: string) => this.#archive.copied(place);
  markCopied = (place: string, through: CopiedThrough) => this.#archive.markCopied(place, through);
  forgetEntries = (command: ForgetEntries) => this.#archive.forgetEntries(command);

  async endLeases(): Promise<void> {}
  async probe(): Promise<void> {}
  async close(): Promise<void> {}

  #covering(subject: Subject): Definition[] {
    return byId([...this.#definitions.values()].filter(({ budget }) => covers(budget, subject)));
  }

  #stateAt({ budget, since }: Definition, at: number): BudgetState {
    const { start, end } = windowAt(budget.window, budget.timezone, at);
    const row = this.#rows.get(rowKey(budget, start));
    const balance = row ?? (start > since ? EMPTY_BALANCE : this.#seed(budget, start));
    return { budget, balance, window_start: start, resets_at: end };
  }

  /** Starts of the windows from a moment on in which there is something. */
  #windowsFrom(budget: Budget, from: number): ReadonlySet<number> {
    const entries = [...this.#lines.values()].map(({ entry, at }) => ({ subject: entry, at }));
    const intents = [...this.#holds.values()].map(({ intent }) => intent);
    const later = [...entries, ...intents].filter((one) => one.at >= from);
    return new Set(later.map(({ at }) => windowAt(budget.window, budget.timezone, at).start));
  }

  #seed(budget: Budget, start: number): Balance {
    const { unit } = budget.limit;
    const inWindow = (subject: Subject, at: number): boolean =>
      covers(budget, subject) && windowAt(budget.window, budget.timezone, at).start === start;
    const sum = { posted: 0n, ceiling: 0n, held: 0n };
    const removed = budget.window === 'total' ? this.#archive.removed : [];
    for (const { entry, at, postings } of [...this.#lines.values(), ...removed]) {
      if (!inWindow(entry, at)) continue;
      sum.posted += postings[unit].amount;
      sum.ceiling += postings[unit].ceiling;
    }
    for (const { intent, amounts } of this.#holds.values()) {
      if (inWindow(intent.subject, intent.at)) sum.held += amounts[unit];
    }
    const balance = { ...EMPTY_BALANCE, ...sum, high_water: sum.posted + sum.held };
    return changeLimit(null, budget, balance);
  }

  /** Moves the balances in which a dispatch at `at` counts. */
  #move(
    subject: Subject,
    at: number,
    change: (budget: Budget, balance: Balance) => Balance,
  ): BudgetState[] {
    const moved: BudgetState[] = [];
    for (const definition of this.#covering(subject)) {
      const { budget, since } = definition;
      const { start } = windowAt(budget.window, budget.timezone, at);
      // Nobody has asked for this window: when somebody does, it is summed up.
      if (!this.#rows.has(rowKey(budget, start)) && start < since) continue;
      const state = this.#stateAt(definition, at);
      const next = { ...state, balance: change(budget, state.balance) };
      this.#rows.set(rowKey(budget, start), next.balance);
      moved.push(next);
    }
    return moved;
  }

  #append(
    writerId: string,
    draft: EntryDraft,
    given: { at: number; postings: Postings; recovered: boolean },
  ): number {
    const sequence = (this.#writers.get(writerId) ?? 0) + 1;
    this.#writers.set(writerId, sequence);
    const unknown = Number(draft.usage_source === 'unknown');
    const unpriced = Number(draft.priced !== 'yes');
    const line = { ...given, entry: { ...draft, writer_id: writerId, sequence } };
    if (draft.entry_type !== 'correction') {
      this.#lines.set(lineKey(draft), { ...line, unknown, unpriced });
      return sequence;
    }
    const before = this.#aboutEntry(draft.corrects_entry_id);
    const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
    this.#lines.set(lineKey(draft), {
      ...line,
      unknown: before.length === 0 ? 0 : unknown - sum(before.map((other) => other.unknown)),
      unpriced: before.length === 0 ? 0 : unpriced - sum(before.map((other) => other.unpriced)),
    });
    return sequence;
  }

  /** An entry and its corrections. */
  #aboutEntry(entryId: string | null): Line[] {
    return [...this.#lines.values()].filter(
      ({ entry }) => entry.entry_id === entryId || entry.corrects_entry_id === entryId,
    );
  }

  #settleAgain(command: Settle): Settled {
    const line = this.#lines.get(`attempt ${command.entry.attempt_id}`);
    if (line === undefined) return { kind: 'unknown_attempt' };
    const late = command.origin === 'attempt' && line.recovered;
    if (!late || this.#aboutEntry(line.entry.entry_id).length > 1) return { kind: 'already' };
    const correction = correctionOf(line.entry, command.entry, command.correction_id);
    if (this.#lines.has(lineKey(correction))) return { kind: 'already' };
    const postings = correctPostings(line.postings, command.postings);
    const back = this.#postWithdrawal(command.entry);
    this.#move(line.entry, line.at, (budget, balance) =>
      post(budget, balance, postings[budget.limit.unit], 'correction'),
    );
    const given = { at: line.at, postings, recovered: false };
    const sequence = this.#append(command.instance_id, correction, given);
    return { kind: 'corrected', sequence, ...this.#appendWithdrawal(command.instance_id, back) };
  }

  /** Takes it out of the balances, before the settlement is posted. */
  #postWithdrawal(attempt: EntryDraft): Withdrawal | undefined {
    const back = this.known.withdrawalOf(attempt);
    if (back === undefined) return undefined;
    this.#move(back.entry, back.at, (budget, balance) =>
      post(budget, balance, back.postings[budget.limit.unit], 'correction'),
    );
    return back;
  }

  #appendWithdrawal(instanceId: string, back: Withdrawal | undefined): { withdrew?: Subject } {
    if (back !== undefined) this.#append(instanceId, back.entry, { ...back, recovered: false });
    return withdrew(back);
  }

  #allocationsOf({ intent, amounts }: OpenHold): Hold['allocations'] {
    return this.#covering(intent.subject).flatMap(({ budget }) => {
      const window_start = windowAt(budget.window, budget.timezone, intent.at).start;
      const amount = amounts[budget.limit.unit];
      if (amount === 0n || !this.#rows.has(rowKey(budget, window_start))) return [];
      return [{ budget_id: budget.budget_id, window_start, amount }];
    });
  }

  #dropRows(budgetId: string): void {
    for (const key of this.#rows.keys()) {
      if (key.startsWith(`${budgetId} `)) this.#rows.delete(key);
    }
  }
}

function rowKey(budget: Budget, windowStart: number): string {
  return `${budget.budget_id} ${windowStart}`;
}

/** What makes an entry the same as an earlier one. */
function lineKey(entry: EntryDraft): string {
  const id = entry.entry_type === 'attempt' ? entry.attempt_id : entry.entry_id;
  return `${entry.entry_type} ${id}`;
}

function byId(definitions: Definition[]): Definition[] {
  return definitions.sort((a, b) => (a.budget.budget_id < b.budget.budget_id ? -1 : 1));
}
