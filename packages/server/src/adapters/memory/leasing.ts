/**
 * A ledger in memory that leases blocks of its budgets: what leases mean, in the fewest words. The
 * oracle beside it, which knows no leases, keeps holds and entries; budgets and their balances are
 * kept here, each lease as a hold of its own.
 *
 * Answers name only what a store that is spared by leases knows by itself: not the states of
 * budgets of which nothing but a lease was touched.
 */
import {
  correctPostings,
  hold as addHold,
  post,
  roomFor,
  settleHold,
  unhold,
} from '@tollkeeper/core';
import type { Budget, Hold, Withdrawal } from '@tollkeeper/core';
import type { AuditStamp } from '../../ports/audit.ts';
import type { CopiedThrough, ForgetEntries, Forgotten } from '../../ports/ledger-archive.ts';
import type {
  Blocking,
  BudgetState,
  PutBudget,
  Recorded,
  RecordEntry,
  Reserve,
  Reserved,
  Settle,
  Settled,
} from '../../ports/ledger-store.ts';
import type {
  LeasedPart,
  LeaseLost,
  LeaseState,
  LeasingLedger,
  RecordLeased,
  ReserveLeased,
  SettleLeased,
  TakeLease,
  TakenLease,
} from '../../ports/leasing-ledger.ts';
import { MemoryAudit } from './audit.ts';
import { MemoryLedger } from './ledger.ts';
import { byId, LeasingBalances, rowKey } from './leasing-balances.ts';

export class LeasingMemoryLedger implements LeasingLedger {
  /** Has no budgets. */
  readonly #plain: MemoryLedger;
  readonly #catalogRevision: () => number;
  readonly #balances: LeasingBalances;

  constructor(catalogRevision: () => number, audit: MemoryAudit = new MemoryAudit()) {
    this.#plain = new MemoryLedger(catalogRevision, audit);
    this.#catalogRevision = catalogRevision;
    this.#balances = new LeasingBalances(audit);
  }

  async takeLease(command: TakeLease): Promise<TakenLease> {
    const definition = this.#balances.definitions.get(command.budget_id);
    const known = this.#balances.leases.get(command.lease_id);
    if (definition === undefined || command.grows !== (known !== undefined)) {
      return { kind: 'gone' };
    }
    const state = this.#balances.stateAt(definition, command.at);
    const named = nameOf(command, state.window_start);
    const isOther = Object.entries(named).some(
      ([name, value]) => known?.[name as keyof typeof named] !== value,
    );
    if (known !== undefined && isOther) return { kind: 'gone' };
    const { budget, balance, window_start, resets_at } = state;
    const { wanted, least } = command;
    const reason = roomFor(budget, balance, least);
    if (reason !== 'fits') {
      return { kind: 'refused', blocking: { budget, balance, amount: least, reason, resets_at } };
    }
    const free = budget.limit.amount - balance.posted - balance.held;
    const amount = budget.mode === 'warn' || wanted < free ? wanted : free;
    const lease = known ?? { ...named, granted: 0n };
    lease.granted += amount;
    this.#balances.leases.set(lease.lease_id, lease);
    const next = addHold(balance, amount);
    this.#balances.rows.set(rowKey(budget.budget_id, window_start), next);
    return { kind: 'taken', lease, amount, state: { ...state, balance: next } };
  }

  async returnLease(command: LeasedPart & { readonly ends: boolean }): Promise<void> {
    const lease = this.#balances.leases.get(command.lease_id);
    if (lease === undefined) return;
    if (command.ends) this.#balances.end(lease);
    else this.#balances.giveBack(lease, command.amount);
  }

