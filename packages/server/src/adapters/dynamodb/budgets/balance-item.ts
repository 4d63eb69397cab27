/**
 * The items of a budget's window: its balance, and the leases that instances have of it.
 *
 * What leases were granted counts as held in the balance. A settlement out of a lease changes the
 * lease alone (`spent`); the balance learns of it when the lease is taken, returned or ended. So
 * what is true of a window is the balance and all its leases together: see `shownBalance`.
 */
import { EMPTY_BALANCE } from '@tollkeeper/core';
import type { Balance, Excess, Posting } from '@tollkeeper/core';
import { amountOf, textOf } from '../items/attribute-values.ts';
import type { Item } from '../items/items.ts';
import type { Attributes } from '../groups/transactions.ts';

/** The balance of a window as it is kept. */
export interface StoredBalance {
  /** Leases are held in full here; what was spent out of them is not posted yet. */
  readonly balance: Balance;
  /** Which making of the budget it belongs to; that of another making counts as none. */
  readonly since_rev: number;
  /** The newest definition that it has been changed by. */
  readonly rev: number;
  /**
   * Set while it is being summed up: entries and intents of earlier revisions than this one are
   * not in it yet, those of this and later ones are.
   */
  readonly seeding: number | null;
  /** It was summed up once: what came before the budget was made is in it. */
  readonly seeded: boolean;
  /** Leases that have not ended. */
  readonly leases: number;
}

/** A lease as it is kept. */
export interface StoredLease {
  readonly lease_id: string;
  readonly instance_id: string;
  readonly since_rev: number;
  /** What the balance holds for it. */
  readonly granted: bigint;
  /** What of that was posted, and is not in the balance yet. */
  readonly spent: Posting;
}

const CAUSES = ['over_bound', 'submitted', 'correction', 'limit_lowered'] as const;

/** Zero is not written. */
const FIGURES = ['posted', 'ceiling', 'held', 'high_water'] as const;

export function balanceAttributes(stored: StoredBalance): Attributes {
  const { balance, since_rev, rev, seeding, seeded, leases } = stored;
  const figures: Record<string, string> = {};
  for (const name of FIGURES) if (balance[name] !== 0n) figures[name] = balance[name].toString();
  for (const name of CAUSES) {
    if (balance.excess[name] !== 0n) figures[name] = balance.excess[name].toString();
  }
  return {
    ...figures,
    since_rev,
    rev,
    ...(seeding === null ? {} : { seeding }),
    ...(seeded ? { seeded } : {}),
    ...(leases === 0 ? {} : { leases }),
  };
}

/** What the item `$#.../BALANCE` says. */
export function balanceOf(item: Item): StoredBalance {
  return {
    balance: {
      posted: amountOf(item.posted),
      ceiling: amountOf(item.ceiling),
      held: amountOf(item.held),
      high_water: amountOf(item.high_water),
      excess: excessOf(item),
    },
    since_rev: Number(item.since_rev),
    rev: Number(item.rev),
    seeding: item.seeding === undefined ? null : Number(item.seeding),
    seeded: item.seeded === true,
    leases: Number(item.leases ?? 0),
  };
}

/** A window of which nothing is written yet, and in which nothing has happened. */
export function emptyBalance(since_rev: number, rev: number): StoredBalance {
  return { balance: EMPTY_BALANCE, since_rev, rev, seeding: null, seeded: false, leases: 0 };
}

export function leaseAttributes(lease: StoredLease): Attributes {
  const { instance_id, since_rev, granted, spent } = lease;
  return {
    instance_id,
    since_rev,
    granted: granted.toString(),
    ...(spent.amount === 0n ? {} : { spent: spent.amount.toString() }),
    ...(spent.ceiling === 0n ? {} : { spent_ceiling: spent.ceiling.toString() }),
  };
}

/** What an item `$#.../LEASE#<lease id>` says. */
export function leaseOf(item: Item): StoredLease {
  return {
    lease_id: item.sk.slice('LEASE#'.length),
    instance_id: textOf(item.instance_id),
    since_rev: Number(item.since_rev),
    granted: amountOf(item.granted),
    spent: { amount: amountOf(item.spent), ceiling: amountOf(item.spent_ceiling) },
  };
}

/** The balance as a store shows it: what was spent out of leases is posted, and not held. */
export function shownBalance(stored: StoredBalance, leases: Iterable<StoredLease>): Balance {
  let { posted, ceiling, held } = stored.balance;
  for (const { since_rev, spent } of leases) {
    if (since_rev !== stored.since_rev) continue;
    posted += spent.amount;
    ceiling += spent.ceiling;
    held -= spent.amount;
  }
  return { ...stored.balance, posted, ceiling, held };
}

function excessOf(item: Item): Excess {
  return {
    over_bound: amountOf(item.over_bound),
    submitted: amountOf(item.submitted),
    correction: amountOf(item.correction),
    limit_lowered: amountOf(item.limit_lowered),
  };
}
