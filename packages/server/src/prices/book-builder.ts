/**
 * Builds the book of a version: the shipped list, the rows above it, the layers over both. In short
 * turns, because a price list can have a hundred thousand rows while calls are served.
 */
import { priceBookBuilder, type PriceBook, type PriceRow } from '@tollkeeper/core';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import { inTurns, pacer, TURN_ITEMS } from './pace.ts';
import type { VersionContent } from './price-history.ts';
import { rowKey } from './price-records.ts';
import { readPieces } from './stored-rows.ts';

/** The list that this release of the product came with. */
export interface ShippedList {
  readonly book: PriceBook;
  /** See `contentId`. */
  readonly id: string;
}

/** Books kept beside the present one: what re-rating and comparing ask for again and again. */
const KEPT_BOOKS_MAX = 3;

/** See the head of the file. Books of the same rows share them. */
export class BookBuilder {
  readonly #catalog: CatalogStore;
  readonly #clock: Clock;
  readonly #shipped: ShippedList;
  /** Books by what their rows are, the one asked for last at the end. */
  readonly #kept = new Map<string, Promise<PriceBook>>();

  constructor(parts: {
    readonly catalog: CatalogStore;
    readonly clock: Clock;
    readonly shipped: ShippedList;
  }) {
    this.#catalog = parts.catalog;
    this.#clock = parts.clock;
    this.#shipped = parts.shipped;
  }

  /** Whether the book is there at once, without reading or sorting rows. */
  isLight(content: VersionContent): boolean {
    const name = nameOf(content);
    return this.#kept.has(name) || name === this.#shipped.id;
  }

  async build(content: VersionContent): Promise<PriceBook> {
    const { price_version: version, layers } = content;
    const name = nameOf(content);
    if (name === this.#shipped.id) {
      const { book } = this.#shipped;
      const same = book.version === version && layers.length === 0;
      return same ? book : book.layered(version, layers);
    }
    const known = this.#kept.get(name);
    const building = known ?? this.#buildRows(content);
    this.#kept.delete(name);
    this.#kept.set(name, building);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_BOOKS_MAX && oldest !== undefined) this.#kept.delete(oldest);
    try {
      return (await building).layered(version, layers);
    } catch (error) {
      this.#kept.delete(name);
      throw error;
    }
  }

  async #buildRows(content: VersionContent): Promise<PriceBook> {
    const rows = new Map<string, PriceRow>();
    const add = (slice: readonly PriceRow[]): void => {
      for (const row of slice) rows.set(rowKey(row), row);
    };
    if (content.base.rows_id === this.#shipped.id) {
      await inTurns(this.#clock, this.#shipped.book.rows(), add);
    } else {
      for await (const piece of readPieces(this.#catalog, content.base)) add(piece.rows);
    }
    for (const reference of content.rows) {
      for await (const piece of readPieces(this.#catalog, reference)) {
        for (const key of piece.removed) rows.delete(key);
        add(piece.rows);
      }
    }
    const builder = priceBookBuilder();
    const pause = pacer(this.#clock);
    let slice: PriceRow[] = [];
    for (const row of rows.values()) {
      slice.push(row);
      if (slice.length < TURN_ITEMS) continue;
      builder.add(slice);
      slice = [];
      await pause();
    }
    builder.add(slice);
    return builder.build(content.price_version);
  }
}

/** What the rows of a version are, whatever lies over them. */
function nameOf({ base, rows }: VersionContent): string {
  return [base.rows_id, ...rows.map(({ rows_id }) => rows_id)].join(' ');
}