  async leases(instanceId: string): Promise<readonly LeaseState[]> {
    return [...this.#balances.leases.values()]
      .filter((lease) => lease.instance_id === instanceId)
      .map((lease) => ({ ...lease }));
  }

  async endLeases(instanceId: string): Promise<void> {
    for (const lease of await this.leases(instanceId)) {
      await this.returnLease({ ...lease, amount: 0n, ends: true });
    }
  }

  reserve(command: Reserve): Promise<Reserved> {
    return this.reserveLeased({ ...command, leased: [] }) as Promise<Reserved>;
  }

  async reserveLeased(command: ReserveLeased): Promise<Reserved | LeaseLost> {
    const { intent, amounts, instance_id, leased } = command;
    const { subject, at, attempt_id } = intent;
    const revision = this.#catalogRevision();
    const isDuplicate =
      this.#balances.holds.has(attempt_id) || this.#balances.lines.has(`attempt ${attempt_id}`);
    // The oracle knows what to answer.
    if (revision > command.catalog_revision || isDuplicate) return this.#plain.reserve(command);
    const lost = this.#balances.lost(leased, instance_id, at);
    if (lost !== undefined) return lost;
    const leases = new Map(leased.map((part) => [part.budget_id, part.lease_id]));
    for (const { lease_id, amount } of leased) {
      const lease = this.#balances.leases.get(lease_id);
      if (lease !== undefined) this.#balances.unused(lease, amount);
    }
    const asked = this.#balances
      .covering(subject)
      .filter(({ budget }) => !leases.has(budget.budget_id))
      .map((definition) => this.#balances.stateAt(definition, at));
    const blocking = asked.flatMap((state): Blocking[] => {
      const { budget, balance, resets_at } = state;
      const amount = amounts[budget.limit.unit];
      const reason = roomFor(budget, balance, amount);
      return reason === 'fits' ? [] : [{ budget, balance, amount, reason, resets_at }];
    });
    if (blocking.length > 0) return { kind: 'refused', blocking };
    const states = asked.map((state) => {
      const { budget, window_start } = state;
      const balance = addHold(state.balance, amounts[budget.limit.unit]);
      this.#balances.rows.set(rowKey(budget.budget_id, window_start), balance);
      return { ...state, balance };
    });
    this.#balances.holds.set(attempt_id, { intent, instance_id, amounts, leases });
    await this.#plain.reserve(command);
    return { kind: 'held', states };
  }

  async release(attemptId: string): Promise<void> {
    const open = this.#balances.holds.get(attemptId);
    if (open === undefined) return;
    const { intent, amounts, leases } = open;
    this.#balances.holds.delete(attemptId);
    this.#balances.move(intent.subject, intent.at, ({ budget, balance }) =>
      leases.has(budget.budget_id) ? balance : unhold(balance, amounts[budget.limit.unit]),
    );
    await this.#plain.release(attemptId);
  }

  settle(command: Settle): Promise<Settled> {
    return this.settleLeased({ ...command, leased: [] });
  }

  async settleLeased(command: SettleLeased): Promise<Settled> {
    const { entry, postings, leased } = command;
    const open = this.#balances.holds.get(entry.attempt_id);
    if (open === undefined) return this.#settleAgain(command);
    const { intent, amounts, leases } = open;
    this.#withdraw(this.#plain.known.withdrawalOf(entry));
    this.#balances.holds.delete(entry.attempt_id);
    const moved = this.#balances.move(intent.subject, intent.at, ({ budget, balance }) => {
      const { unit } = budget.limit;
      const used = least(amounts[unit], postings[unit].amount);
      const lease = this.#balances.leases.get(leases.get(budget.budget_id) ?? '');
      const part = partOf(leased, budget) ?? (lease && { ...lease, amount: used });
      const taken = this.#balances.spend(part);
      const direct = lease === undefined ? amounts[unit] : 0n;
      return settleHold(budget, balance, direct + taken, postings[unit]);
    });
    this.#balances.lines.set(lineKey(entry), { subject: entry, at: intent.at, postings });
    const settled = await this.#plain.settle(command);
    const isTold = ({ budget }: BudgetState): boolean => {
      const { unit } = budget.limit;
      const part = partOf(leased, budget);
      return !leases.has(budget.budget_id) || part?.amount !== postings[unit].amount;
    };
    return settled.kind === 'settled' ? { ...settled, states: moved.filter(isTold) } : settled;
  }

  record(command: RecordEntry): Promise<Recorded> {
    return this.recordLeased({ ...command, leased: [] }) as Promise<Recorded>;
  }

  async recordLeased(command: RecordLeased): Promise<Recorded | LeaseLost> {
    const { entry, postings, cause, leased, instance_id } = command;
    const lost = this.#balances.lost(leased, instance_id, command.at);
    if (lost !== undefined) return lost;
    const corrected = this.#balances.lineOf(entry.corrects_entry_id);
    const recorded = await this.#plain.record(command);
    if (recorded.kind !== 'recorded') return recorded;
    const at = corrected?.at ?? command.at;
    const moved = this.#balances.move(entry, at, ({ budget, balance }) => {
      const taken = this.#balances.spend(partOf(leased, budget));
      return post(budget, unhold(balance, taken), postings[budget.limit.unit], cause);
    });
    this.#balances.lines.set(lineKey(entry), { subject: entry, at, postings });
    const isTold = ({ budget }: BudgetState): boolean =>
      partOf(leased, budget)?.amount !== postings[budget.limit.unit].amount;
    return { ...recorded, states: moved.filter(isTold) };
  }

  async putBudget(command: PutBudget): Promise<BudgetState> {
    return this.#balances.putBudget(command);
  }

  async removeBudget(budgetId: string, audit?: AuditStamp): Promise<boolean> {
    return this.#balances.removeBudget(budgetId, audit);
  }

  async budgets(at: number, orgId?: string): Promise<readonly BudgetState[]> {
    return [...this.#balances.definitions.values()]
      .filter(({ budget }) => orgId === undefined || budget.scope.org_id === orgId)
      .sort(byId)
      .map((definition) => this.#balances.stateAt(definition, at));
  }

  async budgetStates(
    budgetIds: readonly string[],
    at: number,
  ): Promise<readonly (BudgetState | undefined)[]> {
    return budgetIds
      .map((id) => this.#balances.definitions.get(id))
      .map((definition) => definition && this.#balances.stateAt(definition, at));
  }

  async holds(instanceId?: string): Promise<readonly Hold[]> {
    const open = await this.#plain.holds(instanceId);
    return open.map((hold) => ({ ...hold, allocations: this.#balances.allocationsOf(hold) }));
  }

  async forgetEntries(command: ForgetEntries): Promise<Forgotten> {
    const forgotten = await this.#plain.forgetEntries(command);
    const left = await this.#plain.entries({ limit: Number.MAX_SAFE_INTEGER });
    const keys = new Set(left.entries.map(lineKey));
    for (const [key, line] of this.#balances.lines) {
      if (keys.has(key)) continue;
      this.#balances.lines.delete(key);
      this.#balances.removed.push(line);
    }
    return forgotten;
  }

  entries: LeasingLedger['entries'] = (query) => this.#plain.entries(query);
  summary: LeasingLedger['summary'] = (query) => this.#plain.summary(query);
  labelSums: LeasingLedger['labelSums'] = (query) => this.#plain.labelSums(query);
  postedSince: LeasingLedger['postedSince'] = (...asked) => this.#plain.postedSince(...asked);
  entriesOfWriter: LeasingLedger['entriesOfWriter'] = (...asked) =>
    this.#plain.entriesOfWriter(...asked);
  correctionsOf: LeasingLedger['correctionsOf'] = (ids) => this.#plain.correctionsOf(ids);
  writers: LeasingLedger['writers'] = () => this.#plain.writers();
  copied: LeasingLedger['copied'] = (place) => this.#plain.copied(place);
  markCopied = (place: string, through: CopiedThrough) => this.#plain.markCopied(place, through);
  probe: LeasingLedger['probe'] = () => this.#plain.probe();
  close: LeasingLedger['close'] = () => this.#plain.close();

  async #settleAgain(command: Settle): Promise<Settled> {
    const line = this.#balances.lineOf(command.entry.attempt_id);
    const back = this.#plain.known.withdrawalOf(command.entry);
    const settled = await this.#plain.settle(command);
    if (settled.kind !== 'corrected' || line === undefined) return settled;
    this.#withdraw(back);
    const postings = correctPostings(line.postings, command.postings);
    const corrected = { subject: command.entry, at: line.at, postings };
    this.#balances.lines.set(`correction ${command.correction_id}`, corrected);
    this.#balances.move(line.subject, line.at, ({ budget, balance }) =>
      post(budget, balance, postings[budget.limit.unit], 'correction'),
    );
    return settled;
  }

  /** The oracle writes it; here it counts. */
  #withdraw(back: Withdrawal | undefined): void {
    if (back === undefined) return;
    const { entry, at, postings } = back;
    this.#balances.lines.set(lineKey(entry), { subject: entry, at, postings });
    this.#balances.move(entry, at, ({ budget, balance }) =>
      post(budget, balance, postings[budget.limit.unit], 'correction'),
    );
  }
}

function nameOf(command: TakeLease, windowStart: number): Omit<LeaseState, 'granted'> {
  const { lease_id, budget_id, instance_id } = command;
  return { lease_id, budget_id, instance_id, window_start: windowStart };
}

function partOf(leased: readonly LeasedPart[], budget: Budget): LeasedPart | undefined {
  return leased.find(({ budget_id }) => budget_id === budget.budget_id);
}

function lineKey(entry: Parameters<LeasingLedger['settle']>[0]['entry']): string {
  const id = entry.entry_type === 'attempt' ? entry.attempt_id : entry.entry_id;
  return `${entry.entry_type} ${id}`;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
