/**
 * What is written of submissions and corrections, inside a command. What a correction corrects is
 * written along (`corrected`), so that of two corrections at the same time one sees the other.
 */
import type { Entry, EntryDraft, ExcessCause, Postings, Subject } from '@tollkeeper/core';
import type { BudgetState } from '../../../ports/ledger-store.ts';
import type { LeasedPart } from '../../../ports/leasing-ledger.ts';
import { attemptOf, ENDED_TTL_S, endedAttributes } from '../attempts/attempt-item.ts';
import { entryKey, lineOf, type StoredLine } from './entry-item.ts';
import type { Item, ItemKey } from '../items/items.ts';
import { attemptKey, correctionsPartition, correctionSort, lineKey } from '../items/keys.ts';
import { leaseAt, spend } from '../leases/lease-spending.ts';
import { ttlIn, type LedgerContext } from '../ledger-context.ts';
import { correctionAttributes, entryKeyIn, lineMarkAttributes } from './line-items.ts';
import { appendLine, type DraftLine } from './line-writing.ts';
import type { View } from '../groups/transactions.ts';
import {
  isKept,
  keepBalance,
  moved,
  shownAt,
  stateOf,
  storedAt,
  windowOf,
} from '../budgets/window-balance.ts';

/** Corrections of one entry that are looked at. */
const CORRECTIONS_MAX = 10_000;

/** An entry and its corrections. */
export interface AboutEntry {
  /** Items that lead to lines of this id, and that a correction of it has to write. */
  readonly marks: readonly Item[];
  readonly lines: readonly StoredLine[];
  /** When what has this id was dispatched; undefined: there is none. */
  readonly at: number | undefined;
}

/** What there is of an entry id. */
export function aboutEntry(view: View, entryId: string): AboutEntry {
  const keys = [
    attemptKey(entryId),
    lineKey('submission', entryId),
    lineKey('correction', entryId),
  ];
  const marks = view.getAll(keys).filter((item) => item !== undefined && leadsToEntry(item));
  const there = marks.filter((item) => item !== undefined);
  const own = there.map((item) => lineAt(view, entryKeyIn(item)));
  const dispatched = own.find((line) => line?.entry.entry_type !== 'correction');
  const lines = [...own, ...correctionsOf(view, entryId).map((key) => lineAt(view, key))];
  return {
    marks: there,
    lines: lines.filter((line) => line !== undefined),
    at: dispatched?.at,
  };
}

function leadsToEntry(item: Item): boolean {
  return !item.pk.startsWith('A#') || attemptOf(item).kind === 'ended';
}

/** Where corrections of an entry lie, those of the same group included. */
function correctionsOf(view: View, entryId: string): ItemKey[] {
  const pk = correctionsPartition(entryId);
  const found = view.query({ pk, limit: CORRECTIONS_MAX });
  const keys = new Map(found.map((item) => [item.sk, entryKeyIn(item)]));
  for (const sk of groupCorrections(view, entryId)) {
    const item = view.get({ pk, sk });
    if (item !== undefined) keys.set(sk, entryKeyIn(item));
  }
  return [...keys.values()];
}

function groupCorrections(view: View, entryId: string): string[] {
  const name = `corrections of ${entryId}`;
  const made = (view.memo.get(name) as string[] | undefined) ?? [];
  view.memo.set(name, made);
  return made;
}

/** Entries never change: as it was is as it is. */
function lineAt(view: View, key: ItemKey): StoredLine | undefined {
  const item = view.peek(key);
  return item === undefined ? undefined : lineOf(item);
}

/** A line without a hold. */
export interface LineToWrite {
  readonly entry: EntryDraft;
  readonly at: number;
  readonly postings: Postings;
  /** The writer. */
  readonly instance_id: string;
  /** Of a correction, what it corrects. */
  readonly about?: AboutEntry;
}

/** Writes a line and what it is found by. It is certain that there is none of its id. */
export function writeLine(
  context: LedgerContext,
  view: View,
  { entry, at, postings, instance_id, about }: LineToWrite,
): readonly [DraftLine, Entry] {
  const rev = context.definitions.known();
  const line = { entry, at, postings, recovered: false, ...factsOf(entry, about), rev };
  const about_writer = { writer_id: instance_id, now: context.now() };
  const written = appendLine(view, context.writing, line, about_writer);
  const place = entryKey(written);
  const { entry_id, entry_type, attempt_id, corrects_entry_id } = written;
  if (entry_type === 'attempt') {
    const ended = { entry: place, recovered: false, corrected: false };
    view.put(attemptKey(attempt_id), endedAttributes(ended, ttlIn(context, ENDED_TTL_S)));
  } else {
    const mark = lineMarkAttributes({ entry: place, corrected: false });
    view.put(lineKey(entry_type, entry_id), mark);
  }
  if (corrects_entry_id !== null && entry_type === 'correction') {
    const sk = correctionSort(written.writer_id, written.sequence);
    view.create({ pk: correctionsPartition(corrects_entry_id), sk }, correctionAttributes(place));
    groupCorrections(view, corrects_entry_id).push(sk);
    for (const { pk, sk: sort, v: _v, ...attributes } of about?.marks ?? []) {
      view.put({ pk, sk: sort }, { ...attributes, corrected: true });
    }
  }
  return [line, written];
}

/** A correction moves the counts of unknown and unpriced entries to what is known now. */
function factsOf(
  { entry_type, usage_source, priced }: EntryDraft,
  about: AboutEntry | undefined,
): { unknown: number; unpriced: number } {
  const facts = { unknown: Number(usage_source === 'unknown'), unpriced: Number(priced !== 'yes') };
  if (entry_type !== 'correction') return facts;
  const before = about?.lines ?? [];
  if (before.length === 0) return { unknown: 0, unpriced: 0 };
  for (const { unknown, unpriced } of before) {
    facts.unknown -= unknown;
    facts.unpriced -= unpriced;
  }
  return facts;
}

/** What is posted, to which budgets. */
export interface PostingToAll {
  readonly subject: Subject;
  readonly at: number;
  readonly postings: Postings;
  readonly cause: ExcessCause;
  readonly leased?: readonly LeasedPart[];
}

/**
 * Posts to every budget that covers the subject. The states of those of which more than a lease has
 * changed.
 */
export function postAll(
  context: LedgerContext,
  view: View,
  { subject, at, postings, cause, leased = [] }: PostingToAll,
): BudgetState[] {
  return context.definitions
    .covering(subject)
    .map((definition) => windowOf(definition, at))
    .filter(isKept)
    .flatMap((window) => {
      const { budget } = window.definition;
      const posting = postings[budget.limit.unit];
      const part = leased.find(({ budget_id }) => budget_id === budget.budget_id);
      const lease = part && leaseAt(view, window, part.lease_id);
      const spent = spend(view, window, lease, part?.amount ?? 0n, posting);
      if (lease !== undefined && spent.rest.amount === 0n) return [];
      const stored = storedAt(view, window);
      const next = moved(budget, stored, { held: 0n, posting: spent.rest, cause });
      keepBalance(view, window, next);
      const changed = spent.lease === undefined ? [] : [spent.lease];
      return [stateOf(window, shownAt(view, window, next, changed))];
    });
}
