/** Finds entries by ids: those of a request, corrections, and what a log says is where. */
import { isAsked, type EntryFilter } from '@tollkeeper/core';
import { attemptOf, ENDED_TTL_S } from '../attempts/attempt-item.ts';
import { entryKey, lineOf } from './entry-item.ts';
import { organizations } from './entry-days.ts';
import { eachStarted, inParallel, type PlacedLine } from './entry-reading.ts';
import { allItems } from '../items/item-pages.ts';
import type { ItemKey, Items } from '../items/items.ts';
import { attemptKey, correctionsPartition, knownAsPartition, lineKey } from '../items/keys.ts';
import { entryKeyIn, isNamedCall, knownAsOf, lineMarkOf, namedCallOf } from './line-items.ts';

/** Attempts older than this may not be known by their ids any more. */
const KNOWN_MS = (ENDED_TTL_S - 86_400) * 1_000;
/** When attempts of a request may start, by when its id was made. */
const BEFORE_MS = 60_000;
const AFTER_MS = 3_600_000;

/**
 * The entries of a request, in no order: its attempts, submissions and corrections. Without an
 * organization all of them are asked, one by one. `now`: milliseconds since the epoch.
 */
export async function linesOfRequest(
  items: Items,
  requestId: string,
  filter: EntryFilter,
  now: number,
): Promise<readonly PlacedLine[]> {
  const known = await knownLines(items, requestId, filter);
  const madeAt = timeIn(requestId);
  if (madeAt === undefined || madeAt > now - KNOWN_MS) return known;
  const from = Math.max(filter.from ?? -Infinity, madeAt - BEFORE_MS);
  const to = Math.min(filter.to ?? Infinity, madeAt + AFTER_MS);
  const found = new Map(known.map((line) => [line.key.sk, line]));
  await eachStarted(items, { ...filter, request_id: requestId, from, to }, (line) => {
    const key = entryKey(line.entry);
    found.set(key.sk, { key, line });
  });
  return [...found.values()];
}

/** What marks and known ids lead to. */
async function knownLines(
  items: Items,
  requestId: string,
  filter: EntryFilter,
): Promise<PlacedLine[]> {
  const { org_id } = filter;
  const orgs = org_id === undefined ? await organizations(items) : [org_id];
  const marks = new Map<string, ItemKey>();
  const add = (key: ItemKey): void => void marks.set(`${key.pk} ${key.sk}`, key);
  add(attemptKey(requestId));
  for (const type of ['submission', 'correction'] as const) add(lineKey(type, requestId));
  await inParallel([...orgs], async (org) => {
    for (const item of await allItems(items, { pk: knownAsPartition(org, requestId) })) {
      if (isNamedCall(item)) {
        const { submission } = namedCallOf(item);
        if (submission !== undefined) add(lineKey('submission', submission));
        continue;
      }
      const known = knownAsOf(item);
      if (known.kind === 'R') add(attemptKey(known.attempt_id));
      if (known.kind === 'L') add(lineKey(known.type, known.entry_id));
    }
  });
  const found = await linesAt(items, await entriesBehind(items, [...marks.values()]));
  return found.filter(({ line }) => isAsked(line.entry, filter));
}

/** The corrections of entries, those of one writer in its order. */
export async function correctionsOf(
  items: Items,
  entryIds: readonly string[],
): Promise<PlacedLine[]> {
  const keys: ItemKey[] = [];
  await inParallel([...new Set(entryIds)], async (id) => {
    const found = await allItems(items, { pk: correctionsPartition(id) });
    keys.push(...found.map(entryKeyIn));
  });
  return (await linesAt(items, keys)).sort(({ line: a }, { line: b }) => {
    const [left, right] = [a.entry, b.entry];
    if (left.writer_id !== right.writer_id) return left.writer_id < right.writer_id ? -1 : 1;
    return left.sequence - right.sequence;
  });
}

/** The lines at these keys, in their order; those that are no more are left out. */
export async function linesAt(items: Items, keys: readonly ItemKey[]): Promise<PlacedLine[]> {
  if (keys.length === 0) return [];
  const found = await items.get(keys);
  return found.flatMap((item) =>
    item === undefined ? [] : [{ key: { pk: item.pk, sk: item.sk }, line: lineOf(item) }],
  );
}

/** When a time-ordered UUID was made (RFC 9562, version 7), in milliseconds since the epoch. */
function timeIn(id: string): number | undefined {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-/i.exec(id) ?? [];
  return high === undefined ? undefined : Number.parseInt(`${high}${low}`, 16);
}

/** Where the entries are that attempts and marks of lines lead to. */
async function entriesBehind(items: Items, keys: readonly ItemKey[]): Promise<ItemKey[]> {
  const found = await items.get(keys);
  return found.flatMap((item) => {
    if (item === undefined) return [];
    if (!item.pk.startsWith('A#')) return [lineMarkOf(item).entry];
    const attempt = attemptOf(item);
    return attempt.kind === 'ended' ? [attempt.entry] : [];
  });
}
