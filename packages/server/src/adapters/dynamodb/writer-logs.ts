/** Reads what writers have written, in their order, by their logs. */
import type { Entry } from '@tollkeeper/core';
import { linesAt } from './entry-finding.ts';
import { inParallel } from './entry-reading.ts';
import { allItems, itemPages } from './item-pages.ts';
import type { Items } from './items.ts';
import { logPartition, logSort, WRITERS_PARTITION } from './keys.ts';
import { logOf, type LogItem } from './line-items.ts';

/** Log items read at once: each names a group of entries. */
const LOG_PAGE = 4;

export interface WriterState {
  readonly writer_id: string;
  readonly last_sequence: number;
}

/** Every writer with its last sequence, in the order of their ids. */
export async function writerStates(items: Items): Promise<readonly WriterState[]> {
  const writers = await allItems(items, { pk: WRITERS_PARTITION });
  const states: WriterState[] = [];
  await inParallel(writers, async ({ sk: writer_id }) => {
    states.push({ writer_id, last_sequence: await lastSequence(items, writer_id) });
  });
  return states.sort((a, b) => (a.writer_id < b.writer_id ? -1 : 1));
}

/** The number of a writer's last entry, also when that was removed; 0: it has none. */
export async function lastSequence(items: Items, writerId: string): Promise<number> {
  const [last] = await items.query({ pk: logPartition(writerId), descending: true, limit: 1 });
  return last === undefined ? 0 : lastOf(logOf(last));
}

/** At most `limit` entries of a writer that come after a sequence, in order. */
export async function entriesAfter(
  items: Items,
  writerId: string,
  after: number,
  limit: number,
): Promise<readonly Entry[]> {
  const pk = logPartition(writerId);
  // The group that the next one is in may have begun before it.
  const [begun] = await items.query({ pk, to: logSort(after + 1), descending: true, limit: 1 });
  const found: Entry[] = [];
  for await (const page of itemPages(
    items,
    { pk, from: begun?.sk ?? logSort(after + 1) },
    LOG_PAGE,
  )) {
    let keys = page
      .map(logOf)
      .flatMap((log) => log.entries.slice(Math.max(0, after + 1 - log.first)));
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

function lastOf({ first, entries }: LogItem): number {
  return first + entries.length - 1;
}
