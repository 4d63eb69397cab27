/**
 * The ledger of one process among several: holds come out of blocks of budgets that the process has
 * leased from the store behind, so that a busy budget is not written to with every call. The store
 * counts a block as held, so limits are as exact as without leases, whoever dies when.
 *
 * A window of a budget (`Block`) has at most one live lease, and these states:
 *
 *   asked directly -> leased     a call finds that the budget is used often enough: it and all that
 *                                come while the store is asked wait, in order, for one take
 *   leased -> leased             calls carve out of what is unused, and leave in it what they did
 *                                not use; what is missing is taken in addition, one take at a time
 *   leased -> asked directly     unused for a while, over with its window, or given back before the
 *                                budget changes: the lease ends with the last hold out of it
 *   leased -> asked directly     the store has it no more (`lease_lost`: the budget is another, or
 *                                this process was taken for dead): it is dropped, and the call
 *                                begins anew
 *   leased -> asked directly     in doubt, since a take or a return was not answered: nothing more
 *                                comes out of it; it leaves, and ends with the last hold out of it
 *
 * A call takes all its parts or none. Parts that no lease can have - rare budgets, the last of a
 * window, windows met for the first time - are asked of the store together with the intent, so few
 * at a time for each budget that a spent budget is not stormed; the rest is told that running calls
 * are in the way, which makes it wait and try again. Nothing is ever refused for good from memory.
 *
 * An attempt keeps its parts until the store has answered how it ended. A reservation that was not
 * answered keeps them until it is released, or sent again: then with the same parts. A settlement
 * names how much of it comes out of which lease, and names the same when it is repeated. What it
 * posts beyond its hold comes out of what is unused, as what is submitted does, before it is named
 * as excess. Whatever ends in a way that leases know nothing of (recovered meanwhile) puts its
 * leases in doubt.
 *
 * What the store has of leases and this process does not know - a take that was carried out after
 * it was given up - is looked for from time to time, and ended.
 */
import { settleHold, unhold, type Postings } from '@tollkeeper/core';
import type { AuditStamp } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { LeaseLost, LeasingLedger } from '../ports/leasing-ledger.ts';
import type {
  BudgetState,
  LedgerStore,
  PutBudget,
  Recorded,
  RecordEntry,
  Reserve,
  Reserved,
  Settle,
  Settled,
} from '../ports/ledger-store.ts';
import { Attempt, ROUNDS_MAX, unitOf, type Part } from './attempt.ts';
import { crowdedOut, Figures } from './figures.ts';
import { KnownBudgets } from './known-budgets.ts';
import type { LeaseCounts } from './lease-counts.ts';
import { LeaseDesk } from './lease-desk.ts';
import type { LeaseSettings } from './lease-settings.ts';
import { LeasedSubmissions } from './leased-submissions.ts';

/** What a leased ledger is made of. */
export interface LeasedLedgerParts {
  readonly inner: LeasingLedger;
  /** In whose name it leases. Only holds of this process go through it. */
  readonly instanceId: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: LeaseSettings;
}

export class LeasedLedger implements LedgerStore {
  readonly #inner: LeasingLedger;
  readonly #clock: Clock;
  readonly #settings: LeaseSettings;
  readonly #known: KnownBudgets;
  readonly #desk: LeaseDesk;
  readonly #figures: Figures;
  readonly #submissions: LeasedSubmissions;
  readonly #attempts = new Map<string, Attempt>();
  /** What has happened to leases since the start, for telemetry. */
  readonly counts: LeaseCounts = { taken: 0, returned: 0, lost: 0, doubted: 0, direct: 0, tail: 0 };

