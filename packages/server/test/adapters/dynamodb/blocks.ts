/** The leases of one process in a test, and what of them is unused: the least that one can do. */
import { StoreUnavailable } from '../../../src/ports/ledger-store.ts';
import type { LeasedPart, LeaseName, LeasingLedger } from '../../../src/ports/leasing-ledger.ts';

interface Block {
  readonly lease: LeaseName;
  unused: bigint;
}

/** What is taken beyond what is asked for. */
const MORE = 30n;

export class Blocks {
  readonly #instanceId: string;
  readonly #blocks = new Map<string, Block>();
  /** One at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #leases = 0;
  /** How often something came out of a lease. */
  carved = 0;

  constructor(instanceId: string) {
    this.#instanceId = instanceId;
  }

  /** Takes an amount out of a lease; undefined: there is none for it. */
  carve(
    ledger: LeasingLedger,
    budgetId: string,
    at: number,
    amount: bigint,
  ): Promise<LeasedPart | undefined> {
    const carved = this.#turn.then(() => this.#carve(ledger, budgetId, at, amount));
    this.#turn = carved.catch(() => undefined);
    return carved;
  }

  giveBack(part: LeasedPart | undefined, amount: bigint): void {
    const block = part && this.#blocks.get(part.budget_id);
    if (block !== undefined && block.lease.lease_id === part?.lease_id) block.unused += amount;
  }

  lost(part: LeasedPart | undefined): void {
    if (part === undefined) return;
    const block = this.#blocks.get(part.budget_id);
    if (block?.lease.lease_id === part.lease_id) this.#blocks.delete(part.budget_id);
  }

  async #carve(
    ledger: LeasingLedger,
    budget_id: string,
    at: number,
    amount: bigint,
  ): Promise<LeasedPart | undefined> {
    const before = this.#blocks.get(budget_id);
    const block = before !== undefined && before.unused >= amount ? before : undefined;
    const grown = block ?? (await this.#take(ledger, budget_id, at, amount));
    if (grown === undefined) return undefined;
    grown.unused -= amount;
    this.carved += 1;
    return { ...grown.lease, amount };
  }

  async #take(
    ledger: LeasingLedger,
    budget_id: string,
    at: number,
    amount: bigint,
  ): Promise<Block | undefined> {
    const before = this.#blocks.get(budget_id);
    const lease_id = before?.lease.lease_id ?? `${this.#instanceId}-${(this.#leases += 1)}`;
    try {
      const taken = await ledger.takeLease({
        instance_id: this.#instanceId,
        lease_id,
        grows: before !== undefined,
        budget_id,
        at,
        wanted: amount + MORE,
        least: amount,
      });
      if (taken.kind === 'refused') return undefined;
      if (taken.kind === 'gone') {
        this.#blocks.delete(budget_id);
        return undefined;
      }
      const block = this.#blocks.get(budget_id) ?? { lease: taken.lease, unused: 0n };
      if (block.lease.lease_id !== lease_id) return undefined;
      block.unused += taken.amount;
      this.#blocks.set(budget_id, block);
      return block;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#blocks.delete(budget_id);
      return undefined;
    }
  }
}
