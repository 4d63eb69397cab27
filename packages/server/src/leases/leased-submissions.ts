/**
 * Submissions take what they post out of leases, as far as something is unused there: no excess is
 * named while a lease of this process has room.
 */
import { post, unhold } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import type { LeaseLost, LeasingLedger } from '../ports/leasing-ledger.ts';
import type { Recorded, RecordEntry } from '../ports/ledger-store.ts';
import { partOf, ROUNDS_MAX, unitOf, type Part } from './attempt.ts';
import type { Figures } from './figures.ts';
import type { KnownBudgets } from './known-budgets.ts';
import type { LeaseDesk } from './lease-desk.ts';

export interface LeasedSubmissionsParts {
  readonly inner: LeasingLedger;
  readonly clock: Clock;
  readonly known: KnownBudgets;
  readonly desk: LeaseDesk;
  readonly figures: Figures;
}

export class LeasedSubmissions {
  readonly #parts: LeasedSubmissionsParts;

  constructor(parts: LeasedSubmissionsParts) {
    this.#parts = parts;
  }

  /** Undefined: nothing was done, since there is nothing unused. */
  async record(command: RecordEntry): Promise<Recorded | undefined> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const parts = this.#carveUnused(command);
      if (parts.length === 0) return undefined;
      const recorded = await this.#recordLeased(command, parts);
      if (recorded.kind !== 'lease_lost') return recorded;
    }
    return undefined;
  }

  /** What a submission posts, as far as there is something unused in leases. */
  #carveUnused({ entry, postings, at }: RecordEntry): Part[] {
    const parts: Part[] = [];
    const now = this.#parts.clock.monotonic();
    for (const known of this.#parts.known.covering(entry)) {
      const block = known.blockAt(at);
      const { amount } = postings[unitOf(block)];
      if (amount <= 0n || block.lease?.has(1n) !== true) continue;
      const { lease } = block;
      const part = partOf(block, amount < lease.available ? amount : lease.available);
      known.demand.add(amount, now);
      lease.carve(part.amount, now);
      part.lease = lease;
      parts.push(part);
    }
    return parts;
  }

  async #recordLeased(command: RecordEntry, parts: readonly Part[]): Promise<Recorded | LeaseLost> {
    const leased = parts.flatMap(({ lease, amount }) => lease?.part(amount) ?? []);
    let recorded: Recorded | LeaseLost;
    try {
      recorded = await this.#parts.inner.recordLeased({ ...command, leased });
    } catch (error) {
      for (const part of parts) this.#parts.desk.abandonPart(part);
      throw error;
    }
    if (recorded.kind !== 'recorded') {
      if (recorded.kind === 'lease_lost')
        for (const id of recorded.lease_ids) this.#parts.desk.lost(id);
      for (const { lease, amount } of parts) {
        if (lease !== undefined) this.#parts.desk.leave(lease, amount);
      }
      return recorded;
    }
    for (const { block, lease, amount } of parts) {
      if (lease !== undefined) this.#parts.desk.leave(lease, 0n);
      if (block.balance === undefined) continue;
      const { budget } = block.known;
      const posting = command.postings[budget.limit.unit];
      block.balance = post(budget, unhold(block.balance, amount), posting, 'submitted');
    }
    const states = await this.#parts.figures.told(parts, recorded.states, command.at);
    return { ...recorded, states };
  }
}
