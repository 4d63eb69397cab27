/**
 * Price rows by what chooses a card: model, region, scope and tier. Every row is checked as it
 * comes in; the order of all rows is made only when somebody asks for it.
 */
import { unitPrice } from '../money/unit-price.ts';
import { startOfUtcDate } from './day.ts';
import type { CardKey } from './layer-choice.ts';
import type { PriceRow } from './price.ts';
import { isTokenClass, parseContextBand } from './rate-card.ts';

/** All rows of one (model, region, scope, tier). */
export interface Timeline {
  readonly key: CardKey;
  readonly rows: readonly PriceRow[];
}

interface OpenTimeline extends Timeline {
  readonly rows: PriceRow[];
}

type ByTier = Map<string, OpenTimeline>;
type ByScope = Map<string, ByTier>;
type ByRegion = Map<string, ByScope>;

/** The key of a card as text. */
export function keyOf({ model_id, region, scope, tier }: CardKey): string {
  return `${model_id}|${region}|${scope}|${tier}`;
}

/** See the head of the file. */
export class RowIndex {
  readonly #models = new Map<string, ByRegion>();
  #closed = false;
  #sorted: readonly PriceRow[] | undefined;

  /** Throws RangeError naming the row for a bad price, date or band, or a repeated key. */
  add(rows: readonly PriceRow[]): void {
    if (this.#closed) throw new RangeError('a book does not change after it was built');
    for (const row of rows) this.#addRow(row);
  }

  /** From here on nothing can be added. */
  close(): void {
    this.#closed = true;
  }

  timeline({ model_id, region, scope, tier }: CardKey): Timeline | undefined {
    return this.#models.get(model_id)?.get(region)?.get(scope)?.get(tier);
  }

  /** Every row, ordered by key and date. */
  rows(): readonly PriceRow[] {
    this.#sorted ??= Object.freeze([...this.#inOrder()]);
    return this.#sorted;
  }

  #addRow(row: PriceRow): void {
    const { model_id, region, scope, tier } = row;
    const regions = getOrAdd(this.#models, model_id, () => new Map<string, ByScope>());
    const scopes = getOrAdd(regions, region, () => new Map<string, ByTier>());
    const tiers = getOrAdd(scopes, scope, () => new Map<string, OpenTimeline>());
    const make = () => ({ key: Object.freeze({ model_id, region, scope, tier }), rows: [] });
    const { rows } = getOrAdd(tiers, tier, make);
    if (rows.some((other) => sameRow(other, row))) {
      throw new RangeError(`price ${named(row)}: repeated`);
    }
    checkRow(row);
    rows.push(Object.freeze(row));
  }

  *#inOrder(): Iterable<PriceRow> {
    for (const [, regions] of inOrder(this.#models)) {
      for (const [, scopes] of inOrder(regions)) {
        for (const [, tiers] of inOrder(scopes)) {
          for (const [, { rows }] of inOrder(tiers)) {
            yield* [...rows].sort((a, b) => (within(a) < within(b) ? -1 : 1));
          }
        }
      }
    }
  }
}

function inOrder<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function within({ usage_class, context_band, effective_from }: PriceRow): string {
  return `${usage_class}|${context_band}|${effective_from}`;
}

function named(row: PriceRow): string {
  return `${keyOf(row)}|${within(row)}`;
}

function sameRow(a: PriceRow, b: PriceRow): boolean {
  return (
    a.usage_class === b.usage_class &&
    a.effective_from === b.effective_from &&
    a.context_band === b.context_band
  );
}

function checkRow(row: PriceRow): void {
  if (startOfUtcDate(row.effective_from) === undefined) {
    throw new RangeError(`price ${named(row)}: no such date`);
  }
  if (isTokenClass(row.usage_class) && parseContextBand(row.context_band) === undefined) {
    throw new RangeError(`price ${named(row)}: no such context band`);
  }
  try {
    unitPrice(row.usd, row.per);
  } catch (cause) {
    throw new RangeError(`price ${named(row)}: not a price`, { cause });
  }
}

function getOrAdd<K, V>(map: Map<K, V>, at: K, make: () => V): V {
  const found = map.get(at);
  if (found !== undefined) return found;
  const made = make();
  map.set(at, made);
  return made;
}
