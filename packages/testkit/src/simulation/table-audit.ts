/**
 * Looks at every write of the table, as it happens: one transaction at a time, what was there and
 * what is there now. Keeps its own sums of entries, holds and leases, and holds balances against
 * them.
 */
import type { Item } from '@tollkeeper/server/dynamodb';
import type { Auditor, LedgerFacts } from './auditor.ts';
import {
  counts,
  readBalance,
  readBudget,
  readIntent,
  readLease,
  readLine,
  rowOf,
  textOf,
  type BalanceFact,
  type BudgetFact,
  type IntentFact,
  type LeaseFact,
  type TableLine,
} from './table-model.ts';

/** One item before and after; undefined: it is not there. */
export interface Change {
  readonly pk: string;
  readonly sk: string;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
}

/** A budget's window, with what the auditor knows of it. */
interface Row {
  readonly name: string;
  readonly budget_id: string;
  balance: BalanceFact | undefined;
  readonly leases: Map<string, LeaseFact>;
  /** What open intents hold directly. */
  direct: Map<number, bigint>;
  /** The highest limit while this making of the budget had this balance; undefined: not bounded. */
  limitMax: bigint;
  warned: boolean;
  making: number;
}

/** What all entries have posted to a budget's window. */
interface Sum {
  posted: bigint;
  ceiling: bigint;
}

interface Instance {
  readonly state: string;
  /** True time of its last sign of life: the last write of its head while it was alive. */
  readonly seenAt: number;
  /** The life that registered it. */
  readonly owner: string;
}

/** See the head of the file. */
export class TableAudit {
  readonly #auditor: Auditor;
  readonly #now: () => number;
  /** A lease of instances, as short as it can seem to a clock that runs fast; milliseconds. */
  readonly #leaseMs: number;
  readonly #budgets = new Map<string, BudgetFact>();
  readonly #rows = new Map<string, Row>();
  readonly #intents = new Map<string, IntentFact>();
  readonly #leaseParts = new Map<string, bigint>();
  readonly #lines: TableLine[] = [];
  /** By row; of budgets as they are now. */
  readonly #sums = new Map<string, Sum>();
  readonly #sequences = new Map<string, number>();
  readonly #instances = new Map<string, Instance>();
  #leasesTaken = 0;
  #leasesEnded = 0;
  #fenced = 0;
  #adopted = 0;
  #seeded = 0;

