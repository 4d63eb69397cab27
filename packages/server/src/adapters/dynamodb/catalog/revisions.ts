/**
 * The one item by which everybody learns of changes: the revision of the catalogue, that of
 * budgets, and the number of the last audit record.
 */
import type { AuditRecord } from '../../../ports/audit.ts';
import type { Item } from '../items/items.ts';
import { toJsonAttribute } from '../items/json-attribute.ts';
import { AUDIT_PARTITION, auditIdKey, auditSort, REVISIONS } from '../items/keys.ts';
import type { View } from '../groups/transactions.ts';

export interface Revisions {
  readonly catalog: number;
  readonly budgets: number;
  /** Number of the last audit record. */
  readonly audit: number;
}

/** What the item says; all 0 before the first change. */
export function revisionsOf(item: Item | undefined): Revisions {
  return {
    catalog: Number(item?.catalog ?? 0),
    budgets: Number(item?.budgets ?? 0),
    audit: Number(item?.audit ?? 0),
  };
}

/** What a change raises. */
export interface Raise {
  readonly catalog?: boolean;
  readonly budgets?: boolean;
  /** Kept as the next audit record, unless one of its id has been kept before. */
  readonly audit?: AuditRecord | undefined;
}

/**
 * Raises revisions inside a command, and keeps its audit record. Returns what they are then, or
 * undefined when nothing was to be raised.
 */
export function raiseRevisions(view: View, raise: Raise): Revisions | undefined {
  const record = raise.audit;
  const isKept = record === undefined || view.get(auditIdKey(record.audit_id)) !== undefined;
  if (raise.catalog !== true && raise.budgets !== true && isKept) return undefined;
  const before = revisionsOf(view.get(REVISIONS));
  const revisions = {
    catalog: before.catalog + (raise.catalog === true ? 1 : 0),
    budgets: before.budgets + (raise.budgets === true ? 1 : 0),
    audit: before.audit + (isKept ? 0 : 1),
  };
  if (!isKept) {
    view.put(auditIdKey(record.audit_id), { number: revisions.audit });
    const key = { pk: AUDIT_PARTITION, sk: auditSort(revisions.audit) };
    view.create(key, { number: revisions.audit, ...toJsonAttribute(record) });
  }
  view.put(REVISIONS, { ...revisions });
  return revisions;
}
