/**
 * Sums the ledger up by UTC day, organization and model. A day is always summed up anew from all
 * its entries and never added to, so that doing it twice changes nothing. Which days have to be is
 * told by how far each writer's entries were when the days were last summed up: what is settled or
 * corrected late takes its day with it, however long ago that was.
 *
 * Several processes may do so at once: a document is put only where it is still the one that was
 * there before the entries were read, so what stands last was read last.
 */
import { formatUsd, isWithdrawal, sidesOf, type Entry } from '@tollkeeper/core';
import {
  DAILY_MARKS_SETTING,
  dailyDocument,
  type DailyCostRecord,
  type DailyMarksRecord,
} from '../catalog/daily-records.ts';
import { NO_PARENT } from '../catalog/records.ts';
import {
  boundsOfDay,
  dailyCosts,
  dailyTable,
  TenantNames,
  utcDayOf,
} from '../keeper/daily-costs.ts';
import type { CatalogItem, CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { DailyFiles } from '../ports/daily-files.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

const DAY_MS = 86_400_000;
/** Entries read at once: few, so that calls wait for none of it. */
const PAGE = 250;
/** How often a day is read again because another process has put a part of it meanwhile. */
const LOOKS_MAX = 20;
/** How often the clock is looked at: it may be set at any time. */
const LOOK_MS = 60_000;

export interface DailyCostsParts {
  readonly ledger: Pick<LedgerStore, 'entries' | 'entriesOfWriter' | 'writers'>;
  readonly catalog: CatalogStore;
  readonly files: DailyFiles;
  readonly clock: Clock;
  readonly log: Telemetry['log'];
  /** How many days entries are kept for certain. */
  readonly entryDays: number;
}

/** What one run did. */
export interface DailyReport {
  /** Days that were summed up, oldest first. */
  readonly days: readonly string[];
  /** Documents that changed. */
  readonly changed: number;
}

/** See the head of the file. One per process. */
export class DailyCosts {
  readonly #parts: DailyCostsParts;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<DailyReport> | undefined;

  constructor(parts: DailyCostsParts) {
    this.#parts = parts;
  }

  /**
   * Sums up today, yesterday, and every other day that has entries which its figures lack. Whoever
   * asks while a run is going on shares the one that begins after it. Rejects when the store does.
   */
  run(): Promise<DailyReport> {
    if (this.#next !== undefined) return this.#next;
    const next = this.#running.then(() => {
      this.#next = undefined;
      return runOnce(this.#parts);
    });
    this.#next = next;
    this.#running = next.catch(() => undefined);
    return next;
  }

  /** Runs now and whenever a UTC day has ended, until the returned function is called. */
  keep(): () => void {
    const { clock, log } = this.#parts;
    let stopped = false;
    let doneOn: string | undefined;
    const look = (): void => {
      if (stopped) return;
      const today = utcDayOf(clock.now());
      const due = doneOn !== today;
      const done = due ? this.run().then(() => void (doneOn = today)) : Promise.resolve();
      done
        .catch((error: unknown) => {
          const cause = error instanceof Error ? error.message : String(error);
          if (!stopped) log('warn', 'Days could not be summed up; it is tried again.', { cause });
        })
        .finally(() => {
          const untilMidnight = DAY_MS - (clock.now() % DAY_MS);
          if (!stopped) clock.after(Math.min(LOOK_MS, untilMidnight), look);
        });
    };
    look();
    return () => {
      stopped = true;
    };
  }
}

async function runOnce(parts: DailyCostsParts): Promise<DailyReport> {
  const now = parts.clock.now();
  const before = await marksOf(parts.catalog);
  const writers = await parts.ledger.writers();
  const touched = new Set([utcDayOf(now - DAY_MS), utcDayOf(now)]);
  for (const { writer_id, last_sequence } of writers) {
    await touch(parts, touched, { writer_id, last_sequence, after: before[writer_id] ?? 0 });
  }
  const days = [...touched].sort();
  const names = new TenantNames(parts.catalog);
  let changed = 0;
  for (const day of days) changed += await sumUp(parts, names, day, now);
  await advanceMarks(parts.catalog, writers);
  parts.log('info', 'Days were summed up.', { days, changed });
  return { days, changed };
}

/** Adds the days of the entries that a writer has appended since. */
async function touch(
  { ledger }: DailyCostsParts,
  days: Set<string>,
  of: { readonly writer_id: string; readonly last_sequence: number; readonly after: number },
): Promise<void> {
  let { after } = of;
  while (after < of.last_sequence) {
    const page = await ledger.entriesOfWriter(of.writer_id, after, PAGE);
    for (const { started_at } of page) days.add(utcDayOf(started_at));
    const last = page.at(-1);
    // What was removed has been exported before, and was in its day for weeks.
    if (last === undefined) return;
    after = last.sequence;
  }
}

/** Sums one day up and writes its table. How many documents changed. */
async function sumUp(
  parts: DailyCostsParts,
  names: TenantNames,
  day: string,
  now: number,
): Promise<number> {
  const isOld = boundsOfDay(day).from < now - parts.entryDays * DAY_MS;
  let changed = 0;
  for (let look = 0; ; look += 1) {
    const there = await documentsOf(parts.catalog, day);
    if (isOld && there.size > 0) {
      // Some of its entries may have been removed: what stands was made of all of them.
      parts.log('warn', 'A day is older than entries are kept; its figures stay.', { day });
      return 0;
    }
    const put = await putAll(parts, there, await foldDay(parts.ledger, day));
    changed += put.changed;
    if (!put.conflict) break;
    if (look >= LOOKS_MAX) throw new Error(`Other processes keep changing the figures of ${day}.`);
  }
  await writeTable(parts, names, day);
  return changed;
}

type Documents = ReadonlyMap<string, CatalogItem<DailyCostRecord>>;

async function documentsOf(catalog: CatalogStore, day: string): Promise<Documents> {
  const there = new Map<string, CatalogItem<DailyCostRecord>>();
  for await (const item of dailyCosts(catalog, { from: day, to: day })) there.set(item.id, item);
  return there;
}

async function putAll(
  { catalog }: DailyCostsParts,
  there: Documents,
  records: readonly DailyCostRecord[],
): Promise<{ readonly changed: number; readonly conflict: boolean }> {
  let changed = 0;
  for (const value of records) {
    const id = dailyDocument(value.day, value.org_id, value.model_id);
    const item = there.get(id);
    if (item !== undefined && isSame(item.value, value)) continue;
    const put = await catalog.put({
      ...{ kind: 'daily_cost', id, parent: value.org_id, value, quiet: true },
      expected: item?.revision ?? 0,
    });
    if (put.kind === 'conflict') return { changed, conflict: true };
    changed += 1;
  }
  return { changed, conflict: false };
}

function isSame(one: DailyCostRecord, other: DailyCostRecord): boolean {
  const members = Object.keys(other) as (keyof DailyCostRecord)[];
  return members.every((member) => one[member] === other[member]);
}

/** The figures of a day, of everything that was used or cost. */
async function foldDay(
  ledger: DailyCostsParts['ledger'],
  day: string,
): Promise<readonly DailyCostRecord[]> {
  const sums = new Map<string, Sum>();
  let cursor: string | undefined;
  do {
    const page = await ledger.entries({
      ...boundsOfDay(day),
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const entry of page.entries) add(sums, entry);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return [...sums.values()].filter(isSomething).map((sum) => ({
    day,
    org_id: sum.org_id,
    model_id: sum.model_id,
    invocations: sum.invocations,
    input_tokens: sum.input_tokens,
    output_tokens: sum.output_tokens,
    input_cost: formatUsd(sum.input_cost),
    output_cost: formatUsd(sum.output_cost),
    unknown_invocations: sum.unknown_invocations,
  }));
}

interface Sum {
  readonly org_id: string;
  readonly model_id: string;
  invocations: number;
  unknown_invocations: number;
  input_tokens: number;
  output_tokens: number;
  input_cost: bigint;
  output_cost: bigint;
}

const NOTHING = {
  ...{ invocations: 0, unknown_invocations: 0, input_tokens: 0, output_tokens: 0 },
  ...{ input_cost: 0n, output_cost: 0n },
};

function add(sums: Map<string, Sum>, entry: Entry): void {
  const { org_id, model_id } = entry;
  const key = `${org_id}/${model_id}`;
  let sum = sums.get(key);
  if (sum === undefined) {
    sum = { org_id, model_id, ...NOTHING };
    sums.set(key, sum);
  }
  const sides = sidesOf(entry);
  sum.input_tokens += sides.input_tokens;
  sum.output_tokens += sides.output_tokens;
  sum.input_cost += sides.input_cost;
  sum.output_cost += sides.output_cost;
  const invocations = invocationsOf(entry);
  sum.invocations += invocations;
  if (invocations === 1 && entry.usage === null) sum.unknown_invocations += 1;
}

/**
 * How often a model answered, or may have. Counting tokens asks none. What was withdrawn is one
 * less.
 */
function invocationsOf(entry: Entry): number {
  const { entry_type, outcome, operation } = entry;
  if (entry_type === 'correction' && !isWithdrawal(entry)) return 0;
  if (operation === 'CountTokens' || outcome === 'refused' || outcome === 'upstream_error') {
    return 0;
  }
  return entry_type === 'correction' ? -1 : 1;
}

function isSomething(sum: Sum): boolean {
  const { invocations, input_tokens, output_tokens, input_cost, output_cost } = sum;
  return invocations + input_tokens + output_tokens > 0 || input_cost !== 0n || output_cost !== 0n;
}

/** The table of a day as its documents are when it is written. */
async function writeTable(
  { catalog, files }: DailyCostsParts,
  names: TenantNames,
  day: string,
): Promise<void> {
  let written: string | undefined;
  for (;;) {
    const rows = [];
    for (const { value } of (await documentsOf(catalog, day)).values()) {
      rows.push({ record: value, name: await names.of(value.org_id) });
    }
    if (rows.length === 0) return;
    const text = dailyTable(rows);
    // Another process may have put figures and written its table in between.
    if (text === written) return;
    await files.write(day, text);
    written = text;
  }
}

async function marksOf(catalog: CatalogStore): Promise<DailyMarksRecord['marks']> {
  return (await catalog.get<DailyMarksRecord>('setting', DAILY_MARKS_SETTING))?.value.marks ?? {};
}

/** Notes how far the days are. A mark never moves back. */
async function advanceMarks(
  catalog: CatalogStore,
  writers: readonly { readonly writer_id: string; readonly last_sequence: number }[],
): Promise<void> {
  for (;;) {
    const item = await catalog.get<DailyMarksRecord>('setting', DAILY_MARKS_SETTING);
    const there = item?.value.marks ?? {};
    const marks = Object.fromEntries(
      writers.map(({ writer_id, last_sequence }) => [
        writer_id,
        Math.max(there[writer_id] ?? 0, last_sequence),
      ]),
    );
    const behind = writers.some(({ writer_id }) => there[writer_id] !== marks[writer_id]);
    if (!behind) return;
    const put = await catalog.put({
      ...{ kind: 'setting', id: DAILY_MARKS_SETTING, parent: NO_PARENT, quiet: true },
      ...{ value: { marks: { ...there, ...marks } }, expected: item?.revision ?? 0 },
    });
    if (put.kind === 'put') return;
  }
}
