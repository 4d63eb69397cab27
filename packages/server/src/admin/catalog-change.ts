/** Changes of the catalogue: read, decide, write only if nobody else has written in between. */
import type { CatalogKind } from '../ports/catalog-store.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault } from './fault.ts';

/** How often a write is tried again because somebody else wrote the same document. */
const TRIES_MAX = 20;
/** Most documents that the catalogue is asked for at once. */
const PAGE_MAX = 1000;

export interface Replaced<T> {
  readonly record: T;
  readonly created: boolean;
}

/**
 * Writes what `make` makes of the document as it is (undefined: there is none). `make` may be
 * called again; it may throw a `Fault`, and then nothing is written.
 */
export async function replace<T>(
  deps: AdminDependencies,
  place: { readonly kind: CatalogKind; readonly id: string; readonly parent: string },
  make: (before: T | undefined) => T,
): Promise<Replaced<T>> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const before = await deps.catalog.get<T>(place.kind, place.id);
    const record = make(before?.value);
    const result = await deps.catalog.put({
      ...place,
      value: record,
      expected: before?.revision ?? 0,
    });
    if (result.kind === 'put') {
      await changed(deps);
      return { record, created: before === undefined };
    }
  }
  throw new Fault('SERVICE_UNAVAILABLE', 'Too many changes of the same thing at once. Try again.');
}

/** Makes a change known in this process; others learn of it by the catalogue's revision. */
export async function changed(deps: AdminDependencies): Promise<void> {
  deps.credentials.refresh(await deps.catalog.revision());
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
