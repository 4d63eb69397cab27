/** The audit log in SQLite: one row a record, numbered in the order of the commits. */
import type { DatabaseSync } from 'node:sqlite';
import type { AuditPage, AuditQuery, AuditRecord } from '../../ports/audit.ts';
import { conditionsOf, whereClause, type Narrowing } from './conditions.ts';

/**
 * Keeps a record inside the transaction that is open. A command that is repeated with the same id
 * leaves the record of the first.
 */
export function keepAudit(database: DatabaseSync, record: AuditRecord | undefined): void {
  if (record === undefined) return;
  const { audit_id, at, org_id, resource, resource_id, actor } = record;
  database
    .prepare(
      `INSERT OR IGNORE INTO audit
       (audit_id, at, org_id, resource, resource_id, actor_kind, actor_id, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(audit_id, at, org_id, resource, resource_id, actor.kind, actor.id, JSON.stringify(record));
}

/** One page, newest first. */
export function auditPage(database: DatabaseSync, query: AuditQuery): AuditPage {
  const conditions = conditionsOf(narrowingsOf(query));
  const found = database
    .prepare(
      `SELECT number, body FROM audit ${whereClause(conditions)} ORDER BY number DESC LIMIT ?`,
    )
    .all(...conditions.values, query.limit + 1);
  const shown = found.slice(0, query.limit);
  const more = found.length > shown.length;
  return {
    records: shown.map(({ body }) => JSON.parse(String(body)) as AuditRecord),
    next_cursor: more ? String(shown.at(-1)?.number) : null,
  };
}

function narrowingsOf(query: AuditQuery): Narrowing[] {
  return [
    ['number < ?', query.cursor === undefined ? undefined : Number(query.cursor)],
    ['org_id = ?', query.org_id],
    ['resource = ?', query.resource],
    ['resource_id = ?', query.resource_id],
    ['actor_kind = ?', query.actor?.kind],
    ['actor_id = ?', query.actor?.id],
    ['at >= ?', query.from],
    ['at < ?', query.to],
  ];
}
