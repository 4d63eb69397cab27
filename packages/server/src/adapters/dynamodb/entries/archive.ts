/**
 * How entries leave the table: what was copied, what may go, and the sums that stay for budgets
 * without an end. An entry goes with everything that leads to it, in the transaction that adds it
 * to the sum of its subject.
 */
import { createHash } from 'node:crypto';
import { addPostings, covers, subjectIn } from '@tollkeeper/core';
import type { Budget, Postings, Subject } from '@tollkeeper/core';
import type { CopiedThrough, ForgetEntries, Forgotten } from '../../../ports/ledger-archive.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Ids } from '../../../ports/ids.ts';
import {
  postingsOfText,
  postingsToText,
  textOf,
  type PostingsText,
} from '../items/attribute-values.ts';
import { UNREGISTER_AFTER_MS, unregisterDay } from './day-registry.ts';
import { isDayEmpty, orgsOf, pairsOfStart } from './entry-days.ts';
import { firstLines, type PlacedLine } from './entry-reading.ts';
import { allItems } from '../items/item-pages.ts';
import type { Item, ItemKey, Items } from '../items/items.ts';
import {
  archivedPartition,
  attemptKey,
  COPIES_PARTITION,
  copySort,
  correctionsPartition,
  correctionSort,
  dayOf,
  DAYS_PARTITION,
  knownAsPartition,
  lineKey,
  logSort,
  orgsOfDayPartition,
  removedKey,
} from '../items/keys.ts';
import { knownAsSort, logAttributes, logOf } from './line-items.ts';
import { unname } from '../attempts/named-calls.ts';
import type { Transactions, View } from '../groups/transactions.ts';
import { logKeysOf } from './writer-logs.ts';

/** Entries that go in one transaction: each takes a few items along. */
const GONE_AT_ONCE = 9;

export interface ArchiveParts {
  readonly items: Items;
  readonly transactions: Transactions;
  readonly ids: Ids;
  readonly clock: Clock;
}

/** What removed entries of one subject come to. */
interface Archived {
  readonly subject: Subject;
  readonly entries: number;
  readonly postings: Postings;
}

/** How far each writer was copied to a place, in the order of the writers. */
export async function copiedTo(items: Items, place: string): Promise<CopiedThrough[]> {
  const found = await allItems(items, {
    pk: COPIES_PARTITION,
    from: copySort(place, ''),
    // The next character after the one that ends the place.
    to: `${place}$`,
  });
  return found
    .filter((item) => item.place === place)
    .map(copiedThrough)
    .sort((a, b) => (a.writer_id < b.writer_id ? -1 : 1));
}

/** Notes how far a copy goes. It never moves back. */
export async function markCopied(
  { transactions }: ArchiveParts,
  place: string,
  { writer_id, sequence }: CopiedThrough,
): Promise<void> {
  const key = { pk: COPIES_PARTITION, sk: copySort(place, writer_id) };
  await transactions.run({
    kind: 'other',
    reads: [key],
    decide(view) {
      if (Number(view.get(key)?.sequence ?? -1) >= sequence) return;
      view.put(key, { place, writer_id, sequence });
    },
  });
}

/** Removes the oldest entries, as far as they were copied. */
export async function forgetEntries(
  parts: ArchiveParts,
  command: ForgetEntries,
): Promise<Forgotten> {
  const { before, limit } = command;
  const { items } = parts;
  const oldest = await firstLines(items, { filter: { to: before } }, limit);
  const copied = await copiedAnywhere(items);
  const gone = oldest.filter(
    ({ line: { at, entry } }) =>
      at < before && entry.sequence <= (copied.get(entry.writer_id) ?? 0),
  );
  let removed = 0;
  for (let first = 0; first < gone.length; first += GONE_AT_ONCE) {
    const some = gone.slice(first, first + GONE_AT_ONCE);
    const logs = await logKeysOf(items, some);
    removed += await parts.transactions.run({
      kind: 'other',
      reads: [...some.flatMap(keysOf), ...logs],
      decide: (view) => remove(view, some, logs),
    });
  }
  await forgetDays(parts, gone, before);
  return { removed, kept: oldest.length - gone.length };
}

/** What removed entries have posted to a budget without an end, in its unit; and how many. */
export async function archivedPostings(
  items: Items,
  budget: Budget,
): Promise<{ readonly posted: bigint; readonly ceiling: bigint; readonly entries: number }> {
  const sum = { posted: 0n, ceiling: 0n, entries: 0 };
  const found = await allItems(items, { pk: archivedPartition(budget.scope.org_id) });
  for (const { subject, entries, postings } of found.map(archivedOf)) {
    sum.entries += entries;
    if (!covers(budget, subject)) continue;
    sum.posted += postings[budget.limit.unit].amount;
    sum.ceiling += postings[budget.limit.unit].ceiling;
  }
  return sum;
}

