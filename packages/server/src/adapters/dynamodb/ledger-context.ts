/** What the commands of the ledger are decided by besides items, all of it in memory. */
import type { Definitions } from './budgets/definitions.ts';
import type { IntentGroups } from './instances/intent-groups.ts';
import type { LeaseMemory } from './leases/lease-memory.ts';
import type { WritingMemory } from './entries/line-writing.ts';

export interface LedgerContext {
  readonly definitions: Definitions;
  readonly writing: WritingMemory;
  readonly groups: IntentGroups;
  readonly leases: LeaseMemory;
  /** The newest revision of the catalogue that is known here. */
  readonly catalogRevision: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Seconds since the epoch, so many seconds from now: when an item may go. */
export const ttlIn = ({ now }: LedgerContext, seconds: number): number =>
  Math.ceil(now() / 1_000) + seconds;
