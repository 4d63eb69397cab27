/** Lists and sums over the entries of the ledger in memory. */
import {
  entryCursor,
  inEntryOrder,
  isAsked,
  LabelFold,
  readEntryCursor,
  SummaryFold,
  type LabelSum,
  type Line,
  type Summary,
} from '@tollkeeper/core';
import type { EntryPage, EntryQuery, LabelQuery, SummaryQuery } from '../../ports/ledger-store.ts';

/** One page of entries, oldest first. */
export function pageOf(lines: readonly Line[], query: EntryQuery): EntryPage {
  const after = query.cursor === undefined ? undefined : readEntryCursor(query.cursor);
  const found = lines
    .map((line) => line.entry)
    .filter((entry) => isAsked(entry, query))
    .filter((entry) => after === undefined || inEntryOrder(entry, after) > 0)
    .sort(inEntryOrder);
  const entries = found.slice(0, query.limit);
  const last = entries.at(-1);
  const more = entries.length < found.length;
  return { entries, next_cursor: more && last !== undefined ? entryCursor(last) : null };
}

/** Sums of entries by the keys asked for, in the order of the keys. */
export function summaryOf(lines: readonly Line[], query: SummaryQuery): Summary {
  const fold = new SummaryFold(query.group_by);
  for (const line of lines) if (isAsked(line.entry, query)) fold.add(line);
  return fold.summary();
}

/** Sums of entries by their labels, null first. */
export function labelSumsOf(lines: readonly Line[], query: LabelQuery): LabelSum[] {
  const fold = new LabelFold();
  for (const line of lines) {
    const { entry, at } = line;
    const isOf = query.app_id === undefined || entry.app_id === query.app_id;
    if (entry.org_id !== query.org_id || !isOf) continue;
    if (at >= query.from && at < query.to) fold.add(line);
  }
  return fold.sums();
}
