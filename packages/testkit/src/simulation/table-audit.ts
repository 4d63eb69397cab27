/**
 * Looks at every write of the table, as it happens: one transaction at a time, what was there and
 * what is there now. Keeps its own sums of entries, holds and leases, and holds balances against
 * them.
 */
import type { Item } from '@tollkeeper/server/dynamodb';
import type { Auditor, LedgerFacts } from './auditor.ts';
import { ExcessAudit, type Moved } from './excess-audit.ts';
import { judgeLeases, judgeLimit, judgeSums, shownOf, type Row, type Sum } from './row-audit.ts';
import { InstanceAudit, type TrueTime } from './instance-audit.ts';
import type { Units } from './line-fact.ts';
import {
  counts,
  readBalance,
  readBudget,
  readIntent,
  readLease,
  readLine,
  rowOf,
  type BudgetFact,
  type IntentFact,
  type SubjectFact,
  type TableLine,
} from './table-model.ts';

/** One item before and after; undefined: it is not there. */
export interface Change {
  readonly pk: string;
  readonly sk: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/** See the head of the file. */
export class TableAudit {
  readonly #auditor: Auditor;
  readonly #time: TrueTime;
  readonly #instances: InstanceAudit;
  readonly #budgets = new Map<string, BudgetFact>();
  readonly #rows = new Map<string, Row>();
  readonly #intents = new Map<string, IntentFact>();
  readonly #leaseParts = new Map<string, bigint>();
  readonly #lines: TableLine[] = [];
  /** By row; of budgets as they are now. */
  readonly #sums = new Map<string, Sum>();
  readonly #sequences = new Map<string, number>();
  /** By budget: the revision that made its limit and mode what they are. */
  readonly #limitRevs = new Map<string, number>();
  /** Of the transaction that is looked at. */
  #excess = new ExcessAudit();
  #moved: Moved[] = [];
  #limitsNow = new Map<string, bigint[]>();
  #leasesTaken = 0;
  #leasesEnded = 0;
  #adopted = 0;
  #seeded = 0;

  constructor(auditor: Auditor, time: TrueTime, leaseMs: number) {
    this.#auditor = auditor;
    this.#time = time;
    this.#instances = new InstanceAudit(auditor, time, leaseMs);
    auditor.seesIntents = true;
  }

  /** What happened, for the report. */
  figures(): Record<string, number> {
    const lines = (is: (line: TableLine) => boolean): number => this.#lines.filter(is).length;
    return {
      entries: this.#lines.length,
      submissions: lines(({ entry_type }) => entry_type === 'submission'),
      recovered: lines(({ recovered }) => recovered),
      corrections: lines(({ entry_type }) => entry_type === 'correction'),
      fenced: this.#instances.fenced,
      leases: this.#leasesTaken,
      'leases ended': this.#leasesEnded,
      adopted: this.#adopted,
      seeded: this.#seeded,
      'with excess': [...this.#rows.values()].filter(({ balance }) => (balance?.excess ?? 0n) > 0n)
        .length,
    };
  }

  /** A transaction has happened, made by a life. */
  committed(changes: readonly Change[], by: string): void {
    const touched = new Set<string>();
    const lines: TableLine[] = [];
    this.#excess = new ExcessAudit();
    this.#moved = [];
    this.#limitsNow.clear();
    for (const change of changes) {
      switch (change.pk.slice(0, 2)) {
        case 'E#':
          this.#lineChanged(change, lines);
          break;
        case 'O#':
          this.#budgetChanged(change, touched);
          break;
        case 'BU':
          if (change.pk === 'BUDGETCHANGES') this.#limitNow(change);
          break;
        case '$#':
          this.#rowChanged(change, touched);
          break;
        case 'IN':
          if (change.pk.startsWith('INSTANCES#')) {
            this.#instances.changed(change, changes, by);
          }
      }
    }
    for (const change of changes) {
      if (change.pk.startsWith('A#')) this.#attemptChanged(change, lines, touched);
    }
    this.#linesAdded(lines, touched);
    for (const moved of this.#moved) this.#judgeExcess(moved);
    for (const name of touched) this.#judge(this.#row(name));
  }

  /** What there is, for when all is quiet. */
  facts(): LedgerFacts {
    return {
      lines: this.#lines,
      open: [...this.#intents.keys()],
      // Leases of budgets that are no more hold nothing.
      leases: [...this.#rows.values()].flatMap(({ leases, budget_id }) =>
        [...leases.values()]
          .filter(({ ended, since_rev }) => {
            return !ended && since_rev === this.#budgets.get(budget_id)?.since_rev;
          })
          .map(({ lease_id }) => lease_id),
      ),
      rows: [...this.#rows.values()].flatMap((row) => {
        const shown = shownOf(row, this.#budgets.get(row.budget_id));
        return shown === undefined ? [] : [shown];
      }),
    };
  }

  /** Whether so much fits into every budget that covers a subject, by sums of entries alone. */
  fits(subject: SubjectFact, amounts: Units, at: number): boolean {
    return [...this.#budgets.values()].every((budget) => {
      if (!budget.enforced || !counts(budget, subject)) return true;
      const sum = this.#sums.get(rowOf(budget.budget_id, budget.window, at));
      return (sum?.posted ?? 0n) + amounts[budget.unit] <= budget.limit;
    });
  }

  #row(name: string): Row {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const budget_id = budgetOf(name);
    const row: Row = {
      ...{ name, budget_id, balance: undefined, leases: new Map(), direct: new Map() },
      ...{ limitMax: 0n, warned: false, making: -1 },
    };
    this.#rows.set(name, row);
    return row;
  }

  #lineChanged({ before, after, pk, sk }: Change, lines: TableLine[]): void {
    if (before !== undefined || after === undefined) {
      this.#auditor.violated('entries never change', `${pk} ${sk}`);
      return;
    }
    lines.push(readLine(after));
  }

