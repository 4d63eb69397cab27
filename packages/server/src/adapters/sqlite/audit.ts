/** The audit log in SQLite: one row a record, numbered in the order of the commits. */
import type { DatabaseSync } from 'node:sqlite';
import type { AuditPage, AuditQuery, AuditRecord } from '../../ports/audit.ts';

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
  const { where, values } = conditions(query);
  const filter = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const found = database
    .prepare(`SELECT number, body FROM audit ${filter} ORDER BY number DESC LIMIT ?`)
    .all(...values, query.limit + 1);
  const shown = found.slice(0, query.limit);
  const more = found.length > shown.length;
  return {
    records: shown.map(({ body }) => JSON.parse(String(body)) as AuditRecord),
    next_cursor: more ? String(shown.at(-1)?.number) : null,
  };
}

function conditions(query: AuditQuery): { where: string[]; values: (string | number)[] } {
  const where: string[] = [];
  const values: (string | number)[] = [];
  const narrow = (condition: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    where.push(condition);
    values.push(value);
  };
  narrow('number < ?', query.cursor === undefined ? undefined : Number(query.cursor));
  narrow('org_id = ?', query.org_id);
  narrow('resource = ?', query.resource);
  narrow('resource_id = ?', query.resource_id);
  narrow('actor_kind = ?', query.actor?.kind);
  narrow('actor_id = ?', query.actor?.id);
  narrow('at >= ?', query.from);
  narrow('at < ?', query.to);
  return { where, values };
}
