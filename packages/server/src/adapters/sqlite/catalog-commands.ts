/** The catalogue's commands inside a group. */
import type { CatalogPut } from '../../ports/catalog-store.ts';
import { keepAudit } from './audit.ts';
import type { SlowCommand, WriteAnswer } from './protocol.ts';
import type { WriteSession } from './write-session.ts';

/** Puts a document whose value is already JSON. */
export function putDocument(
  session: WriteSession,
  { kind, id, parent, expected, quiet, audit }: Omit<CatalogPut, 'value'>,
  value: string,
): WriteAnswer {
  const { database } = session;
  const found = database
    .prepare('SELECT revision FROM catalog WHERE kind = ? AND id = ?')
    .get(kind, id);
  const current = Number(found?.revision ?? 0);
  if (expected !== undefined && expected !== current) {
    return { kind: 'conflict', revision: current };
  }
  database
    .prepare('INSERT OR REPLACE INTO catalog VALUES (?, ?, ?, ?, ?)')
    .run(kind, id, parent, value, current + 1);
  if (quiet !== true) session.raiseCatalogRevision();
  keepAudit(database, audit);
  return { kind: 'put', revision: current + 1, created: current === 0 };
}

/** Removes a document, if there is one of the expected revision. */
export function removeDocument(
  session: WriteSession,
  { kind, id, expected, quiet, audit }: Extract<SlowCommand, { op: 'catalog_remove' }>,
): WriteAnswer {
  const { changes } = session.database
    .prepare(
      'DELETE FROM catalog WHERE kind = ?1 AND id = ?2 AND revision = coalesce(?3, revision)',
    )
    .run(kind, id, expected ?? null);
  const removed = Number(changes) > 0;
  if (removed) {
    if (quiet !== true) session.raiseCatalogRevision();
    keepAudit(session.database, audit);
  }
  return { kind: 'removed', removed };
}
