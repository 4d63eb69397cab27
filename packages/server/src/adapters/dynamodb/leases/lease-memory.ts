/**
 * The leases that instances of this process have, so that a hold out of one need not read it. A
 * lease is lost with the epoch under which it was taken: whoever fenced the instance has ended it.
 */
import type { Lanes } from '../groups/lanes.ts';

/** What has to be known of a lease to hold out of it. */
export interface KnownLease {
  readonly lease_id: string;
  readonly instance_id: string;
  readonly epoch: number;
  readonly budget_id: string;
  readonly window_start: number;
  /** Of which making of the budget. */
  readonly since_rev: number;
}

export class LeaseMemory {
  readonly #leases = new Map<string, KnownLease>();
  readonly #epochs = new Map<string, number>();

  /**
   * The lanes, watched: what they say is the epoch of an instance is never older than that under
   * which a transaction acts that is decided afterwards.
   */
  watching(lanes: Lanes): Lanes {
    return {
      count: lanes.count,
      open: async (instanceId) => {
        const epoch = await lanes.open(instanceId);
        if (epoch !== undefined) this.#epochs.set(instanceId, epoch);
        return epoch;
      },
      lost: (instanceId, epoch) => lanes.lost(instanceId, epoch),
    };
  }

  /** The epoch of an instance as it was last told. */
  epochOf(instanceId: string): number {
    return this.#epochs.get(instanceId) ?? 0;
  }

  /** A lease that its instance still has, as far as is known here. */
  get(leaseId: string): KnownLease | undefined {
    const lease = this.#leases.get(leaseId);
    return lease?.epoch === this.epochOf(lease?.instance_id ?? '') ? lease : undefined;
  }

  took(lease: KnownLease): void {
    this.#leases.set(lease.lease_id, lease);
  }

  ended(leaseId: string): void {
    this.#leases.delete(leaseId);
  }
}
