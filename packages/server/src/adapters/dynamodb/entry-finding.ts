/** Finds entries by ids: those of a request, corrections, and what a log says is where. */
import { isAsked, type EntryFilter } from '@tollkeeper/core';
import { attemptOf } from './attempt-item.ts';
import { lineOf } from './entry-item.ts';
import { organizations } from './entry-days.ts';
import { inParallel, type PlacedLine } from './entry-reading.ts';
import { allItems } from './item-pages.ts';
import type { ItemKey, Items } from './items.ts';
import { attemptKey, correctionsPartition, knownAsPartition, lineKey } from './keys.ts';
import { entryKeyIn, knownAsOf, lineMarkOf } from './line-items.ts';

/**
 * The entries of a request, in no order: its attempts, submissions and corrections. Without an
 * organization all of them are asked, one by one.
 */
export async function linesOfRequest(
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
    add(lineKey('submission', `${org}/${requestId}`));
    for (const item of await allItems(items, { pk: knownAsPartition(org, requestId) })) {
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
