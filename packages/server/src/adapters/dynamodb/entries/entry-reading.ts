/**
 * Reads entries: in the order of lists, merged from the partitions of a day, and in no order to sum
 * them up. Of a partition one page at a time is in memory, and of few partitions at once.
 */
import { isAsked, type EntryFilter } from '@tollkeeper/core';
import { lineOf, type StoredLine } from './entry-item.ts';
import { dispatchedStretches, startedStretches, type Stretch } from './entry-days.ts';
import { itemPages, PAGE_ITEMS } from '../items/item-pages.ts';
import type { Item, ItemKey, Items } from '../items/items.ts';

/** Partitions that are read at once. */
const PARALLEL = 8;
/** Items of the first page of a partition that is merged with others, at least. */
const MERGED_PAGE_MIN = 8;

/** A line, and where it lies. */
export interface PlacedLine {
  readonly key: ItemKey;
  readonly line: StoredLine;
}

/** What is looked for among entries, and from behind which sort key on. */
interface Wanted {
  readonly filter: EntryFilter;
  readonly after?: string;
}

/** The first lines in the order of lists, at most `limit`; from behind a sort key, when given. */
export async function firstLines(
  items: Items,
  wanted: Wanted,
  limit: number,
): Promise<readonly PlacedLine[]> {
  const found: PlacedLine[] = [];
  for await (const stretches of startedStretches(items, wanted.filter)) {
    if (found.length >= limit) break;
    found.push(...(await mergedLines(items, stretches, wanted, limit - found.length)));
  }
  return found;
}

/** Hands over every line that started in a time, in no order. */
export async function eachStarted(
  items: Items,
  filter: EntryFilter,
  each: (line: StoredLine) => void,
): Promise<void> {
  for await (const stretches of startedStretches(items, filter)) {
    await eachLine(items, stretches, (line) => {
      if (isAsked(line.entry, filter)) each(line);
    });
  }
}

/**
 * Hands over every line of an organization that was dispatched from `from` on and before `to`, in
 * no order; absent: without that bound.
 */
export async function eachDispatched(
  items: Items,
  orgId: string,
  time: { readonly from?: number; readonly to?: number },
  each: (line: StoredLine) => void,
): Promise<void> {
  const { from = -Infinity, to = Infinity } = time;
  const stretches = await dispatchedStretches(items, orgId, time);
  await eachLine(items, stretches, (line) => {
    if (line.at >= from && line.at < to) each(line);
  });
}

/** Does something with each of a list, with few of them at once. */
export async function inParallel<T>(
  list: readonly T[],
  act: (one: T) => Promise<void>,
): Promise<void> {
  const rest = list.values();
  const worker = async (): Promise<void> => {
    for (const one of rest) await act(one);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, list.length) }, worker));
}

async function eachLine(
  items: Items,
  stretches: readonly Stretch[],
  each: (line: StoredLine) => void,
): Promise<void> {
  await inParallel(stretches, async (stretch) => {
    for await (const page of itemPages(items, stretch)) {
      for (const item of page) each(lineOf(item));
    }
  });
}

/** A stretch that is being merged: how far it was read. */
interface Reading {
  readonly stretch: Stretch;
  last: string | undefined;
  done: boolean;
}

/**
 * The first lines of several stretches together. Every stretch is read only as far as it can still
 * have one of them; how many of them there are does not matter to what is kept.
 */
async function mergedLines(
  items: Items,
  stretches: readonly Stretch[],
  { filter, after }: Wanted,
  limit: number,
): Promise<readonly PlacedLine[]> {
  const readings = stretches.map((stretch): Reading => ({ stretch, last: after, done: false }));
  let kept: PlacedLine[] = [];
  const worst = (): string | undefined => kept[limit - 1]?.key.sk;
  const isOpen = ({ done, last }: Reading): boolean => {
    const bound = worst();
    return !done && (bound === undefined || last === undefined || last < bound);
  };
  for (let round = 0, open = readings; open.length > 0; round++, open = readings.filter(isOpen)) {
    const share = Math.ceil(limit / open.length) * 2 ** round;
    const pageItems = Math.min(PAGE_ITEMS, Math.max(MERGED_PAGE_MIN, share));
    await inParallel(open, async (reading) => {
      if (!isOpen(reading)) return;
      const page = await nextPage(items, reading, worst(), pageItems);
      const found = page
        .map((item) => ({ key: { pk: item.pk, sk: item.sk }, line: lineOf(item) }))
        .filter(({ line }) => isAsked(line.entry, filter));
      if (found.length > 0) kept = [...kept, ...found].sort(bySortKey).slice(0, limit);
    });
  }
  return kept;
}

async function nextPage(
  items: Items,
  reading: Reading,
  worst: string | undefined,
  pageItems: number,
): Promise<readonly Item[]> {
  const { stretch, last } = reading;
  const from = later(stretch.from, last);
  const to = earlier(stretch.to, worst);
  if (from !== undefined && to !== undefined && from > to) {
    reading.done = true;
    return [];
  }
  // Bounds are inclusive: the last item comes again.
  const limit = pageItems + 1;
  const found = await items.query({
    pk: stretch.pk,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    limit,
  });
  const page = found[0]?.sk === last ? found.slice(1) : found;
  reading.done = found.length < limit;
  reading.last = page.at(-1)?.sk ?? last;
  return page;
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

function bySortKey(a: PlacedLine, b: PlacedLine): number {
  return a.key.sk < b.key.sk ? -1 : 1;
}
