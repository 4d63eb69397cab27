/** What an item is, by its key: how the work of the store is counted. */
import type { ItemKey, Write } from './items.ts';
import { BALANCE_SORT } from './keys.ts';

/** In the order in which they are shown. */
export const ITEM_KINDS = [
  'intent',
  'settlement',
  'entry',
  'log',
  'known_as',
  'intent_group',
  'lane',
  'balance',
  'lease',
  'line',
  'definition',
  'revisions',
  'heartbeat',
  'catalogue',
  'audit',
  'refusal',
  'day',
  'archive',
  'rate',
  'other',
] as const;
export type ItemKind = (typeof ITEM_KINDS)[number];

/** By what comes before the first `#` of a partition. */
const BY_PARTITION: Readonly<Record<string, ItemKind>> = {
  E: 'entry',
  W: 'log',
  WRITERS: 'log',
  K: 'known_as',
  L: 'line',
  X: 'line',
  O: 'definition',
  B: 'definition',
  BUDGETORGS: 'definition',
  BUDGETCHANGES: 'definition',
  INSTANCES: 'heartbeat',
  C: 'catalogue',
  P: 'catalogue',
  AUDIT: 'audit',
  R: 'refusal',
  REFUSALDAYS: 'refusal',
  D: 'day',
  DAY: 'day',
  DAYS: 'day',
  COPIES: 'archive',
  Z: 'archive',
  REMOVED: 'archive',
  RW: 'rate',
  RP: 'rate',
  RI: 'rate',
  RATEHOLDERS: 'rate',
  CALLS: 'known_as',
};

/** What a part of a transaction is about. */
export function kindOf(write: Write): ItemKind {
  const { pk, sk }: ItemKey = write.op === 'put' ? write.item : write.key;
  const [partition = ''] = pk.split('#', 1);
  // An attempt is one item: its intent, and after that what says where it ended.
  if (partition === 'A') {
    return write.op === 'put' && write.item.intent !== undefined ? 'intent' : 'settlement';
  }
  if (partition === '$') return sk === BALANCE_SORT ? 'balance' : 'lease';
  if (partition === 'META') return sk === 'REVISIONS' ? 'revisions' : 'other';
  if (partition === 'I') {
    if (sk.startsWith('LANE#')) return 'lane';
    return sk.startsWith('GROUP#') ? 'intent_group' : 'lease';
  }
  return BY_PARTITION[partition] ?? 'other';
}
