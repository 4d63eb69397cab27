/**
 * The catalogue in memory: the plain meaning of the catalogue port, and the oracle of its tests.
 */
import type {
  CatalogItem,
  CatalogKind,
  CatalogPutResult,
  CatalogStore,
} from '../../ports/catalog-store.ts';
import { MemoryAudit } from './audit.ts';

/** A catalogue whose revision the ledger beside it can read in the same step. */
export interface MemoryCatalog extends CatalogStore {
  readonly currentRevision: () => number;
}

/** An empty catalogue. Values are kept as JSON, so that what comes out is never what went in. */
export function memoryCatalog(log: MemoryAudit = new MemoryAudit()): MemoryCatalog {
  const documents = new Map<string, { kind: CatalogKind; item: CatalogItem<string> }>();
  let revision = 0;
  const keyOf = (kind: CatalogKind, id: string): string => `${kind} ${id}`;
  const read = <T>(item: CatalogItem<string>): CatalogItem<T> => ({
    ...item,
    value: JSON.parse(item.value) as T,
  });

  return {
    currentRevision: () => revision,
    revision: async () => revision,

    async get<T>(kind: CatalogKind, id: string) {
      const found = documents.get(keyOf(kind, id));
      return found === undefined ? undefined : read<T>(found.item);
    },

    async put({ kind, id, parent, value, expected, quiet, audit }): Promise<CatalogPutResult> {
      const current = documents.get(keyOf(kind, id))?.item.revision ?? 0;
      if (expected !== undefined && expected !== current) {
        return { kind: 'conflict', revision: current };
      }
      const item = { id, parent, value: JSON.stringify(value), revision: current + 1 };
      documents.set(keyOf(kind, id), { kind, item });
      if (quiet !== true) revision += 1;
      log.keep(audit);
      return { kind: 'put', revision: item.revision, created: current === 0 };
    },

    async remove(kind, id, { expected, quiet, audit } = {}) {
      const current = documents.get(keyOf(kind, id))?.item.revision;
      if (current === undefined || (expected ?? current) !== current) return false;
      documents.delete(keyOf(kind, id));
      if (quiet !== true) revision += 1;
      log.keep(audit);
      return true;
    },

    audit: async (query) => log.page(query),

    async list<T>(
      kind: CatalogKind,
      { parent, limit, cursor }: { parent?: string; limit: number; cursor?: string },
    ) {
      const found = [...documents.values()]
        .filter((document) => document.kind === kind)
        .map((document) => document.item)
        .filter((item) => parent === undefined || item.parent === parent)
        .filter((item) => cursor === undefined || item.id > cursor)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const items = found.slice(0, limit);
      const more = found.length > items.length;
      return {
        items: items.map((item) => read<T>(item)),
        next_cursor: more ? (items.at(-1)?.id ?? null) : null,
      };
    },
  };
}
