/**
 * The versions of the price book, as the store has them, and what each consists of: a shipped list,
 * rows above it, layers over both.
 */
import type { PriceLayer } from '@tollkeeper/core';
import type { CatalogItem, CatalogStore } from '../ports/catalog-store.ts';
import { versionDocument, type PriceVersionRecord, type RowsReference } from './price-records.ts';

const PAGE = 500;

/** What a version consists of. */
export interface VersionContent {
  readonly price_version: string;
  readonly base: RowsReference;
  /** In the order in which they came. */
  readonly rows: readonly RowsReference[];
  readonly layers: readonly PriceLayer[];
}

/** See the head of the file. Empty until the first version is read or made. */
export class PriceHistory {
  readonly #catalog: CatalogStore;
  readonly #records: PriceVersionRecord[] = [];

  constructor(catalog: CatalogStore) {
    this.#catalog = catalog;
  }

  /** Reads the versions that have come since. True when there were any. */
  async readOn(): Promise<boolean> {
    const before = this.#records.length;
    for (;;) {
      const known = this.#records.length;
      const cursor = known === 0 ? {} : { cursor: versionDocument(known) };
      const { items }: { items: readonly CatalogItem<PriceVersionRecord>[] } =
        await this.#catalog.list<PriceVersionRecord>('price_version', { limit: PAGE, ...cursor });
      // Somebody else may have read on in the meantime.
      for (const { value } of items) {
        if (value.number === this.#records.length + 1) this.#records.push(value);
      }
      if (items.length < PAGE) return this.#records.length > before;
    }
  }

  /** Oldest first. */
  get records(): readonly PriceVersionRecord[] {
    return this.#records;
  }

  get last(): PriceVersionRecord | undefined {
    return this.#records.at(-1);
  }

  find(version: string): PriceVersionRecord | undefined {
    return this.#records.find(({ price_version }) => price_version === version);
  }

  /** What the version of this number consists of. Throws RangeError when there is none. */
  content(number: number): VersionContent {
    const record = this.#records[number - 1];
    let base: RowsReference | null = null;
    const rows: RowsReference[] = [];
    const layers = new Map<string, PriceLayer>();
    for (const each of this.#records.slice(0, number)) {
      base = each.base ?? base;
      if (each.rows !== null) rows.push(each.rows);
      for (const id of each.layers?.removed ?? []) layers.delete(id);
      for (const layer of each.layers?.put ?? []) layers.set(layer.layer_id, layer);
    }
    if (record === undefined || base === null) throw new RangeError(`no price version ${number}`);
    return { price_version: record.price_version, base, rows, layers: [...layers.values()] };
  }
}
