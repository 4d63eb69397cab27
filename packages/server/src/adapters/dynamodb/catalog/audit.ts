/** Reads the audit log, newest first. Records are written by `raiseRevisions`. */
import {
  isAuditAsked,
  type AuditPage,
  type AuditQuery,
  type AuditRecord,
} from '../../../ports/audit.ts';
import { itemPages } from '../items/item-pages.ts';
import type { Items } from '../items/items.ts';
import { fromJsonAttribute } from '../items/json-attribute.ts';
import { AUDIT_PARTITION, auditSort } from '../items/keys.ts';

interface Numbered {
  readonly record: AuditRecord;
  readonly number: number;
}

/** One page of records. */
export async function auditPage(items: Items, query: AuditQuery): Promise<AuditPage> {
  const found: Numbered[] = [];
  for await (const numbered of records(items, query)) {
    found.push(numbered);
    if (found.length > query.limit) break;
  }
  const shown = found.slice(0, query.limit);
  const more = found.length > shown.length;
  return {
    records: shown.map(({ record }) => record),
    next_cursor: more ? String(shown.at(-1)?.number) : null,
  };
}

async function* records(items: Items, query: AuditQuery): AsyncGenerator<Numbered> {
  const before = query.cursor === undefined ? {} : { to: auditSort(Number(query.cursor) - 1) };
  const pages = itemPages(items, { pk: AUDIT_PARTITION, ...before, descending: true });
  for await (const page of pages) {
    for (const item of page) {
      const record = fromJsonAttribute<AuditRecord>(item);
      if (isAuditAsked(record, query)) yield { record, number: Number(item.number) };
    }
  }
}
