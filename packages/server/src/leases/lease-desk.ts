/**
 * Takes leases and gives them back: the only one that asks the store for either. At most one take
 * is under way for a window of a budget; whoever comes meanwhile waits in line for it.
 */
import { leaseSize, sameKind, unhold, type LeaseDemand, type Postings } from '@tollkeeper/core';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { LeasingLedger, TakenLease } from '../ports/leasing-ledger.ts';
import type { BudgetState } from '../ports/ledger-store.ts';
import type { Part } from './attempt.ts';
import type { Block, Waiter } from './block.ts';
import type { KnownBudget } from './known-budgets.ts';
import type { LeaseCounts } from './lease-counts.ts';
import { atLeast, Lease } from './lease.ts';
import type { LeaseSettings } from './lease-settings.ts';
import { endStrays } from './stray-leases.ts';

export interface LeaseDeskParts {
  readonly inner: LeasingLedger;
  readonly instanceId: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: LeaseSettings;
  readonly counts: LeaseCounts;
  /** A budget turned out to be another than the one that was known. */
  readonly learn: (state: BudgetState) => void;
  /** A budget turned out not to be there. */
  readonly forget: (block: Block) => void;
}

/** What became of a take: `again` when a lease turned out to be lost, and a new one may be had. */
type Outcome = 'taken' | 'none' | 'again';

export class LeaseDesk {
  readonly #parts: LeaseDeskParts;
  /** Live leases, by id. */
  readonly #live = new Map<string, Block>();
  /** Leases being made, and those of which nobody knows what they have; by id. */
  readonly #making = new Set<string>();
  readonly #leaving = new Map<string, Lease>();
  /** Of those, the ones whose end is on its way. */
  readonly #ending = new Set<Lease>();
  readonly #serving = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #lookForStraysAt = 0;
  /** Until then there may be strays, by the monotonic clock. */
  #watchUntil = 0;
  /** Until then one that this process has never seen may turn up: its take was not answered. */
  #unseenUntil = 0;
  #closed = false;

  constructor(parts: LeaseDeskParts) {
    this.#parts = parts;
  }

  /** Leases that this process has, and one more while there may be one that it has not seen. */
  get size(): number {
    const mayTurnUp = this.#parts.clock.monotonic() < this.#unseenUntil;
    return this.#live.size + this.#leaving.size + (mayTurnUp ? 1 : 0);
  }

