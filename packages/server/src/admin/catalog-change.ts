/** Changes of the catalogue: read, decide, write only if nobody else has written in between. */
import type { CatalogItem, CatalogKind } from '../ports/catalog-store.ts';
import { auditRecord, type Change } from './audit-record.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault, notFound } from './fault.ts';

/** How often a write is tried again because somebody else wrote the same document. */
const TRIES_MAX = 20;
/** Most documents that the catalogue is asked for at once. */
const PAGE_MAX = 1000;

export interface Replaced<T> {
  readonly record: T;
  readonly created: boolean;
}

/** Where a document is kept. */
interface Place {
  readonly kind: CatalogKind;
  readonly id: string;
  readonly parent: string;
}

/**
 * Writes what `make` makes of the document as it is (undefined: there is none), and in the same
 * step the record of the change. `make` may be called again; it may throw a `Fault`, and then
 * nothing is written.
 */
export async function replace<T>(
  deps: AdminDependencies,
  place: Place,
  change: Change,
  make: (before: T | undefined) => T,
): Promise<Replaced<T>> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const before = await deps.catalog.get<T>(place.kind, place.id);
    const record = make(before?.value);
    const result = await deps.catalog.put({
      ...place,
      value: record,
      expected: before?.revision ?? 0,
      audit: auditRecord(deps, change, place, { before: before?.value, after: record }),
    });
    if (result.kind === 'put') {
      await changed(deps);
      return { record, created: before === undefined };
    }
  }
  throw crowded();
}

/**
 * Removes a document, and keeps the record of it in the same step. Throws 404 when there is none:
 * `what` names it for people.
 */
export async function withdraw(
  deps: AdminDependencies,
  place: Omit<Place, 'parent'>,
  change: Change,
  what: string,
): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const before: CatalogItem | undefined = await deps.catalog.get(place.kind, place.id);
    if (before === undefined) throw notFound(what);
    const removed = await deps.catalog.remove(place.kind, place.id, {
      expected: before.revision,
      audit: auditRecord(deps, change, place, { before: before.value, after: undefined }),
    });
    if (removed) return changed(deps);
  }
  throw crowded();
}

function crowded(): Fault {
  return new Fault('SERVICE_UNAVAILABLE', 'Too many changes of the same thing at once. Try again.');
}

/** Makes a change known in this process; others learn of it by the catalogue's revision. */
export async function changed(deps: AdminDependencies): Promise<void> {
  const revision = await deps.catalog.revision();
  deps.credentials.refresh(revision);
  deps.people.refresh(revision);
  deps.oauth.tokens.refresh(revision);
  deps.onCatalogChanged();
}

/** One page of documents, as the answer's items and `next_cursor`. */
export async function page<T>(
  deps: AdminDependencies,
  kind: CatalogKind,
  parent: string | undefined,
  query: { readonly limit?: number; readonly cursor?: string },
  limitDefault: number,
): Promise<{ items: T[]; next_cursor: string | null }> {
  const { items, next_cursor } = await deps.catalog.list<T>(kind, {
    limit: Math.min(query.limit ?? limitDefault, PAGE_MAX),
    ...(parent === undefined ? {} : { parent }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  });
  return { items: items.map(({ value }) => value), next_cursor };
}
