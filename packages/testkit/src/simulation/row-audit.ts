/**
 * Judges one window of a budget: its balance against what entries, open intents and leases make of
 * it, and against its limit.
 */
import type { RowFact } from './auditor.ts';
import type { BalanceFact, BudgetFact, LeaseFact } from './table-model.ts';

/** A budget's window, with what the auditor knows of it. */
export interface Row {
  readonly name: string;
  readonly budget_id: string;
  balance: BalanceFact | undefined;
  readonly leases: Map<string, LeaseFact>;
  /** What open intents hold directly. */
  readonly direct: Map<number, bigint>;
  /** The highest limit while this making of the budget had this balance. */
  limitMax: bigint;
  warned: boolean;
  making: number;
}

/** What all entries have posted to a budget's window. */
export interface Sum {
  posted: bigint;
  ceiling: bigint;
}

type Violated = (rule: string, what: string) => void;

/** As whoever asks is shown it; undefined: its figures are not whole, or of no budget. */
export function shownOf(row: Row, budget: BudgetFact | undefined): RowFact | undefined {
  const { balance, budget_id, name } = row;
  if (balance === undefined || budget === undefined) return undefined;
  if (balance.since_rev !== budget.since_rev || balance.seeding) return undefined;
  const { spent } = leasedIn(row, budget);
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

/**
 * A new limit is named in the window of its moment, and counts in all that come after; `limitRev`
 * is the revision that made it what it is.
 */
export function judgeLimit(
  { name, balance }: Row,
  { enforced, limit }: BudgetFact,
  limitRev: number,
  violated: Violated,
): void {
  if (balance === undefined || balance.rev < limitRev || !enforced) return;
  const over = balance.posted + balance.held - limit - balance.excess;
  if (over <= 0n) return;
  const what = `${name} is ${over} over its present limit and its excess`;
  violated('posted and held stay within the limit', what);
}

/** What a balance says is what there is. */
export function judgeSums(
  row: Row,
  budget: BudgetFact,
  { posted, ceiling }: Sum,
  violated: Violated,
): void {
  const { balance, name } = row;
  if (balance === undefined) return;
  const same = (figure: string, kept: bigint, reckoned: bigint): void => {
    if (kept === reckoned) return;
    const what = `${name}: ${figure} is ${kept}, entries, holds and leases make ${reckoned}`;
    violated('balances are what entries, holds and leases make', what);
  };
  const leased = leasedIn(row, budget);
  const held = (row.direct.get(budget.since_rev) ?? 0n) + leased.granted;
  same('posted', balance.posted + leased.spent, posted);
  same('ceiling', balance.ceiling + leased.spentCeiling, ceiling);
  same('held', balance.held, held);
}

/** Holds out of a lease are no more than it has. `parts`: what they are, by lease. */
export function judgeLeases(
  { name, leases, making }: Row,
  parts: ReadonlyMap<string, bigint>,
  violated: Violated,
): void {
  for (const { lease_id, granted, spent, ended, since_rev } of leases.values()) {
    if (since_rev !== making) continue;
    const held = parts.get(lease_id) ?? 0n;
    const left = ended ? 0n : granted - spent;
    if (held <= left) continue;
    violated('holds out of a lease stay within it', `${name} ${lease_id}: ${held} out of ${left}`);
  }
}

function leasedIn({ leases }: Row, { since_rev }: BudgetFact) {
  const sum = { granted: 0n, spent: 0n, spentCeiling: 0n };
  for (const lease of leases.values()) {
    if (lease.ended || lease.since_rev !== since_rev) continue;
    sum.granted += lease.granted;
    sum.spent += lease.spent;
    sum.spentCeiling += lease.spentCeiling;
  }
  return sum;
}