  #budgetChanged({ sk, after }: Change, touched: Set<string>): void {
    const before = this.#budgets.get(sk);
    const budget = after === undefined ? undefined : readBudget(after);
    if (budget === undefined) this.#budgets.delete(sk);
    else this.#budgets.set(sk, budget);
    const isSame =
      budget?.since_rev === before?.since_rev &&
      budget?.limit === before?.limit &&
      budget?.enforced === before?.enforced;
    if (budget !== undefined && !isSame) this.#limitRevs.set(sk, budget.rev);
    if (budget?.since_rev !== before?.since_rev) {
      for (const name of this.#sums.keys()) if (budgetOf(name) === sk) this.#sums.delete(name);
      if (budget !== undefined) for (const line of this.#lines) this.#sum(budget, line);
    }
    for (const row of this.#rows.values()) if (row.budget_id === sk) touched.add(row.name);
  }

  #rowChanged({ pk, sk, after }: Change, touched: Set<string>): void {
    const row = this.#row(pk.slice('$#'.length));
    touched.add(row.name);
    if (sk === 'BALANCE') {
      if (row.balance?.seeding !== true && after?.seeding !== undefined) this.#seeded += 1;
      const was = row.balance;
      row.balance = after === undefined ? undefined : readBalance(after);
      if (row.balance === undefined) return;
      const before = was?.since_rev === row.balance.since_rev ? was : undefined;
      this.#moved.push({ row: row.name, before, after: row.balance });
      return;
    }
    const before = row.leases.get(sk);
    const lease = after === undefined ? undefined : readLease(after);
    // One that is gone has nothing, whatever holds come out of it.
    if (lease !== undefined) row.leases.set(sk, lease);
    else if (before !== undefined && (this.#leaseParts.get(before.lease_id) ?? 0n) > 0n) {
      row.leases.set(sk, { ...before, ended: true });
    } else row.leases.delete(sk);
    if (lease !== undefined && lease.granted > (before?.granted ?? 0n)) {
      const state = this.#instances.stateOf(lease.instance_id);
      if (state !== 'alive') {
        const what = `${lease.lease_id} of ${lease.instance_id}, which is ${state}`;
        this.#auditor.violated('a fenced instance takes no lease', what);
      }
    }
    const wasOpen = before !== undefined && !before.ended;
    const isOpen = after !== undefined && after.ended !== true;
    if (!wasOpen && isOpen) this.#leasesTaken += 1;
    if (wasOpen && !isOpen) this.#leasesEnded += 1;
  }

  /** Several changes of a budget may be one transaction. */
  #limitNow({ after }: Change): void {
    if (after?.budget === undefined) return;
    const { budget_id, limit } = readBudget(after);
    this.#limitsNow.set(budget_id, [...(this.#limitsNow.get(budget_id) ?? []), limit]);
  }

  #attemptChanged(
    { pk, before, after }: Change,
    lines: readonly TableLine[],
    touched: Set<string>,
  ): void {
    const attempt = pk.slice('A#'.length);
    const was = this.#intents.get(attempt);
    const is = after === undefined ? undefined : readIntent(after);
    if (was !== undefined) this.#addParts(was, -1n, touched);
    if (is !== undefined) this.#addParts(is, 1n, touched);
    if (was !== undefined && is !== undefined) this.#adopted += 1;
    if (is === undefined) this.#intents.delete(attempt);
    else this.#intents.set(attempt, is);
    const ended = after?.e_pk !== undefined;
    if (is !== undefined && was === undefined) {
      if (before !== undefined) {
        this.#auditor.violated('what has ended does not begin again', attempt);
      }
      this.#auditor.intended(attempt, is, this.#time.now());
      this.#judgeIntent(is);
      const state = this.#instances.stateOf(is.instance_id);
      if (state !== 'alive') {
        const what = `${attempt} of ${is.instance_id}, which is ${state}`;
        this.#auditor.violated('a fenced instance intends nothing', what);
      }
    }
    const own = lines.filter((line) => line.attempt_id === attempt);
    for (const line of own) if (line.entry_type === 'attempt') this.#explain(line, was);
    // Its late settlement may be in the same write: that is a correction.
    const ends = own.filter(({ entry_type }) => entry_type !== 'correction');
    if (was !== undefined && ended && ends.length !== 1) {
      const what = `${attempt} ends with ${ends.length} entries`;
      this.#auditor.violated('an intent ends together with its entry', what);
    }
    if (was !== undefined && own.some(({ recovered }) => recovered)) {
      if (this.#instances.stateOf(was.instance_id) === 'alive') {
        const what = `${attempt} of ${was.instance_id}`;
        this.#auditor.violated('no hold of a live instance is taken', what);
      }
    }
  }