/** Takes days of which nothing is left out of the registers. */
async function forgetDays(
  { items, transactions, ids, clock }: ArchiveParts,
  gone: readonly PlacedLine[],
  before: number,
): Promise<void> {
  const last = dayOf(Math.min(before, clock.now() - UNREGISTER_AFTER_MS));
  const days = new Map<string, readonly [org: string, day: string]>();
  for (const { line } of gone) {
    const { org_id, started_at } = line.entry;
    const day = dayOf(started_at);
    if (day < last) days.set(JSON.stringify([org_id, day]), [org_id, day]);
  }
  for (const [org, day] of days.values()) {
    const isEmpty = async (): Promise<boolean> => isDayEmpty(items, org, day);
    if (!(await isEmpty())) continue;
    const mark = ids.uuid();
    for (const { pk, sk } of await pairsOfStart(items, org, day)) {
      await unregisterDay(transactions, { pk, sk }, mark, isEmpty);
    }
    const orgs = orgsOfDayPartition(day);
    await unregisterDay(transactions, { pk: orgs, sk: org }, mark, isEmpty);
    const areNone = async (): Promise<boolean> => (await orgsOf(items, day)).length === 0;
    if (!(await areNone())) continue;
    await unregisterDay(transactions, { pk: DAYS_PARTITION, sk: day }, mark, areNone);
  }
}

/** How many entries of an organization have been removed. */
export async function removedOf(items: Items, orgId: string): Promise<number> {
  const [item] = await items.get([removedKey(orgId)]);
  return Number(item?.entries ?? 0);
}

async function copiedAnywhere(items: Items): Promise<ReadonlyMap<string, number>> {
  const copied = new Map<string, number>();
  for (const { writer_id, sequence } of (await allItems(items, { pk: COPIES_PARTITION })).map(
    copiedThrough,
  )) {
    copied.set(writer_id, Math.max(sequence, copied.get(writer_id) ?? 0));
  }
  return copied;
}

function copiedThrough(item: Item): CopiedThrough {
  return { writer_id: textOf(item.writer_id), sequence: Number(item.sequence) };
}

/** Removes entries that are still there; how many these were. */
function remove(view: View, lines: readonly PlacedLine[], logs: readonly ItemKey[]): number {
  const there = view.getAll(lines.map(({ key }) => key));
  const sums = new Map<string, Archived>();
  const gone = new Set<string>();
  for (const [index, placed] of lines.entries()) {
    if (there[index] === undefined) continue;
    gone.add(placed.key.sk);
    for (const key of keysOf(placed)) if (view.peek(key) !== undefined) view.delete(key);
    unname(view, placed.line.entry);
    const { entry, postings } = placed.line;
    const subject = subjectIn(entry);
    const name = nameOf(subject);
    sums.set(name, together(sums.get(name), { subject, entries: 1, postings }));
  }
  for (const [name, added] of sums) {
    const key = { pk: archivedPartition(added.subject.org_id), sk: name };
    const item = view.get(key);
    const sum = together(item === undefined ? undefined : archivedOf(item), added);
    view.put(key, archivedAttributes(sum));
    const count = removedKey(added.subject.org_id);
    view.put(count, { entries: Number(view.get(count)?.entries ?? 0) + added.entries });
  }
  for (const key of logs) strike(view, key, gone);
  return gone.size;
}

/** Strikes entries out of a log. What nothing is left of goes, but never a writer's last number. */
function strike(view: View, key: ItemKey, gone: ReadonlySet<string>): void {
  const item = view.get(key);
  if (item === undefined) return;
  const { first, entries } = logOf(item);
  const left = entries.map((entry) => (entry === null || gone.has(entry.sk) ? null : entry));
  const next = { pk: key.pk, sk: logSort(first + entries.length) };
  const isOver = left.every((entry) => entry === null) && view.peek(next) !== undefined;
  if (isOver) view.delete(key);
  else view.put(key, logAttributes({ first, entries: left }));
}

/** An entry, and everything that leads to it but the log of its writer. */
function keysOf({ key, line: { entry } }: PlacedLine): ItemKey[] {
  const { entry_id, entry_type, attempt_id, org_id, request_id } = entry;
  const known = (id: string, sk: string): ItemKey => ({ pk: knownAsPartition(org_id, id), sk });
  if (entry_type === 'attempt') {
    const upstream = entry.upstream_request_id;
    return [
      key,
      attemptKey(attempt_id),
      ...(upstream === null ? [] : [known(upstream, knownAsSort({ kind: 'U', attempt_id }))]),
      known(request_id, knownAsSort({ kind: 'R', attempt_id })),
    ];
  }
  const corrects = entry.corrects_entry_id;
  const correction: ItemKey[] =
    corrects === null
      ? []
      : [
          {
            pk: correctionsPartition(corrects),
            sk: correctionSort(entry.writer_id, entry.sequence),
          },
        ];
  return [
    key,
    lineKey(entry_type, entry_id),
    known(request_id, knownAsSort({ kind: 'L', type: entry_type, entry_id })),
    ...correction,
  ];
}

/** One text for a subject of an organization, of a length that a key may have. */
export function nameOf({ app_id, user_id, key_id, label, model_id }: Subject): string {
  const text = JSON.stringify([app_id, user_id, key_id, label, model_id]);
  return createHash('sha256').update(text).digest('base64url');
}

/** The item of what removed entries of a subject come to. */
export function archivedAttributes({ subject, entries, postings }: Archived) {
  return { subject: JSON.stringify(subject), entries, postings: postingsToText(postings) };
}

function archivedOf(item: Item): Archived {
  return {
    subject: JSON.parse(textOf(item.subject)) as Subject,
    entries: Number(item.entries),
    postings: postingsOfText(item.postings as PostingsText),
  };
}

function together(before: Archived | undefined, added: Archived): Archived {
  if (before === undefined) return added;
  return {
    subject: added.subject,
    entries: before.entries + added.entries,
    postings: addPostings(before.postings, added.postings),
  };
}
