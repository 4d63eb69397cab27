/** What is different between two versions of the book, row by row and layer by layer. */
import type { PriceBook, PriceLayer, PriceRow } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import { samePrice, type PriceChange } from './import-plan.ts';
import { inTurns } from './pace.ts';
import { rowKey } from './price-records.ts';

export interface BookDiff {
  /** In the order of the keys in `to`; what is gone comes last. */
  readonly changes: readonly PriceChange[];
  readonly layers_added: string[];
  readonly layers_changed: string[];
  readonly layers_removed: string[];
}

/** Compares the lists of two books and the layers over them. */
export async function diffBooks(clock: Clock, from: PriceBook, to: PriceBook): Promise<BookDiff> {
  const before = new Map<string, PriceRow>();
  const changes: PriceChange[] = [];
  if (from.rows() !== to.rows()) {
    await inTurns(clock, from.rows(), (slice) => {
      for (const row of slice) before.set(rowKey(row), row);
    });
    await inTurns(clock, to.rows(), (slice) => {
      for (const after of slice) {
        const key = rowKey(after);
        const old = before.get(key);
        before.delete(key);
        if (old === undefined) changes.push({ before: null, after });
        else if (!samePrice(old, after)) changes.push({ before: old, after });
      }
    });
  }
  for (const row of before.values()) changes.push({ before: row, after: null });
  return { changes, ...layersBetween(from.layers, to.layers) };
}

function layersBetween(
  from: readonly PriceLayer[],
  to: readonly PriceLayer[],
): Omit<BookDiff, 'changes'> {
  const before = new Map(from.map((layer) => [layer.layer_id, JSON.stringify(layer)]));
  const after = new Map(to.map((layer) => [layer.layer_id, JSON.stringify(layer)]));
  const ids = [...after.keys()];
  return {
    layers_added: ids.filter((id) => !before.has(id)),
    layers_changed: ids.filter((id) => before.has(id) && before.get(id) !== after.get(id)),
    layers_removed: [...before.keys()].filter((id) => !after.has(id)),
  };
}
