/**
 * Where entries lie that started, or were dispatched, in a time: by the registers of days, so that
 * no partition is looked at that has nothing.
 */
import { allItems, itemPages } from '../items/item-pages.ts';
import type { Item, Items } from '../items/items.ts';
import {
  dayOf,
  DAYS_PARTITION,
  daysOfOrgPartition,
  ENTRY_SHARDS,
  entriesPartition,
  NEAR_MS,
  orgsOfDayPartition,
  sortable,
} from '../items/keys.ts';

/** A part of a partition of entries. Bounds are inclusive. */
export interface Stretch {
  readonly pk: string;
  readonly from?: string;
  readonly to?: string;
}

/** Entries that started from `from` (inclusive) to `to` (exclusive). */
export interface Started {
  readonly org_id?: string;
  readonly from?: number;
  readonly to?: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Characters of a day, such as 2026-11-23. */
const DAY_LENGTH = 10;
/** Sorts behind everything that a sort key of a day begins with. */
const BEHIND = '~';

/** Days on which entries started, the oldest first, and where those of each are. */
export async function* startedStretches(
  items: Items,
  { org_id, from, to }: Started,
): AsyncGenerator<readonly Stretch[]> {
  const days =
    org_id === undefined ? await allDays(items, from, to) : await daysOf(items, org_id, from, to);
  const bounds = {
    ...(from === undefined ? {} : { from: sortable(from) }),
    ...(to === undefined ? {} : { to: sortable(to) }),
  };
  for (const day of days) {
    const orgs = org_id === undefined ? await orgsOf(items, day) : [org_id];
    yield orgs.flatMap((org) => partitionsOf(org, day)).map((pk) => ({ pk, ...bounds }));
  }
}

/**
 * Where entries of an organization may be that were dispatched from `from` on and before `to`, in
 * milliseconds since the epoch; absent: without that bound. There are others in those stretches,
 * but none is in two of them.
 */
export async function dispatchedStretches(
  items: Items,
  orgId: string,
  time: { readonly from?: number; readonly to?: number },
): Promise<readonly Stretch[]> {
  const { from, to } = time;
  const found = await allItems(items, {
    pk: daysOfOrgPartition(orgId),
    ...(from === undefined ? {} : { from: dayOf(from) }),
    ...(to === undefined ? {} : { to: `${dayOf(to)}#${BEHIND}` }),
  });
  const spans = Map.groupBy(
    found.map(({ sk }) => spanOf(startIn(sk), time)),
    ({ day }) => day,
  );
  return [...spans].flatMap(([day, ofDay]) =>
    partitionsOf(orgId, day).flatMap((pk) =>
      together(ofDay).map((span) => ({ pk, from: sortable(span.from), to: sortable(span.to) })),
    ),
  );
}

/** A part of a day, from the start inclusive to the end exclusive. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** When entries started of which a register says this. */
function spanOf(
  start: string,
  { from = -Infinity, to = Infinity }: { readonly from?: number; readonly to?: number },
): Span & { readonly day: string } {
  const day = start.slice(0, DAY_LENGTH);
  if (start.length > DAY_LENGTH) {
    const hour = Date.parse(`${start}:00:00.000Z`);
    return { day, from: hour, to: hour + HOUR_MS };
  }
  const midnight = Date.parse(day);
  return {
    day,
    from: Math.max(midnight, from - NEAR_MS),
    to: Math.min(midnight + DAY_MS, to + NEAR_MS),
  };
}

/** The same moments in spans of which no two meet. */
function together(spans: readonly Span[]): Span[] {
  const joined: { from: number; to: number }[] = [];
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || from > last.to) joined.push({ from, to });
    else last.to = Math.max(last.to, to);
  }
  return joined.filter(({ from, to }) => from < to);
}

/** Every organization that has entries. */
export async function organizations(items: Items): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const day of await allDays(items)) {
    for (const org of await orgsOf(items, day)) found.add(org);
  }
  return found;
}

/** Days on which entries started, of all organizations. */
export async function allDays(items: Items, from?: number, to?: number): Promise<string[]> {
  const found = await allItems(items, {
    pk: DAYS_PARTITION,
    ...(from === undefined ? {} : { from: dayOf(from) }),
    ...(to === undefined ? {} : { to: dayOf(to) }),
  });
  return found.map(({ sk }) => sk);
}

/** Organizations that have entries of a day. */
export async function orgsOf(items: Items, day: string): Promise<string[]> {
  return (await allItems(items, { pk: orgsOfDayPartition(day) })).map(({ sk }) => sk);
}

/** The items that register days of dispatch for a day of start, of one organization. */
export async function pairsOfStart(items: Items, orgId: string, day: string): Promise<Item[]> {
  const found = await allItems(items, { pk: daysOfOrgPartition(orgId) });
  return found.filter(({ sk }) => startOf(sk) === day);
}

/** Whether an organization has no entry that started on a day. */
export async function isDayEmpty(items: Items, orgId: string, day: string): Promise<boolean> {
  for (const pk of partitionsOf(orgId, day)) {
    if ((await items.query({ pk, limit: 1 })).length > 0) return false;
  }
  return true;
}

/** The partitions of one organization and day. */
export function partitionsOf(orgId: string, day: string): string[] {
  return Array.from({ length: ENTRY_SHARDS }, (_, shard) => entriesPartition(orgId, day, shard));
}

async function daysOf(items: Items, orgId: string, from?: number, to?: number): Promise<string[]> {
  const days = new Set<string>();
  for await (const page of itemPages(items, { pk: daysOfOrgPartition(orgId) })) {
    for (const { sk } of page) days.add(startOf(sk));
  }
  const first = from === undefined ? '' : dayOf(from);
  const last = to === undefined ? BEHIND : dayOf(to);
  return [...days].filter((day) => day >= first && day <= last).sort();
}

/** The day or hour of the start in `<day of dispatch>#<start>`. */
function startIn(sk: string): string {
  return sk.slice(sk.indexOf('#') + 1);
}

/** The day of it. */
function startOf(sk: string): string {
  return startIn(sk).slice(0, DAY_LENGTH);
}
