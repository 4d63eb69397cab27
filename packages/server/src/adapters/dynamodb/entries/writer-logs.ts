/** Reads what writers have written, in their order, by their logs. */
import type { Entry } from '@tollkeeper/core';
import { linesAt } from './entry-finding.ts';
import { inParallel, type PlacedLine } from './entry-reading.ts';
import { allItems, itemPages } from '../items/item-pages.ts';
import type { ItemKey, Items } from '../items/items.ts';
import { logPartition, logSort, WRITERS_PARTITION } from '../items/keys.ts';
import { logOf, type LogItem } from './line-items.ts';

/** Log items read at once: each names a group of entries. */
const LOG_PAGE = 4;

export interface WriterState {
  readonly writer_id: string;
  /** The number of its last entry, also when that was removed; 0: it has none. */
  readonly last_sequence: number;
  /** The last number of the group before the last: that one may just be happening. */
  readonly done_sequence: number;
}

/** Every writer with its last numbers, in the order of their ids. */
export async function writerStates(items: Items): Promise<readonly WriterState[]> {
  const writers = await allItems(items, { pk: WRITERS_PARTITION });
  const states: WriterState[] = [];
  await inParallel(writers, async ({ sk: writer_id }) => {
    const last = await lastLog(items, writer_id);
    states.push({
      writer_id,
      last_sequence: last === undefined ? 0 : lastOf(last),
      done_sequence: last === undefined ? 0 : last.first - 1,
    });
  });
  return states.sort((a, b) => (a.writer_id < b.writer_id ? -1 : 1));
}

/** The number of a writer's last entry, also when that was removed; 0: it has none. */
export async function lastSequence(items: Items, writerId: string): Promise<number> {
  const last = await lastLog(items, writerId);
  return last === undefined ? 0 : lastOf(last);
}

async function lastLog(items: Items, writerId: string): Promise<LogItem | undefined> {
  const [last] = await items.query({ pk: logPartition(writerId), descending: true, limit: 1 });
  return last === undefined ? undefined : logOf(last);
}

/** At most `limit` entries of a writer that come after a sequence, in order. */
export async function entriesAfter(
  items: Items,
  writerId: string,
  after: number,
  limit: number,
): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for await (let keys of entryKeysBetween(items, writerId, after, Number.MAX_SAFE_INTEGER - 1)) {
    while (keys.length > 0 && found.length < limit) {
      // Some may have been removed: then more of them are needed.
      const some = keys.slice(0, limit - found.length);
      keys = keys.slice(some.length);
      found.push(...(await linesAt(items, some)).map(({ line }) => line.entry));
    }
    if (found.length >= limit) break;
  }
  return found;
}

/**
 * Where the entries of a writer lie from behind one number through another, group by group; those
 * that were removed are left out.
 */
export async function* entryKeysBetween(
  items: Items,
  writerId: string,
  after: number,
  last: number,
): AsyncGenerator<readonly ItemKey[]> {
  const pk = logPartition(writerId);
  // The group that the next one is in may have begun before it.
  const [begun] = await items.query({ pk, to: logSort(after + 1), descending: true, limit: 1 });
  const bounds = { from: begun?.sk ?? logSort(after + 1), to: logSort(last) };
  for await (const page of itemPages(items, { pk, ...bounds }, LOG_PAGE)) {
    const keys = page.map(logOf).flatMap(({ first, entries }) => {
      const skipped = Math.max(0, after + 1 - first);
      const some = entries.slice(skipped, Math.max(skipped, last + 1 - first));
      return some.filter((key) => key !== null);
    });
    if (keys.length > 0) yield keys;
  }
}

/** The items of logs that name these entries. */
export async function logKeysOf(
  items: Items,
  lines: readonly PlacedLine[],
): Promise<readonly ItemKey[]> {
  const found = new Map<string, ItemKey>();
  await inParallel(lines, async ({ line: { entry } }) => {
    const pk = logPartition(entry.writer_id);
    const to = logSort(entry.sequence);
    const [log] = await items.query({ pk, to, descending: true, limit: 1 });
    if (log !== undefined) found.set(`${pk} ${log.sk}`, { pk, sk: log.sk });
  });
  return [...found.values()];
}

function lastOf({ first, entries }: LogItem): number {
  return first + entries.length - 1;
}
