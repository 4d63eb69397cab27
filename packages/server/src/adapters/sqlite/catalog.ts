/** The catalogue port over the writer and the reader threads. It only translates. */
import type { AuditPage, AuditQuery } from '../../ports/audit.ts';
import type {
  CatalogItem,
  CatalogKind,
  CatalogPut,
  CatalogPutResult,
  CatalogRemoveOptions,
  CatalogStore,
} from '../../ports/catalog-store.ts';
import type { ReadQueue } from './read-queue.ts';
import type { WriteQueue } from './write-queue.ts';

type StoredItem = CatalogItem<string>;

export class SqliteCatalog implements CatalogStore {
  readonly #writes: WriteQueue;
  readonly #reads: ReadQueue;

  constructor(writes: WriteQueue, reads: ReadQueue) {
    this.#writes = writes;
    this.#reads = reads;
  }

  async get<T>(kind: CatalogKind, id: string): Promise<CatalogItem<T> | undefined> {
    const found = await this.#reads.ask<StoredItem | undefined>({ op: 'catalog_get', kind, id });
    return found === undefined ? undefined : fromStored<T>(found);
  }

  async put({ value, ...put }: CatalogPut): Promise<CatalogPutResult> {
    const command = { op: 'catalog_put', put, value: JSON.stringify(value) } as const;
    return this.#writes.send(command, (answer) => {
      if ('kind' in answer && (answer.kind === 'put' || answer.kind === 'conflict')) return answer;
      throw new Error('The writer gave an answer that belongs to another command.');
    });
  }

  async remove(
    kind: CatalogKind,
    id: string,
    { expected, quiet, audit }: CatalogRemoveOptions = {},
  ): Promise<boolean> {
    const command = { op: 'catalog_remove', kind, id, expected, quiet, audit } as const;
    return this.#writes.send(command, (answer) => {
      if ('kind' in answer && answer.kind === 'removed') return answer.removed;
      throw new Error('The writer gave an answer that belongs to another command.');
    });
  }

  async list<T>(
    kind: CatalogKind,
    { parent, limit, cursor }: { parent?: string; limit: number; cursor?: string },
  ): Promise<{ items: readonly CatalogItem<T>[]; next_cursor: string | null }> {
    const page = await this.#reads.ask<{ items: StoredItem[]; next_cursor: string | null }>({
      op: 'catalog_list',
      kind,
      parent,
      limit,
      cursor,
    });
    return { ...page, items: page.items.map((item) => fromStored<T>(item)) };
  }

  async revision(): Promise<number> {
    return this.#reads.askTogether({ op: 'catalog_revision' });
  }

  async audit(query: AuditQuery): Promise<AuditPage> {
    return this.#reads.ask({ op: 'audit', query });
  }
}

function fromStored<T>(item: StoredItem): CatalogItem<T> {
  return { ...item, value: JSON.parse(item.value) as T };
}