  constructor(auditor: Auditor, now: () => number, leaseMs: number) {
    this.#auditor = auditor;
    this.#now = now;
    this.#leaseMs = leaseMs;
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
      fenced: this.#fenced,
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
    for (const change of changes) {
      switch (change.pk.slice(0, 2)) {
        case 'E#':
          this.#lineChanged(change, lines);
          break;
        case 'O#':
          this.#budgetChanged(change, touched);
          break;
        case '$#':
          this.#rowChanged(change, touched);
          break;
        case 'IN':
          if (change.pk.startsWith('INSTANCES#')) this.#instanceChanged(change, by);
      }
    }
    for (const change of changes) {
      if (change.pk.startsWith('A#')) this.#attemptChanged(change, lines, touched);
    }
    this.#linesAdded(lines, touched);
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
        const shown = this.#shown(row);
        return shown === undefined ? [] : [shown];
      }),
    };
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
      row.balance = after === undefined ? undefined : readBalance(after);
      return;
    }
    const before = row.leases.get(sk);
    if (after === undefined) row.leases.delete(sk);
    else row.leases.set(sk, readLease(after));
    const wasOpen = before !== undefined && !before.ended;
    const isOpen = after !== undefined && after.ended !== true;
    if (!wasOpen && isOpen) this.#leasesTaken += 1;
    if (wasOpen && !isOpen) this.#leasesEnded += 1;
  }

  #instanceChanged({ sk, after }: Change, by: string): void {
    const before = this.#instances.get(sk);
    if (after === undefined) {
      this.#instances.delete(sk);
      return;
    }
    const state = textOf(after.state);
    const now = this.#now();
    const owner = before?.owner ?? by;
    // Whoever ends in good order may say itself that it is no more.
    if (before?.state === 'alive' && state === 'fenced' && by !== owner) {
      this.#fenced += 1;
      const silent = now - before.seenAt;
      if (silent < this.#leaseMs) {
        const what = `${sk} by ${by}, ${silent.toFixed(0)} ms after its last sign of life`;
        this.#auditor.violated('no living instance is fenced', what);
      }
    }
    const seenAt = state === 'alive' || before === undefined ? now : before.seenAt;
    this.#instances.set(sk, { state, seenAt, owner });
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
      this.#auditor.intended(attempt, is.subject.key_id, this.#now());
      const { state } = this.#instances.get(is.instance_id) ?? { state: 'unknown' };
      if (state !== 'alive') {
        const what = `${attempt} of ${is.instance_id}, which is ${state}`;
        this.#auditor.violated('a fenced instance intends nothing', what);
      }
    }
    const own = lines.filter((line) => line.attempt_id === attempt);
    // Its late settlement may be in the same write: that is a correction.
    const ends = own.filter(({ entry_type }) => entry_type !== 'correction');
    if (was !== undefined && ended && ends.length !== 1) {
      const what = `${attempt} ends with ${ends.length} entries`;
      this.#auditor.violated('an intent ends together with its entry', what);
    }
    if (was !== undefined && own.some(({ recovered }) => recovered)) {
      const { state } = this.#instances.get(was.instance_id) ?? { state: 'gone' };
      if (state === 'alive') {
        const what = `${attempt} of ${was.instance_id}`;
        this.#auditor.violated('no hold of a live instance is taken', what);
      }
    }
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
    if (balance === undefined || balance.since_rev !== budget.since_rev || balance.seeding) return;
    const shown = this.#shown(row);
    if (shown !== undefined) this.#auditor.judgeRow(shown, false);
    // A new limit is named in the window of its moment; where there is only one, in that.
    if (budget.window === 'total' && balance.rev === budget.rev && budget.enforced) {
      const over = balance.posted + balance.held - budget.limit - balance.excess;
      if (over > 0n) {
        const what = `${row.name} is ${over} over its present limit and its excess`;
        this.#auditor.violated('posted and held stay within the limit', what);
      }
    }
    this.#judgeSums(row, budget, balance);
    this.#judgeLeases(row);
  }

  #judgeSums(row: Row, budget: BudgetFact, balance: BalanceFact): void {
    const { posted, ceiling } = this.#sums.get(row.name) ?? { posted: 0n, ceiling: 0n };
    let spent = 0n;
    let spentCeiling = 0n;
    let held = row.direct.get(budget.since_rev) ?? 0n;
    for (const lease of row.leases.values()) {
      if (lease.ended || lease.since_rev !== budget.since_rev) continue;
      held += lease.granted;
      spent += lease.spent;
      spentCeiling += lease.spentCeiling;
    }
    this.#same(row, 'posted', balance.posted + spent, posted);
    this.#same(row, 'ceiling', balance.ceiling + spentCeiling, ceiling);
    this.#same(row, 'held', balance.held, held);
  }

  #same(row: Row, figure: string, kept: bigint, reckoned: bigint): void {
    if (kept === reckoned) return;
    const what = `${row.name}: ${figure} is ${kept}, entries, holds and leases make ${reckoned}`;
    this.#auditor.violated('balances are what entries, holds and leases make', what);
  }

  #judgeLeases(row: Row): void {
    for (const lease of row.leases.values()) {
      const { lease_id, granted, spent, ended, since_rev } = lease;
      const parts = this.#leaseParts.get(lease_id) ?? 0n;
      if (since_rev !== row.making) continue;
      const left = ended ? 0n : granted - spent;
      if (parts <= left) continue;
      const what = `${row.name} ${lease_id}: holds of ${parts} out of ${left}`;
      this.#auditor.violated('holds out of a lease stay within it', what);
    }
  }

  #shown(row: Row) {
    const { balance, budget_id, name } = row;
    const budget = this.#budgets.get(budget_id);
    if (balance === undefined || budget === undefined) return undefined;
    if (balance.since_rev !== budget.since_rev || balance.seeding) return undefined;
    const spent = [...row.leases.values()]
      .filter(({ ended, since_rev }) => !ended && since_rev === budget.since_rev)
      .reduce((sum, lease) => sum + lease.spent, 0n);
    return {
      budget_id,
      window_start: Number(name.slice(name.lastIndexOf('#') + 1)),
      posted: balance.posted + spent,
      held: balance.held - spent,
      high_water: balance.high_water,
      excess: balance.excess,
      limit: row.limitMax,
      enforced: !row.warned,
    };
  }
}

function budgetOf(row: string): string {
  return row.slice(0, row.lastIndexOf('#'));
}
