/** The audit log in memory: a list that only grows. */
import type { AuditPage, AuditQuery, AuditRecord } from '../../ports/audit.ts';

export class MemoryAudit {
  /** As JSON, so that what comes out is never what went in. */
  readonly #records: string[] = [];
  readonly #ids = new Set<string>();

  /** Keeps a record once; the same id again, of a command that was repeated, is no second one. */
  keep(record: AuditRecord | undefined): void {
    if (record === undefined || this.#ids.has(record.audit_id)) return;
    this.#ids.add(record.audit_id);
    this.#records.push(JSON.stringify(record));
  }

  page(query: AuditQuery): AuditPage {
    const end = query.cursor === undefined ? this.#records.length : Number(query.cursor) - 1;
    const found = this.#records
      .slice(0, Math.max(0, end))
      .map((text, index) => ({ record: JSON.parse(text) as AuditRecord, number: index + 1 }))
      .filter(({ record }) => matches(record, query))
      .reverse();
    const shown = found.slice(0, query.limit);
    const more = found.length > shown.length;
    return {
      records: shown.map(({ record }) => record),
      next_cursor: more ? String(shown.at(-1)?.number) : null,
    };
  }
}

function matches(record: AuditRecord, query: AuditQuery): boolean {
  const { org_id, resource, resource_id, actor, from, to } = query;
  return (
    (org_id === undefined || record.org_id === org_id) &&
    (resource === undefined || record.resource === resource) &&
    (resource_id === undefined || record.resource_id === resource_id) &&
    (actor === undefined || record.actor.kind === actor.kind) &&
    (actor?.id === undefined || record.actor.id === actor.id) &&
    (from === undefined || record.at >= from) &&
    (to === undefined || record.at < to)
  );
}
