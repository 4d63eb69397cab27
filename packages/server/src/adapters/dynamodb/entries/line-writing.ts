/**
 * Appends lines to the ledger inside a command: the entry, its place in the log of its writer, and
 * what it is found by.
 *
 * Numbers of a writer are gap-free because the item of the log that names them is made on condition
 * that it is not there: of two transactions that give the same numbers one happens. All entries of
 * a group share one item of the log.
 */
import type { Entry, EntryDraft, Intent, Line } from '@tollkeeper/core';
import { mayRememberDay } from './day-registry.ts';
import { entryKey, lineAttributes } from './entry-item.ts';
import type { ItemKey, Items } from '../items/items.ts';
import {
  dayOf,
  DAYS_PARTITION,
  daysOfOrgPartition,
  daySort,
  knownAsPartition,
  logPartition,
  logSort,
  orgsOfDayPartition,
  writerKey,
} from '../items/keys.ts';
import {
  knownAsSort,
  LOG_ENTRIES_MAX,
  logAttributes,
  logOf,
  UPSTREAM_TTL_S,
  type KnownAs,
} from './line-items.ts';
import type { View } from '../groups/transactions.ts';
import { lastSequence } from './writer-logs.ts';

/** A line that is to be appended: it gets its number there. */
export interface DraftLine extends Omit<Line, 'entry'> {
  readonly entry: EntryDraft;
  readonly rev: number;
}

/** What this process remembers of what it has written, to spare itself asking or repeating. */
export class WritingMemory {
  readonly #lastSequences = new Map<string, number>();
  /** Logs that are just being read. */
  readonly #meetings = new Map<string, Promise<void>>();
  readonly #days = new Set<string>();
  readonly #calling = new Set<string>();

  /** Reads how far the log of a writer goes, if that is not known here. */
  meet(items: Items, writerId: string): Promise<void> {
    if (this.#lastSequences.has(writerId)) return Promise.resolve();
    const met =
      this.#meetings.get(writerId) ??
      this.#meetNow(items, writerId).finally(() => this.#meetings.delete(writerId));
    this.#meetings.set(writerId, met);
    return met;
  }

  async #meetNow(items: Items, writerId: string): Promise<void> {
    this.#noteSequence(writerId, await lastSequence(items, writerId));
  }

  /** The last number that is known to be given, 0 for none: there may be later ones. */
  lastSequence(writerId: string): number {
    return this.#lastSequences.get(writerId) ?? 0;
  }

  /** Whether it is known here that an organization has ever intended a call. */
  hasCalled(orgId: string): boolean {
    return this.#calling.has(orgId);
  }

  called(orgId: string): void {
    if (this.#calling.size >= ORGS_MAX) this.#calling.clear();
    this.#calling.add(orgId);
  }

  /** Whether the registers certainly have the days of a line. */
  hasDays(line: DraftLine): boolean {
    return this.#days.has(daysName(line));
  }

  /** The line was written as this entry. `now`: milliseconds since the epoch. */
  wrote(line: DraftLine, { writer_id, sequence }: Entry, now: number): void {
    this.#noteSequence(writer_id, sequence);
    const isSure = mayRememberDay(dayOf(line.entry.started_at), now);
    if (!isSure) return;
    if (this.#days.size >= DAYS_MAX) this.#days.clear();
    this.#days.add(daysName(line));
  }

  #noteSequence(writerId: string, sequence: number): void {
    this.#lastSequences.set(writerId, Math.max(sequence, this.lastSequence(writerId)));
  }
}

/** Organizations that are remembered. */
const ORGS_MAX = 100_000;
/** Pairs of days and organizations that are remembered. */
const DAYS_MAX = 100_000;

function daysName({ at, entry }: DraftLine): string {
  return `${daySort(at, entry.started_at)} ${entry.org_id}`;
}

/**
 * Appends a line. `settles` is the intent that it ends: by that and the upstream's id, the attempt
 * is known already. `now`: milliseconds since the epoch. Reads nothing, so that a command which has
 * come so far ends.
 */
export function appendLine(
  view: View,
  memory: WritingMemory,
  line: DraftLine,
  { writer_id, now, settles }: { writer_id: string; now: number; settles?: Intent },
): Entry {
  const entry = { ...line.entry, writer_id, sequence: 0 };
  const numbered = { ...entry, sequence: takeSequence(view, memory, entry) };
  const key = entryKey(numbered);
  if (!view.create(key, lineAttributes({ ...line, entry: numbered }))) {
    throw new Error(`There is an entry already at ${key.pk}/${key.sk}.`);
  }
  if (numbered.sequence === 1) view.set(writerKey(writer_id), {});
  if (!memory.hasDays(line)) register(view, line);
  for (const { id, known, ttl } of namesOf(numbered, now, settles)) {
    const named = { pk: knownAsPartition(entry.org_id, id), sk: knownAsSort(known) };
    view.set(named, ttl === undefined ? {} : { ttl });
  }
  return numbered;
}

/** Gives the next number of the writer, and puts the entry of that number into the log. */
function takeSequence(view: View, memory: WritingMemory, entry: Entry): number {
  const { writer_id } = entry;
  const ours = `log ${writer_id}`;
  let first = memory.lastSequence(writer_id) + 1;
  while (true) {
    const key: ItemKey = { pk: logPartition(writer_id), sk: logSort(first) };
    const entries = [entryKey({ ...entry, sequence: first })];
    if (view.create(key, logAttributes({ first, entries }))) {
      view.memo.set(ours, first);
      return first;
    }
    const item = view.get(key);
    if (item === undefined) throw new Error(`The log of ${writer_id} is both there and not.`);
    const log = logOf(item);
    const sequence = first + log.entries.length;
    // Another group's item stays as it is: it would be written again at each entry.
    if (view.memo.get(ours) === first && log.entries.length < LOG_ENTRIES_MAX) {
      const longer = [...log.entries, entryKey({ ...entry, sequence })];
      view.put(key, logAttributes({ first, entries: longer }));
      return sequence;
    }
    first = sequence;
  }
}

function register(view: View, { at, entry: { org_id, started_at } }: DraftLine): void {
  const day = dayOf(started_at);
  view.set({ pk: daysOfOrgPartition(org_id), sk: daySort(at, started_at) }, {});
  view.set({ pk: orgsOfDayPartition(day), sk: org_id }, {});
  view.set({ pk: DAYS_PARTITION, sk: day }, {});
}

/**
 * By which ids an entry is found besides its own, where that does not follow from its own; without
 * those at `callKey`.
 */
export function namesOf(
  entry: Entry,
  now: number,
  settles?: Intent,
): { id: string; known: KnownAs; ttl?: number }[] {
  const { entry_type, entry_id, attempt_id, request_id, upstream_request_id } = entry;
  if (entry_type !== 'attempt') {
    if (entry_type === 'submission' || request_id === entry_id) return [];
    return [{ id: request_id, known: { kind: 'L', type: entry_type, entry_id } }];
  }
  const names: { id: string; known: KnownAs; ttl?: number }[] = [];
  if (request_id !== attempt_id && request_id !== settles?.request_id) {
    names.push({ id: request_id, known: { kind: 'R', attempt_id } });
  }
  if (upstream_request_id !== null && settles === undefined) {
    const ttl = Math.ceil(now / 1_000) + UPSTREAM_TTL_S;
    names.push({ id: upstream_request_id, known: { kind: 'U', attempt_id }, ttl });
  }
  return names;
}
