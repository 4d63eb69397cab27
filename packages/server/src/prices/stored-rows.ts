/** Rows in pieces: written before the version that needs them, read when a book is built. */
import { createHash } from 'node:crypto';
import type { PriceRow } from '@tollkeeper/core';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import { inTurns } from './pace.ts';
import {
  fromCells,
  pieceDocument,
  toCells,
  type PriceCells,
  type RowsPiece,
  type RowsReference,
} from './price-records.ts';

/** Rows of one document: about 150 KB. */
export const PIECE_ROWS = 1000;
/** Documents on their way to the store at once. */
const WRITES_AT_ONCE = 8;

interface Parts {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
}

/** Writes rows and removed keys under a new id. Nobody sees them before a version names them. */
export async function writeRows(
  { catalog, clock }: Parts,
  rowsId: string,
  rows: readonly PriceRow[],
  removed: readonly string[] = [],
): Promise<RowsReference> {
  const pieces: RowsPiece[] = [];
  const most = Math.max(rows.length, removed.length);
  for (let start = 0; start < most; start += PIECE_ROWS) {
    pieces.push({ rows: [], removed: removed.slice(start, start + PIECE_ROWS) });
  }
  const cells: PriceCells[] = [];
  await inTurns(clock, rows, (slice) => cells.push(...slice.map(toCells)));
  for (let first = 0; first < pieces.length; first += WRITES_AT_ONCE) {
    await Promise.all(
      pieces.slice(first, first + WRITES_AT_ONCE).map(async (piece, offset) => {
        const index = first + offset;
        const start = index * PIECE_ROWS;
        const value: RowsPiece = { ...piece, rows: cells.slice(start, start + PIECE_ROWS) };
        await putPiece(catalog, rowsId, index, value);
      }),
    );
  }
  return { rows_id: rowsId, pieces: pieces.length, rows: rows.length };
}

/** Writes one piece, in the place of what it was before. */
export async function putPiece(
  catalog: CatalogStore,
  rowsId: string,
  index: number,
  value: RowsPiece,
): Promise<void> {
  await catalog.put({
    kind: 'price_rows',
    id: pieceDocument(rowsId, index),
    parent: rowsId,
    value,
    quiet: true,
  });
}

/** The pieces of a reference, one at a time. Rejects when one is missing. */
export async function* readPieces(
  catalog: CatalogStore,
  { rows_id, pieces }: RowsReference,
): AsyncGenerator<{ readonly rows: readonly PriceRow[]; readonly removed: readonly string[] }> {
  for (let index = 0; index < pieces; index++) {
    const id = pieceDocument(rows_id, index);
    const item = await catalog.get<RowsPiece>('price_rows', id);
    if (item === undefined) throw new Error(`The store has lost the price rows ${id}.`);
    yield { rows: item.value.rows.map(fromCells), removed: item.value.removed };
  }
}

/** Removes pieces that no version names. */
export async function dropPieces(
  catalog: CatalogStore,
  rowsId: string,
  pieces: number,
): Promise<void> {
  for (let index = 0; index < pieces; index++) {
    const removed = await catalog.remove('price_rows', pieceDocument(rowsId, index), {
      quiet: true,
    });
    if (!removed) return;
  }
}

/** An id that is the same for the same rows, in whatever order they come. */
export function contentId(rows: readonly PriceRow[]): string {
  const lines = rows.map((row) => JSON.stringify(toCells(row))).sort();
  const hash = createHash('sha256');
  for (const line of lines) hash.update(line).update('\n');
  return `base-${hash.digest('hex').slice(0, 32)}`;
}
