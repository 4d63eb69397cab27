/**
 * The catalogue. A change is one transaction: the document, its copy among the children of its
 * parent, the revision of the catalogue (unless it is quiet) and the audit record.
 */
import type { AuditQuery } from '../../../ports/audit.ts';
import type {
  CatalogItem,
  CatalogKind,
  CatalogPut,
  CatalogPutResult,
  CatalogRemoveOptions,
  CatalogStore,
} from '../../../ports/catalog-store.ts';
import { textOf } from '../items/attribute-values.ts';
import { auditPage } from './audit.ts';
import type { Item, ItemKey, Items } from '../items/items.ts';
import { fromJsonAttribute, toJsonAttribute } from '../items/json-attribute.ts';
import { childrenPartition, documentPartition, REVISIONS } from '../items/keys.ts';
import { raiseRevisions, revisionsOf, type Raise, type Revisions } from './revisions.ts';
import type { Transactions, View } from '../groups/transactions.ts';

/** A document. */
export const documentKey = (kind: CatalogKind, id: string): ItemKey => ({
  pk: documentPartition(kind),
  sk: id,
});
/** Its copy among the children of its parent. */
export const childKey = (kind: CatalogKind, parent: string, id: string): ItemKey => ({
  pk: childrenPartition(kind, parent),
  sk: id,
});

/** An answer, and the revisions that were raised. */
type Changed<A> = readonly [answer: A, raised?: Revisions | undefined];

interface Parts {
  readonly items: Items;
  readonly transactions: Transactions;
  /** Learns every revision of the catalogue that is read or made. */
  readonly learn: (catalogRevision: number) => void;
}

export class DynamoCatalog implements CatalogStore {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async get<T>(kind: CatalogKind, id: string): Promise<CatalogItem<T> | undefined> {
    if (id === '') return undefined;
    const [item] = await this.#parts.items.get([documentKey(kind, id)]);
    return item === undefined ? undefined : documentOf<T>(item);
  }

  async put(command: CatalogPut): Promise<CatalogPutResult> {
    const { kind, id, expected } = command;
    // As it is now: the caller may change the value while this waits for its turn.
    const content = toJsonAttribute(command.value);
    return this.#change(kind, id, (view): Changed<CatalogPutResult> => {
      const before = view.get(documentKey(kind, id));
      const revision = Number(before?.revision ?? 0);
      if (expected !== undefined && expected !== revision) return [{ kind: 'conflict', revision }];
      const attributes = { parent: command.parent, revision: revision + 1, ...content };
      view.put(documentKey(kind, id), attributes);
      if (before !== undefined && before.parent !== command.parent) {
        view.delete(childKey(kind, textOf(before.parent), id));
      }
      view.set(childKey(kind, command.parent, id), attributes);
      const raised = raiseRevisions(view, raiseOf(command));
      return [{ kind: 'put', revision: revision + 1, created: before === undefined }, raised];
    });
  }

  async remove(kind: CatalogKind, id: string, options: CatalogRemoveOptions = {}) {
    return this.#change(kind, id, (view): Changed<boolean> => {
      const before = view.get(documentKey(kind, id));
      if (before === undefined) return [false];
      if (options.expected !== undefined && options.expected !== before.revision) return [false];
      view.delete(documentKey(kind, id));
      view.delete(childKey(kind, textOf(before.parent), id));
      return [true, raiseRevisions(view, raiseOf(options))];
    });
  }

  async list<T>(
    kind: CatalogKind,
    { parent, limit, cursor }: { parent?: string; limit: number; cursor?: string },
  ) {
    const pk = parent === undefined ? documentPartition(kind) : childrenPartition(kind, parent);
    // Two more: that of the cursor comes again, and one that says whether there are others.
    const from = cursor === undefined || cursor === '' ? {} : { from: cursor };
    const found = await this.#parts.items.query({ pk, ...from, limit: limit + 2 });
    const rest = found[0]?.sk === cursor ? found.slice(1) : found;
    const items = rest.slice(0, limit).map((item) => documentOf<T>(item));
    const more = rest.length > items.length;
    return { items, next_cursor: more ? (items.at(-1)?.id ?? null) : null };
  }

  async revision(): Promise<number> {
    const [item] = await this.#parts.items.get([REVISIONS]);
    const { catalog } = revisionsOf(item);
    this.#parts.learn(catalog);
    return catalog;
  }

  audit = (query: AuditQuery) => auditPage(this.#parts.items, query);

  async #change<A>(kind: CatalogKind, id: string, decide: (view: View) => Changed<A>): Promise<A> {
    const reads = [documentKey(kind, id), REVISIONS];
    const [answer, raised] = await this.#parts.transactions.run({ kind: 'other', reads, decide });
    if (raised !== undefined) this.#parts.learn(raised.catalog);
    return answer;
  }
}

function raiseOf({ quiet, audit }: Pick<CatalogPut, 'quiet' | 'audit'>): Raise {
  return { catalog: quiet !== true, audit };
}

function documentOf<T>(item: Item): CatalogItem<T> {
  return {
    id: item.sk,
    parent: textOf(item.parent),
    value: fromJsonAttribute<T>(item),
    revision: Number(item.revision),
  };
}
