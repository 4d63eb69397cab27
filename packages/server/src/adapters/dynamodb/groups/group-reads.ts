/**
 * What a group of commands has read: fetched since they were given, and besides it what this
 * process remembers of items, which may be old.
 */
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import type { Backoff } from '../items/backoff.ts';
import type { Pending } from './group-pass.ts';
import type { Item, ItemKey, ItemQuery, Items } from '../items/items.ts';
import { idOfKey, type KnownItems } from '../items/known-items.ts';
import { idOfQuery, type Source } from './overlay.ts';

/** Commands that read for ever are wrong. */
const FETCHES_MAX = 1_000;

export class GroupReads {
  /** By key; undefined: there is none. */
  readonly fresh = new Map<string, Item | undefined>();
  readonly source: Source;
  readonly #items: Items;
  readonly #known: KnownItems;
  readonly #backoff: Backoff;
  readonly #queries = new Map<string, readonly Item[]>();
  #fetches = 0;

  constructor(parts: { readonly items: Items; readonly known: KnownItems }, backoff: Backoff) {
    this.#items = parts.items;
    this.#known = parts.known;
    this.#backoff = backoff;
    const fresh: Source['fresh'] = (id) =>
      this.fresh.has(id) ? { item: this.fresh.get(id) } : undefined;
    this.source = {
      fresh,
      item: (id) => {
        const fetched = fresh(id);
        if (fetched !== undefined) return fetched;
        const item = this.#known.get(id);
        return item === undefined ? undefined : { item };
      },
      query: (query) => this.#queries.get(idOfQuery(query)),
    };
  }

  /** Fetches all at once that the commands say they will get. */
  async ahead(work: readonly Pending[]): Promise<void> {
    const keys = work
      .flatMap(({ command }) => command.reads ?? [])
      .filter((key) => this.source.item(idOfKey(key)) === undefined);
    const distinct = new Map(keys.map((key) => [idOfKey(key), key]));
    if (distinct.size > 0) await this.fetch(distinct.values(), []);
  }

  /** Fetches, or pauses when the table does not answer; rejects when it has failed too often. */
  async fetch(keys: Iterable<ItemKey>, queries: Iterable<ItemQuery>): Promise<void> {
    this.#fetches += 1;
    if (this.#fetches > FETCHES_MAX) throw new Error('Commands that read without an end.');
    try {
      await Promise.all([this.#get([...keys]), ...[...queries].map((query) => this.#ask(query))]);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !this.#backoff.failed()) throw error;
      await this.#backoff.pause();
    }
  }

  /** The item is so now: a transaction was told. What was found by queries may be so no more. */
  changed(id: string, item: Item | undefined): void {
    this.fresh.set(id, item);
    this.#known.set(id, item);
    this.#queries.clear();
  }

  /** Others of this process have written there. */
  forget(ids: Iterable<string>): void {
    for (const id of ids) this.fresh.delete(id);
    this.#queries.clear();
  }

  async #get(keys: readonly ItemKey[]): Promise<void> {
    const found = keys.length === 0 ? [] : await this.#items.get(keys);
    for (const [index, key] of keys.entries()) {
      const id = idOfKey(key);
      const item = found[index];
      this.fresh.set(id, item);
      // What was written here while this was on its way is newer.
      if (item !== undefined && item.v >= (this.#known.get(id)?.v ?? 0)) this.#known.set(id, item);
    }
  }

  async #ask(query: ItemQuery): Promise<void> {
    this.#queries.set(idOfQuery(query), await this.#items.query(query));
  }
}
