/**
 * The price book: rows by exact key, and the rate card that counts at a moment. A lookup on the
 * path of a call is five map lookups and a comparison of dates; cards are compiled on first use and
 * kept. Layers lie over the rows: a book with other layers shares the rows of the one before.
 */
import { startOfUtcDate } from './day.ts';
import { concerns, countsOn } from './layer-choice.ts';
import { compileTimeline, overrideRow } from './layer-timeline.ts';
import type { OverrideLayer, PriceLayer } from './layer.ts';
import type { PriceQuery, PriceRow } from './price.ts';
import type { RateCard } from './rate-card.ts';
import type { Timeline } from './row-index.ts';
import { keyOf, RowIndex } from './row-index.ts';

export { startOfUtcDate } from './day.ts';

/** Narrows a listing of prices. `at` keeps only the row that counts at that moment for each key. */
export interface PriceFilter {
  readonly model_id?: string;
  readonly region?: string;
  /** Milliseconds since the epoch. */
  readonly at?: number;
}

/** An immutable set of prices under one version. */
export interface PriceBook {
  readonly version: string;
  /** The layers over the list prices. */
  readonly layers: readonly PriceLayer[];
  /** The prices that count for this query, or undefined when the book has none. Never guesses. */
  rateCard(query: PriceQuery): RateCard | undefined;
  /** Every row of the list, ordered by key and date. */
  rows(): readonly PriceRow[];
  /**
   * The rows that a filter leaves, in the same order. With `at`, overrides that are for everybody
   * stand in the place of the rows that they replace; their source is `layer:<layer_id>`.
   */
  find(filter: PriceFilter): readonly PriceRow[];
  /** The same rows under other layers and another version. Cheap, however many rows there are. */
  layered(version: string, layers: readonly PriceLayer[]): PriceBook;
}

/** Makes a book row by row, so that whoever has many can pause in between. */
export interface PriceBookBuilder {
  /**
   * Throws RangeError naming the row for a bad price, date or band, or a repeated key; the builder
   * is then of no more use.
   */
  add(rows: readonly PriceRow[]): void;
  /** The book of what was added. Nothing can be added after it. */
  build(version: string, layers?: readonly PriceLayer[]): PriceBook;
}

/** An empty builder. */
export function priceBookBuilder(): PriceBookBuilder {
  const index = new RowIndex();
  return {
    add: (rows) => index.add(rows),
    build: (version, layers = []) => {
      index.close();
      return bookOver(index, version, layers);
    },
  };
}

/**
 * Makes a book. Throws RangeError naming the row for a bad price, date or band, or a repeated key.
 */
export function priceBook(
  rows: readonly PriceRow[],
  version: string,
  layers: readonly PriceLayer[] = [],
): PriceBook {
  const builder = priceBookBuilder();
  builder.add(rows);
  return builder.build(version, layers);
}

type Cards = Map<Timeline, readonly RateCard[]>;

function bookOver(index: RowIndex, version: string, given: readonly PriceLayer[]): PriceBook {
  const layers = Object.freeze([...given]);
  const general = layers.filter((layer) => layer.org_id === null);
  /** What everybody pays, and apart what those pay who have terms of their own. */
  const cards: Cards = new Map();
  const own = new Map<string, { layers: readonly PriceLayer[]; cards: Cards }>();
  for (const { org_id } of layers) {
    if (org_id === null || own.has(org_id)) continue;
    const concerned = layers.filter((layer) => layer.org_id === null || layer.org_id === org_id);
    own.set(org_id, { layers: concerned, cards: new Map() });
  }
  const beyond = beyondList(index, layers);

  const timelineOf = (query: PriceQuery): Timeline | undefined =>
    index.timeline(query) ?? beyond?.get(keyOf(query));

  return Object.freeze({
    version,
    layers,
    rateCard(query: PriceQuery): RateCard | undefined {
      const timeline = timelineOf(query);
      if (timeline === undefined) return undefined;
      const terms = own.size === 0 ? undefined : own.get(query.org_id ?? '');
      const kept = terms?.cards ?? cards;
      let all = kept.get(timeline);
      if (all === undefined) {
        const over = (terms?.layers ?? general).filter((layer) => concerns(layer, timeline.key));
        all = compileTimeline(timeline.key, timeline.rows, over, version);
        kept.set(timeline, all);
      }
      for (const card of all) {
        if (query.at >= card.valid_from) return query.at < card.valid_until ? card : undefined;
      }
      return undefined;
    },
    rows: () => index.rows(),
    find: (filter: PriceFilter) => find(index, general, filter),
    layered: (next: string, other: readonly PriceLayer[]) => bookOver(index, next, other),
  });
}

/** Timelines of keys that overrides price and the list does not; undefined when there are none. */
function beyondList(
  index: RowIndex,
  layers: readonly PriceLayer[],
): ReadonlyMap<string, Timeline> | undefined {
  let beyond: Map<string, Timeline> | undefined;
  for (const layer of layers) {
    if (layer.kind !== 'override' || index.timeline(layer) !== undefined) continue;
    beyond ??= new Map();
    const { model_id, region, scope, tier } = layer;
    beyond.set(keyOf(layer), { key: { model_id, region, scope, tier }, rows: [] });
  }
  return beyond;
}

function find(
  index: RowIndex,
  layers: readonly PriceLayer[],
  filter: PriceFilter,
): readonly PriceRow[] {
  const { model_id, region, at } = filter;
  const wanted = (row: Pick<PriceRow, 'model_id' | 'region'>): boolean =>
    (model_id === undefined || row.model_id === model_id) &&
    (region === undefined || row.region === region);
  if (at === undefined) return index.rows().filter(wanted);
  const day = new Date(at).toISOString().slice(0, 10);
  const begun = index
    .rows()
    .filter((row) => wanted(row) && (startOfUtcDate(row.effective_from) ?? Infinity) <= at);
  // Rows of one key stand together in order of date, so the last of them is the one that counts.
  const listed = begun.filter((row, position) => {
    const next = begun[position + 1];
    return next === undefined || rowKey(next) !== rowKey(row);
  });
  const overrides = layers.filter(
    (layer): layer is OverrideLayer =>
      layer.kind === 'override' && wanted(layer) && countsOn(layer, day),
  );
  if (overrides.length === 0) return listed;
  const byKey = new Map(listed.map((row) => [rowKey(row), row]));
  for (const layer of [...overrides].sort(inOrderOfChoice)) {
    byKey.set(rowKey(layer), overrideRow(layer, layer.effective_from));
  }
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** The last of one key is the one that counts. */
function inOrderOfChoice(a: OverrideLayer, b: OverrideLayer): number {
  if (a.effective_from !== b.effective_from) return a.effective_from < b.effective_from ? -1 : 1;
  return a.layer_id > b.layer_id ? -1 : 1;
}

function rowKey(row: Omit<PriceRow, 'effective_from' | 'confidence' | 'sources'>): string {
  return `${keyOf(row)}|${row.usage_class}|${row.context_band}`;
}