  /** Whoever intends holds in every budget that covers the call, from when on that is whole. */
  #judgeIntent({ attempt_id, subject, at, rev, parts }: IntentFact): void {
    for (const budget of this.#budgets.values()) {
      const { budget_id, since_rev, window } = budget;
      if (!counts(budget, subject)) continue;
      const row = rowOf(budget_id, window, at);
      const balance = this.#rows.get(row)?.balance;
      const isWhole = balance?.since_rev === since_rev && !balance.seeding;
      if (since_rev > rev && !isWhole) continue;
      if (!holdsIn(parts, row, since_rev)) this.#lacks(attempt_id, row);
    }
  }

  /** A window has been summed up: from now on what was intended before counts in it, too. */
  #judgeAdopted(row: string, budget: BudgetFact): void {
    for (const { attempt_id, subject, at, parts } of this.#intents.values()) {
      if (!counts(budget, subject) || rowOf(budget.budget_id, budget.window, at) !== row) continue;
      if (!holdsIn(parts, row, budget.since_rev)) this.#lacks(attempt_id, row);
    }
  }

  #lacks(attempt: string, row: string): void {
    this.#auditor.violated('a hold is in every budget that covers it', `${attempt}: ${row}`);
  }

  /** What a line may pass limits by: what goes beyond its hold. */
  #explain(line: TableLine, intent: IntentFact | undefined): void {
    for (const budget of this.#budgets.values()) {
      const { budget_id, since_rev, window, unit } = budget;
      if (!counts(budget, line.subject)) continue;
      const row = rowOf(budget_id, window, line.at);
      const holds = intent !== undefined && holdsIn(intent.parts, row, since_rev);
      const held = holds ? intent.amounts[unit] : 0n;
      this.#excess.posted(row, line, line.posted[unit], held);
    }
  }

  #judgeExcess(moved: Moved): void {
    const { row, before, after } = moved;
    const budget_id = budgetOf(row);
    const budget = this.#budgets.get(budget_id);
    if (budget?.since_rev !== after.since_rev || after.seeding) return;
    const isWhole = before?.seeding === true;
    if (isWhole) this.#judgeAdopted(row, budget);
    const limits = this.#limitsNow.get(budget_id) ?? (isWhole ? [budget.limit] : []);
    const sums = [before, after].map((each) => (each ? each.posted + each.held : 0n));
    for (const _ of limits)
      this.#excess.limited(row, largest(sums) + largest(limits.map(negative)));
    this.#excess.judge(moved, this.#auditor);
  }

  #addParts(intent: IntentFact, sign: bigint, touched: Set<string>): void {
    for (const { row: name, budget_id, since_rev, lease_id, leased } of intent.parts) {
      const row = this.#row(name);
      touched.add(name);
      const unit = this.#budgets.get(budget_id)?.unit;
      // Of a budget that is no more, nothing counts.
      if (unit === undefined) continue;
      const direct = intent.amounts[unit] - leased;
      row.direct.set(since_rev, (row.direct.get(since_rev) ?? 0n) + sign * direct);
      if (lease_id === null) continue;
      const parts = this.#leaseParts.get(lease_id) ?? 0n;
      this.#leaseParts.set(lease_id, parts + sign * leased);
    }
  }

  #linesAdded(lines: readonly TableLine[], touched: Set<string>): void {
    const inOrder = lines.toSorted((a, b) => a.sequence - b.sequence);
    for (const line of inOrder) {
      this.#lines.push(line);
      const last = this.#sequences.get(line.writer_id) ?? 0;
      if (line.sequence !== last + 1) {
        const what = `${line.writer_id}: ${line.sequence} after ${last}`;
        this.#auditor.violated('sequences have no gaps', what);
      }
      this.#sequences.set(line.writer_id, line.sequence);
      if (line.entry_type !== 'attempt') this.#explain(line, undefined);
      for (const budget of this.#budgets.values()) {
        const row = this.#sum(budget, line);
        if (row !== undefined) touched.add(row);
      }
    }
  }

  /** Adds a line to the sum of its row, if the budget counts it. */
  #sum(budget: BudgetFact, line: TableLine): string | undefined {
    if (!counts(budget, line.subject)) return undefined;
    const row = rowOf(budget.budget_id, budget.window, line.at);
    const sum = this.#sums.get(row) ?? { posted: 0n, ceiling: 0n };
    sum.posted += line.posted[budget.unit];
    sum.ceiling += line.ceilings[budget.unit];
    this.#sums.set(row, sum);
    return row;
  }

  /** What must be true of a row after every transaction. */
  #judge(row: Row): void {
    const { balance } = row;
    const budget = this.#budgets.get(row.budget_id);
    if (budget === undefined) return;
    if (row.making !== budget.since_rev) {
      row.making = budget.since_rev;
      row.limitMax = 0n;
      row.warned = false;
    }
    if (budget.limit > row.limitMax) row.limitMax = budget.limit;
    if (!budget.enforced) row.warned = true;
    const shown = shownOf(row, budget);
    if (shown === undefined || balance === undefined) return;
    const violated = (rule: string, what: string): void => this.#auditor.violated(rule, what);
    this.#auditor.judgeRow(shown, false);
    judgeLimit(row, budget, this.#limitRevs.get(row.budget_id) ?? 0, violated);
    judgeSums(row, budget, this.#sums.get(row.name) ?? { posted: 0n, ceiling: 0n }, violated);
    judgeLeases(row, this.#leaseParts, violated);
  }
}

const negative = (amount: bigint): bigint => -amount;

function largest(amounts: readonly bigint[]): bigint {
  return amounts.reduce((most, amount) => (amount > most ? amount : most));
}

function holdsIn(parts: IntentFact['parts'], row: string, sinceRev: number): boolean {
  return parts.some((part) => part.row === row && part.since_rev === sinceRev);
}

function budgetOf(row: string): string {
  return row.slice(0, row.lastIndexOf('#'));
}
