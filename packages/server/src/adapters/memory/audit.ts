/** The audit log in memory: a list that only grows. */
import {
  isAuditAsked,
  type AuditPage,
  type AuditQuery,
  type AuditRecord,
} from '../../ports/audit.ts';

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
      .filter(({ record }) => isAuditAsked(record, query))
      .reverse();
    const shown = found.slice(0, query.limit);
    const more = found.length > shown.length;
    return {
      records: shown.map(({ record }) => record),
      next_cursor: more ? String(shown.at(-1)?.number) : null,
    };
  }
}