  /**
   * The lease out of which an amount was carved; a promise of it when the store has to be asked;
   * undefined when the budget has to be asked directly. Never rejects.
   */
  carve(
    block: Block,
    amount: bigint,
    at: number,
    now: number,
  ): Lease | Promise<Lease | undefined> | undefined {
    const { known, lease, waiters } = block;
    if (known.changing > 0) return known.givingBack?.then(() => undefined);
    if (waiters.length === 0 && lease?.has(amount) === true) {
      lease.carve(amount, now);
      return lease;
    }
    if (this.#closed || waiters.length >= this.#parts.settings.waitingMax) return undefined;
    if (lease === undefined && (block.isNew || block.isOver(this.#parts.clock.now())))
      return undefined;
    if (this.#wanted(block, amount, now) === 0n) return undefined;
    return new Promise((resolve) => {
      waiters.push({ amount, at, resolve });
      if (block.taking === undefined) this.#start(block);
    });
  }

  /** A user of a lease is over, and leaves an amount in it. */
  leave(lease: Lease, amount: bigint): void {
    lease.leave(amount);
    if (lease.standing === 'leaving') void this.#end(lease);
  }

  /** Nobody knows any more what the store has for this lease: it is only wound down. */
  doubt(lease: Lease): void {
    if (lease.standing !== 'live') return;
    this.#parts.counts.doubted += 1;
    void this.#windDown(lease);
  }

  /** The store has no lease of this id. */
  lost(leaseId: string): void {
    const block = this.#live.get(leaseId);
    if (block?.lease === undefined) return;
    this.#parts.counts.lost += 1;
    block.lease.standing = 'over';
    this.#detach(block.lease);
  }

  /** Winds a window down that is no window of its budget any more. */
  abandon(block: Block): void {
    if (block.lease !== undefined) void this.#windDown(block.lease);
  }

  /** Ends the leases of an instance. Ours are lost, but for those taken under a new name. */
  async endLeases(instanceId: string): Promise<void> {
    const { inner, instanceId: own } = this.#parts;
    const before = [...this.#live.keys(), ...this.#leaving.keys()];
    await inner.endLeases(instanceId);
    if (instanceId !== own) return;
    const left = new Set((await inner.leases(own)).map(({ lease_id }) => lease_id));
    for (const leaseId of before.filter((id) => !left.has(id))) {
      this.lost(leaseId);
      const lease = this.#leaving.get(leaseId);
      if (lease !== undefined) this.#over(lease);
    }
  }

  /**
   * Gives back what is unused of a window but for `keep`; the lease ends when nobody uses it.
   * Resolves when the store has it, or when that is not known.
   */
  async giveBack(block: Block, keep = 0n): Promise<void> {
    const { lease } = block;
    if (lease === undefined) return;
    const amount = lease.available - keep;
    const ends = lease.users === 0 && keep === 0n && block.taking === undefined;
    if (amount <= 0n && !ends) return;
    const { inner, instanceId, counts } = this.#parts;
    lease.available -= amount;
    if (ends) {
      lease.standing = 'leaving';
      this.#detach(lease);
      this.#leaving.set(lease.lease_id, lease);
    }
    try {
      await inner.returnLease({ ...lease.part(amount), instance_id: instanceId, ends });
      counts.returned += 1;
      if (block.balance !== undefined) block.balance = unhold(block.balance, amount);
      if (ends) this.#over(lease);
    } catch {
      // A lease that was to end is ended by the next round.
      if (!ends) this.doubt(lease);
    }
  }

  /** Somebody else has ended the attempt, in a way of which leases know nothing. */
  abandonPart({ lease, from }: Part): void {
    for (const each of new Set([lease, from])) {
      if (each === undefined) continue;
      this.doubt(each);
      this.leave(each, 0n);
    }
  }

  /** Before something is posted beside all leases: no excess is named while a lease has room. */
  async makeRoom(budgets: readonly KnownBudget[], postings: Postings): Promise<void> {
    for (const known of budgets) {
      const { limit, mode } = known.budget;
      if (mode === 'warn' || postings[limit.unit].amount <= 0n) continue;
      for (const block of known.blocks.values()) {
        const isEmpty = block.lease === undefined || block.lease.available === 0n;
        if (!isEmpty && block.lacks(postings[limit.unit].amount)) await this.giveBack(block);
      }
    }
  }

  /** Gives back what is unused of a budget, also of what is just being taken. */
  async giveBackOf({ blocks }: KnownBudget): Promise<void> {
    for (const block of blocks.values()) {
      await block.taking;
      await this.giveBack(block);
    }
  }

  /** Gives everything back that nobody uses at the moment. */
  async giveBackAll(): Promise<void> {
    await Promise.all(this.#serving);
    await Promise.all([...this.#live.values()].map((block) => this.giveBack(block)));
  }

  /** Gives everything back that nobody uses; no lease is taken any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.giveBackAll();
    await Promise.all([...this.#leaving.values()].map((lease) => this.#end(lease)));
  }

  #start(block: Block): void {
    const serving = this.#serve(block).finally(() => this.#serving.delete(serving));
    block.taking = serving;
    this.#serving.add(serving);
  }

  /** Serves those who wait, until nobody does. */
  async #serve(block: Block): Promise<void> {
    while (block.waiters.length > 0) {
      const outcome = await this.#take(block);
      if (outcome === 'again') continue;
      const now = this.#parts.clock.monotonic();
      const left: Waiter[] = [];
      for (const waiter of block.waiters.splice(0)) {
        const { lease } = block;
        // In order: nobody passes one that waits for more.
        if (left.length === 0 && lease?.has(waiter.amount) === true) {
          lease.carve(waiter.amount, now);
          waiter.resolve(lease);
        } else if (outcome === 'none') {
          waiter.resolve(block.known.givingBack?.then(() => undefined));
        } else left.push(waiter);
      }
      block.waiters.unshift(...left);
    }
    // In the step in which nobody waits: whoever comes after it is not left to wait for nobody.
    block.taking = undefined;
  }

  async #take(block: Block): Promise<Outcome> {
    const { inner, instanceId, clock, ids } = this.#parts;
    const [first] = block.waiters;
    if (first === undefined || block.known.changing > 0) return 'none';
    if (block.lease?.has(first.amount) === true) return 'taken';
    const now = clock.monotonic();
    const { budget_id } = block.known.budget;
    const grows = block.lease !== undefined;
    const name = { lease_id: ids.uuid(), budget_id, window_start: block.windowStart };
    const lease = block.lease ?? new Lease(name, now);
    const all = block.waiters.reduce((sum, { amount }) => sum + amount, 0n);
    const least = atLeast(first.amount - lease.available, 1n);
    const wanted = atLeast(atLeast(all - lease.available, least), this.#size(block, now));
    const { lease_id } = lease;
    this.#making.add(lease_id);
    let taken: TakenLease | undefined;
    try {
      taken = await inner.takeLease({
        ...{ instance_id: instanceId, lease_id, budget_id, at: first.at, wanted, least, grows },
      });
    } catch {
      this.#parts.counts.doubted += 1;
    }
    this.#making.delete(lease_id);
    this.#watch();
    if (taken !== undefined) return this.#taken(block, lease, taken, grows);
    // Not at once: what was not answered may still be on its way.
    this.#retire(lease);
    this.#unseenUntil = this.#watchUntil;
    return 'none';
  }

  async #taken(block: Block, lease: Lease, taken: TakenLease, grows: boolean): Promise<Outcome> {
    if (taken.kind === 'refused') {
      this.#note(block, taken.blocking.budget, taken.blocking.balance);
      return 'none';
    }
    if (taken.kind === 'gone') {
      if (grows) {
        this.lost(lease.lease_id);
        return 'again';
      }
      this.#parts.forget(block);
      return 'none';
    }
    const { state, amount } = taken;
    this.#parts.counts.taken += 1;
    lease.available += amount;
    const isSame = sameKind(state.budget, block.known.budget);
    // Given up in the meantime, or a budget that is another by now.
    if (lease.standing !== 'live' || !isSame || state.window_start !== block.windowStart) {
      if (!isSame) this.#parts.learn({ ...state, balance: unhold(state.balance, amount) });
      await this.#windDown(lease);
      return 'none';
    }
    this.#note(block, state.budget, state.balance);
    block.lease = lease;
    this.#live.set(lease.lease_id, block);
    return 'taken';
  }

  #note(block: Block, budget: BudgetState['budget'], balance: BudgetState['balance']): void {
    if (!sameKind(budget, block.known.budget)) return;
    block.known.budget = budget;
    block.balance = balance;
  }

  /** What a caller makes this process ask for; nothing when it cannot be had or is not worth it. */
  #wanted(block: Block, amount: bigint, now: number): bigint {
    const available = block.lease?.available ?? 0n;
    const size = this.#size(block, now);
    if (size === 0n && available === 0n) return 0n;
    const missing = atLeast(amount - available, 1n);
    const { free } = block;
    if (free !== null && free < missing) return 0n;
    return atLeast(missing, size);
  }

  #size(block: Block, now: number): bigint {
    const { settings } = this.#parts;
    const recent = block.known.demand.recent(now);
    const demand: LeaseDemand = { ...recent, free: block.free };
    return (settings.size ?? leaseSize)(demand, settings);
  }

  /** Resolves when it has ended, if nobody uses it. */
  #windDown(lease: Lease): Promise<void> {
    this.#retire(lease);
    return this.#end(lease);
  }

  /** Nothing more comes out of it; it is ended with the next look, or with its last user. */
  #retire(lease: Lease): void {
    if (lease.standing === 'over') return;
    lease.standing = 'leaving';
    this.#detach(lease);
    this.#leaving.set(lease.lease_id, lease);
    this.#watch();
  }

  #detach(lease: Lease): void {
    const block = this.#live.get(lease.lease_id);
    if (block?.lease === lease) block.lease = undefined;
    this.#live.delete(lease.lease_id);
  }

  #over(lease: Lease): void {
    lease.standing = 'over';
    this.#leaving.delete(lease.lease_id);
  }