  constructor(parts: LeasedLedgerParts) {
    const { inner, clock, settings } = parts;
    this.#inner = inner;
    this.#clock = clock;
    this.#settings = settings;
    this.#known = new KnownBudgets(settings.leaseMs);
    this.#desk = new LeaseDesk({
      ...parts,
      counts: this.counts,
      learn: (state) => void this.#figures.learn(state),
      forget: ({ known }) => this.#figures.forget(known),
    });
    this.#figures = new Figures({
      ...{ inner, known: this.#known },
      abandon: (block) => this.#desk.abandon(block),
    });
    this.#submissions = new LeasedSubmissions({
      ...{ inner, clock, known: this.#known, desk: this.#desk, figures: this.#figures },
    });
  }

  /** Leases that this process has at the moment. */
  get leases(): number {
    return this.#desk.size;
  }

  reserve(command: Reserve): Promise<Reserved> {
    const { attempt_id } = command.intent;
    const before = this.#attempts.get(attempt_id);
    if (before !== undefined) return this.#reserveAgain(before, command);
    const attempt = new Attempt(command.intent.at, command.amounts);
    this.#attempts.set(attempt_id, attempt);
    const reserving = this.#reserve(attempt, command);
    attempt.reserving = reserving;
    return reserving;
  }

  async release(attemptId: string): Promise<void> {
    const attempt = await this.#answered(attemptId);
    await this.#inner.release(attemptId);
    if (attempt === undefined || !this.#ends(attemptId, attempt)) return;
    for (const { block, lease, amount } of attempt.parts) {
      if (lease !== undefined) this.#desk.leave(lease, amount);
      else if (attempt.isUncertain) block.balance = undefined;
      else if (block.balance !== undefined) block.balance = unhold(block.balance, amount);
    }
  }

  settle(command: Settle): Promise<Settled> {
    const { attempt_id } = command.entry;
    const attempt = this.#attempts.get(attempt_id);
    // What it named for another posting says nothing about this one.
    const isOther = command.origin === 'recovery' && attempt?.settlements !== 0;
    if (attempt === undefined || isOther) return this.#settleUnknown(command);
    if (attempt.reserving === undefined) return this.#settle(attempt, command);
    return this.#answered(attempt_id).then(() => this.settle(command));
  }

  async record(command: RecordEntry): Promise<Recorded> {
    const { entry, postings, cause } = command;
    if (cause === 'correction' || entry.corrects_entry_id !== null) {
      await this.#desk.makeRoom(this.#known.covering(entry), postings);
    } else {
      const recorded = await this.#submissions.record(command);
      if (recorded !== undefined) return recorded;
    }
    const recorded = await this.#inner.record(command);
    if (recorded.kind !== 'recorded') return recorded;
    return { ...recorded, states: this.#figures.noted(recorded.states) };
  }

  async putBudget(command: PutBudget): Promise<BudgetState> {
    const change = (): Promise<BudgetState> => this.#inner.putBudget(command);
    const state = await this.#change(command.budget.budget_id, change);
    return this.#figures.learn(state).shown(state);
  }

  async removeBudget(budgetId: string, audit?: AuditStamp): Promise<boolean> {
    const change = (): Promise<boolean> => this.#inner.removeBudget(budgetId, audit);
    const removed = await this.#change(budgetId, change);
    const known = this.#known.get(budgetId);
    if (known !== undefined) this.#figures.forget(known);
    return removed;
  }

  async budgets(at: number, orgId?: string): Promise<readonly BudgetState[]> {
    const states = await this.#inner.budgets(at, orgId);
    return states.map((state) => this.#figures.shown(state));
  }

  async budgetStates(
    budgetIds: readonly string[],
    at: number,
  ): Promise<readonly (BudgetState | undefined)[]> {
    const states = await this.#inner.budgetStates(budgetIds, at);
    return states.map((state) => state && this.#figures.shown(state));
  }

  /**
   * Gives back what is unused, and forgets how budgets stand: for a process that others take over
   * from, or that is about to be frozen.
   */
  async giveBack(): Promise<void> {
    await this.#desk.giveBackAll();
    this.#figures.unknow(this.#known.all());
  }

  /** What is unused goes back before the store behind is closed. */
  async close(): Promise<void> {
    await this.#desk.close();
    await this.#inner.close();
  }

  endLeases: LedgerStore['endLeases'] = (instanceId) => this.#desk.endLeases(instanceId);
  postedSince: LedgerStore['postedSince'] = (...asked) => this.#inner.postedSince(...asked);
  holds: LedgerStore['holds'] = (instanceId) => this.#inner.holds(instanceId);
  entries: LedgerStore['entries'] = (query) => this.#inner.entries(query);
  summary: LedgerStore['summary'] = (query) => this.#inner.summary(query);
  labelSums: LedgerStore['labelSums'] = (query) => this.#inner.labelSums(query);
  entriesOfWriter: LedgerStore['entriesOfWriter'] = (...asked) =>
    this.#inner.entriesOfWriter(...asked);
  correctionsOf: LedgerStore['correctionsOf'] = (ids) => this.#inner.correctionsOf(ids);
  writers: LedgerStore['writers'] = () => this.#inner.writers();
  copied: LedgerStore['copied'] = (place) => this.#inner.copied(place);
  markCopied: LedgerStore['markCopied'] = (...given) => this.#inner.markCopied(...given);
  forgetEntries: LedgerStore['forgetEntries'] = (command) => this.#inner.forgetEntries(command);
  probe: LedgerStore['probe'] = () => this.#inner.probe();

  async #reserve(attempt: Attempt, command: Reserve): Promise<Reserved> {
    try {
      for (let round = 0; ; round++) {
        const carving = this.#carve(attempt, command, round);
        if (carving !== undefined) await carving;
        const answer = await this.#send(attempt, command);
        if (answer.kind !== 'lease_lost') return answer;
        attempt.parts = [];
      }
    } finally {
      attempt.reserving = undefined;
    }
  }

  /** An attempt id that is in use: what became of it is known first. */
  async #reserveAgain(attempt: Attempt, command: Reserve): Promise<Reserved> {
    const { attempt_id } = command.intent;
    await this.#answered(attempt_id);
    if (this.#attempts.get(attempt_id) !== attempt) return this.reserve(command);
    if (!attempt.isUncertain) return this.#inner.reserve(command);
    // It may be written already: with the same parts, it is the same.
    const again = this.#send(attempt, command).finally(() => {
      attempt.reserving = undefined;
    });
    attempt.reserving = again;
    const answer = await again;
    if (answer.kind !== 'lease_lost') return answer;
    this.#attempts.delete(attempt_id);
    return this.reserve(command);
  }

  /** The attempt, if it is there, once no reservation of it is under way. */
  async #answered(attemptId: string): Promise<Attempt | undefined> {
    for (;;) {
      const attempt = this.#attempts.get(attemptId);
      if (attempt?.reserving === undefined) return attempt;
      await attempt.reserving.catch(() => undefined);
    }
  }

  /** Takes the amounts out of leases, as far as there are such; waits for nothing but the store. */
  #carve(attempt: Attempt, command: Reserve, round: number): Promise<unknown> | undefined {
    const { amounts, intent } = command;
    const now = this.#clock.monotonic();
    let carving: Promise<void>[] | undefined;
    for (const known of this.#known.covering(intent.subject)) {
      const block = known.blockAt(intent.at);
      const part = attempt.add(block, amounts[unitOf(block)]);
      if (round === 0) known.demand.add(part.amount, now);
      if (round >= ROUNDS_MAX) continue;
      const lease = this.#desk.carve(block, part.amount, intent.at, now);
      if (lease instanceof Promise) {
        const carved = lease.then((got) => {
          part.lease = got;
        });
        carving = [...(carving ?? []), carved];
      } else part.lease = lease;
    }
    return carving === undefined ? undefined : Promise.all(carving);
  }

  /** Sends a reservation as it was carved. What the answer leaves unused is back in its leases. */
  async #send(attempt: Attempt, command: Reserve): Promise<Reserved | LeaseLost> {
    const { attempt_id } = command.intent;
    const { parts, at } = attempt;
    const direct = parts.filter(({ lease }) => lease === undefined);
    const crowded = direct.find(({ block }) => block.direct >= this.#settings.directMax);
    if (crowded?.block.balance !== undefined && !attempt.isUncertain) {
      this.counts.tail += 1;
      this.#undo(parts);
      this.#attempts.delete(attempt_id);
      return { kind: 'refused', blocking: [crowdedOut(crowded)] };
    }
    const answer = await this.#ask(attempt, command, direct);
    if (answer.kind === 'held') {
      attempt.isUncertain = false;
      this.#figures.forgetUntold(parts, answer.states);
      return { kind: 'held', states: await this.#figures.told(parts, answer.states, at) };
    }
    if (answer.kind === 'duplicate' && attempt.isUncertain) return answer;
    if (answer.kind === 'lease_lost') for (const id of answer.lease_ids) this.#desk.lost(id);
    this.#undo(parts);
    if (answer.kind === 'lease_lost') return answer;
    this.#attempts.delete(attempt_id);
    if (answer.kind !== 'refused') return answer;
    const { blocking } = answer;
    return { kind: 'refused', blocking: blocking.map((one) => this.#figures.blocking(one, parts)) };
  }

  async #ask(
    attempt: Attempt,
    command: Reserve,
    direct: readonly Part[],
  ): Promise<Reserved | LeaseLost> {
    const leased = attempt.leased();
    if (direct.length > 0 || leased.length === 0) this.counts.direct += 1;
    for (const { block } of direct) block.direct += 1;
    try {
      if (leased.length === 0) return await this.#inner.reserve(command);
      return await this.#inner.reserveLeased({ ...command, leased });
    } catch (error) {
      attempt.isUncertain = true;
      throw error;
    } finally {
      for (const { block } of direct) block.direct -= 1;
    }
  }

  #undo(parts: readonly Part[]): void {
    for (const { lease, amount } of parts) if (lease !== undefined) this.#desk.leave(lease, amount);
  }

  /** Whether this is the end of an attempt: of several that are told at once, one. */
  #ends(attemptId: string, attempt: Attempt): boolean {
    if (this.#attempts.get(attemptId) !== attempt) return false;
    return this.#attempts.delete(attemptId);
  }

  async #settle(attempt: Attempt, command: Settle): Promise<Settled> {
    const { entry, postings } = command;
    if (attempt.isExceededBy(postings)) {
      const others = this.#known.covering(entry).filter((known) => !attempt.asked(known));
      await this.#desk.makeRoom(others, postings);
    }
    const leased = attempt.spend(postings);
    const isFirst = attempt.settlements === 1;
    const settled = await (leased.length === 0
      ? this.#inner.settle(command)
      : this.#inner.settleLeased({ ...command, leased }));
    if (!this.#ends(entry.attempt_id, attempt)) return settled;
    const { parts } = attempt;
    // Told again of what an earlier try has written, it was written with the same parts.
    if (settled.kind === 'settled' || (settled.kind === 'already' && !isFirst)) {
      for (const part of parts) this.#spent(part, postings);
    } else {
      for (const part of parts) this.#desk.abandonPart(part);
      this.#figures.unknow(this.#known.covering(entry));
    }
    this.#withdrawn(settled);
    if (settled.kind !== 'settled') return settled;
    const states = await this.#figures.told(parts, settled.states, attempt.at);
    return { ...settled, states };
  }

  #spent(part: Part, postings: Postings): void {
    const { block, from, spent, rest } = part;
    if (from === undefined) return;
    this.#desk.leave(from, rest);
    if (block.balance === undefined) return;
    const { budget } = block.known;
    block.balance = settleHold(budget, block.balance, spent, postings[budget.limit.unit]);
  }

  /** Of another process, or of one that was recovered: the store knows what it has of leases. */
  async #settleUnknown(command: Settle): Promise<Settled> {
    const { entry, postings } = command;
    await this.#desk.makeRoom(this.#known.covering(entry), postings);
    const settled = await this.#inner.settle(command);
    this.#withdrawn(settled);
    if (settled.kind === 'settled') {
      const parts = this.#attempts.get(entry.attempt_id)?.parts ?? [];
      this.#attempts.delete(entry.attempt_id);
      for (const part of parts) this.#desk.abandonPart(part);
      return { ...settled, states: this.#figures.noted(settled.states) };
    }
    if (settled.kind === 'corrected') this.#figures.unknow(this.#known.covering(entry));
    return settled;
  }

  /** A withdrawal takes out of balances of which the answer need not tell. */
  #withdrawn(settled: Settled): void {
    if (!('withdrew' in settled) || settled.withdrew === undefined) return;
    this.#figures.unknow(this.#known.covering(settled.withdrew));
  }

  /** Changes a budget. What this process has leased of it and does not use goes back first. */
  async #change<T>(budgetId: string, change: () => Promise<T>): Promise<T> {
    const known = this.#known.get(budgetId);
    if (known === undefined) return change();
    known.changing += 1;
    try {
      known.givingBack = this.#desk.giveBackOf(known);
      await known.givingBack;
      return await change();
    } finally {
      known.changing -= 1;
    }
  }
}
