/**
 * Registers of days: items that say that there may be something of a day. They are written (`set`)
 * with what they tell of, in the same transaction. One is removed only when nothing is left of its
 * day, and then in two steps, so that whoever writes for that day meanwhile keeps it: it is marked,
 * the day is looked at again, and it goes if it still has this mark.
 */
import type { ItemKey } from '../items/items.ts';
import { dayOf } from '../items/keys.ts';
import type { Transactions } from '../groups/transactions.ts';

const DAY_MS = 86_400_000;

/** Only days longer ago than this are removed from a register. */
export const UNREGISTER_AFTER_MS = 8 * DAY_MS;

/**
 * Whether a process may remember that it has written a day, and spare itself writing it again:
 * never of a day that somebody might remove.
 */
export function mayRememberDay(day: string, now: number): boolean {
  return day >= dayOf(now - UNREGISTER_AFTER_MS / 2);
}

/** Removes the item of a day if `isEmpty` then finds nothing of it. `mark` is nobody else's. */
export async function unregisterDay(
  transactions: Transactions,
  key: ItemKey,
  mark: string,
  isEmpty: () => Promise<boolean>,
): Promise<void> {
  await transactions.run({
    kind: 'other',
    decide(view) {
      const item = view.get(key);
      if (item === undefined) return;
      const { pk: _pk, sk: _sk, v: _v, ...attributes } = item;
      view.put(key, { ...attributes, closing: mark });
    },
  });
  if (!(await isEmpty())) return;
  await transactions.run({
    kind: 'other',
    decide(view) {
      if (view.get(key)?.closing === mark) view.delete(key);
    },
  });
}