  /** Ends a lease that is leaving, unless it is still used. What fails is tried again. */
  async #end(lease: Lease): Promise<void> {
    const isUsed = lease.users > 0 || this.#making.has(lease.lease_id);
    if (isUsed || lease.standing !== 'leaving' || this.#ending.has(lease)) return;
    const { inner, instanceId, counts } = this.#parts;
    this.#ending.add(lease);
    try {
      await inner.returnLease({ ...lease.part(0n), instance_id: instanceId, ends: true });
      counts.returned += 1;
      this.#over(lease);
    } catch {
      this.#watch();
    } finally {
      this.#ending.delete(lease);
    }
  }

  /** Looks after leases from time to time while there are any, and for a while longer. */
  #watch(): void {
    const { clock, settings } = this.#parts;
    this.#watchUntil = clock.monotonic() + 2 * settings.strayMs;
    if (this.#closed) return;
    this.#timer ??= clock.after(settings.idleMs / 2, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const { clock, settings } = this.#parts;
    const now = clock.monotonic();
    for (const block of this.#live.values()) this.#tidy(block, now);
    for (const lease of this.#leaving.values()) void this.#end(lease);
    if (now >= this.#lookForStraysAt) {
      this.#lookForStraysAt = now + settings.strayMs;
      void this.#endStrays();
    }
    if (this.size > 0) this.#watch();
    else if (now < this.#watchUntil) {
      this.#timer = clock.after(settings.idleMs / 2, () => this.#look());
    }
  }

  /** Gives back what is idle, of a window that is over, or far more than is used. */
  #tidy(block: Block, now: number): void {
    const { lease } = block;
    if (lease === undefined) return;
    const { clock, settings } = this.#parts;
    if (block.isOver(clock.now()) || now - lease.usedAt >= settings.idleMs) {
      return void this.giveBack(block);
    }
    const used = atLeast(this.#size(block, now), block.known.demand.recent(now).amount);
    if (lease.available > 2n * used) void this.giveBack(block, used);
  }

  async #endStrays(): Promise<void> {
    const { inner, instanceId, counts } = this.#parts;
    const ended = await endStrays(inner, instanceId, (leaseId) =>
      [this.#live, this.#leaving, this.#making].some((known) => known.has(leaseId)),
    );
    counts.returned += ended;
  }
}
