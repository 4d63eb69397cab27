/**
 * What an import changes in a book. A row that says what the book says already changes nothing; one
 * that is news is added from its date on, and takes away what the book believed to have come later
 * up to the day on which the import was true.
 */
import { comparePrices, unitPrice, type PriceRow } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import { inTurns } from './pace.ts';
import { priceKey, rowKey } from './price-records.ts';

/** One price that differs. Null where there is none. */
export interface PriceChange {
  readonly before: PriceRow | null;
  readonly after: PriceRow | null;
}

export interface ImportPlan {
  readonly added: readonly PriceChange[];
  readonly changed: readonly PriceChange[];
  readonly removed: readonly PriceChange[];
  /** Imported rows that the book says already. */
  readonly same: number;
  /** Keys of imported models and regions that the book prices and the import does not. */
  readonly missing: number;
}

/** Two rows of one import state different prices under one key and date. */
export class ContradictoryImport extends Error {
  override readonly name = 'ContradictoryImport';
}

/** Compares an import with the list of a book. `asOf` is the UTC day on which it was true. */
export async function planImport(
  clock: Clock,
  listed: readonly PriceRow[],
  imported: readonly PriceRow[],
  asOf: string,
): Promise<ImportPlan> {
  const plan = new Planner(asOf);
  // Rows of one key lie by date in a book, and so in each list of what is known here.
  await inTurns(clock, listed, (slice) => plan.know(slice));
  await inTurns(clock, imported, (slice) => plan.take(slice));
  await inTurns(clock, plan.keys(), (slice) => plan.weigh(slice));
  await inTurns(clock, listed, (slice) => plan.miss(slice));
  return plan.result();
}

class Planner {
  readonly #asOf: string;
  readonly #known = new Map<string, PriceRow[]>();
  readonly #taken = new Map<string, PriceRow>();
  readonly #takenByKey = new Map<string, PriceRow[]>();
  readonly #covered = new Set<string>();
  readonly #added: PriceChange[] = [];
  readonly #changed: PriceChange[] = [];
  readonly #removed: PriceChange[] = [];
  readonly #missing = new Set<string>();
  #same = 0;

  constructor(asOf: string) {
    this.#asOf = asOf;
  }

  know(rows: readonly PriceRow[]): void {
    for (const row of rows) {
      const key = priceKey(row);
      const others = this.#known.get(key);
      if (others === undefined) this.#known.set(key, [row]);
      else others.push(row);
    }
  }

  take(rows: readonly PriceRow[]): void {
    for (const row of rows) this.#takeRow(row);
  }

  miss(rows: readonly PriceRow[]): void {
    for (const row of rows) {
      const key = priceKey(row);
      if (this.#covered.has(place(row)) && !this.#takenByKey.has(key)) this.#missing.add(key);
    }
  }

  /** Keys of what was taken, each of which is to be weighed. */
  keys(): readonly string[] {
    return [...this.#takenByKey.keys()];
  }

  weigh(keys: readonly string[]): void {
    for (const key of keys) {
      const rows = [...(this.#takenByKey.get(key) ?? [])].sort(inOrderOfDate);
      for (const [index, row] of rows.entries()) {
        this.#weighRow(key, row, rows[index - 1], rows[index + 1]);
      }
    }
  }

  result(): ImportPlan {
    return {
      added: this.#added,
      changed: this.#changed,
      removed: this.#removed,
      same: this.#same,
      missing: this.#missing.size,
    };
  }

  #takeRow(row: PriceRow): void {
    const full = rowKey(row);
    const twin = this.#taken.get(full);
    if (twin !== undefined) {
      if (samePrice(twin, row)) return;
      throw new ContradictoryImport(`${full} is stated at ${twin.usd} and at ${row.usd}.`);
    }
    this.#taken.set(full, row);
    const key = priceKey(row);
    const others = this.#takenByKey.get(key);
    if (others === undefined) this.#takenByKey.set(key, [row]);
    else others.push(row);
    this.#covered.add(place(row));
  }

  /**
   * What would count on the day of the row without it: what the import itself states for a day
   * before, or what the book says since then and the import does not take away.
   */
  #weighRow(
    key: string,
    row: PriceRow,
    previous: PriceRow | undefined,
    next: PriceRow | undefined,
  ): void {
    let inForce = previous;
    for (const other of this.#known.get(key) ?? []) {
      if (next !== undefined && other.effective_from >= next.effective_from) break;
      if (other.effective_from > row.effective_from) {
        if (this.#isTakenAway(other, row)) this.#removed.push({ before: other, after: null });
        continue;
      }
      const stated = previous !== undefined && other.effective_from <= previous.effective_from;
      if (stated) continue;
      const own = other.effective_from === row.effective_from;
      const gone = !own && previous !== undefined && this.#isTakenAway(other, previous);
      if (!gone) inForce = other;
    }
    if (inForce === undefined) this.#added.push({ before: null, after: row });
    else if (samePrice(inForce, row)) this.#same++;
    else this.#changed.push({ before: inForce, after: row });
  }

  /** Whether a row of the book, which begins after `row`, is what the import knows better. */
  #isTakenAway(other: PriceRow, row: PriceRow): boolean {
    return other.effective_from <= this.#asOf && !samePrice(other, row);
  }
}

function inOrderOfDate(a: PriceRow, b: PriceRow): number {
  return a.effective_from < b.effective_from ? -1 : 1;
}

function place({ model_id, region }: PriceRow): string {
  return `${model_id}|${region}`;
}

/** Whether two rows state the same price, however they spell it. */
export function samePrice(a: PriceRow, b: PriceRow): boolean {
  if (a.usd === b.usd && a.per === b.per) return true;
  return comparePrices(unitPrice(a.usd, a.per), unitPrice(b.usd, b.per)) === 0;
}
