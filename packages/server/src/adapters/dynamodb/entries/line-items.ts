/**
 * The small items around entries: their ids of submissions and corrections, the ids by which
 * attempts are known besides, corrections by what they correct, and the log of a writer.
 */
import { textOf } from '../items/attribute-values.ts';
import type { Item, ItemKey } from '../items/items.ts';
import { entrySort, logPartition, numberOfSortable } from '../items/keys.ts';
import type { Attributes } from '../groups/transactions.ts';

/** The way to a submission or correction, at `lineKey`. */
export interface LineMark {
  readonly entry: ItemKey;
  /** There are corrections of it. */
  readonly corrected: boolean;
}

export function lineMarkAttributes({ entry, corrected }: LineMark): Attributes {
  return { e_pk: entry.pk, e_sk: entry.sk, ...(corrected ? { corrected } : {}) };
}

export function lineMarkOf(item: Item): LineMark {
  return { entry: entryKeyIn(item), corrected: item.corrected === true };
}

/**
 * A correction under what it corrects, in `correctionsPartition`; its sort key is `correctionSort`,
 * so that those of one writer are in its order.
 */
export function correctionAttributes(entry: ItemKey): Attributes {
  return { e_pk: entry.pk, e_sk: entry.sk };
}

/** Where an item of this file, or that of an ended attempt, says that an entry is. */
export function entryKeyIn(item: Item): ItemKey {
  return { pk: textOf(item.e_pk), sk: textOf(item.e_sk) };
}

/**
 * What an id in `knownAsPartition` names, beside `callKey`. `R`: the request id of an attempt,
 * written with its intent. `U`: an attempt's upstream request id, where that is not at `callKey`.
 * Both lead to the item of the attempt, which says the rest. `L`: the request id of a submission or
 * correction, where its own id does not tell it.
 */
export type KnownAs =
  | { readonly kind: 'R' | 'U'; readonly attempt_id: string }
  | { readonly kind: 'L'; readonly type: 'submission' | 'correction'; readonly entry_id: string };

/** Seconds for which attempts are found by their upstream request id. */
export const UPSTREAM_TTL_S = 14 * 86_400;

/** Such as `R#<attempt id>` and `L#submission#<entry id>`. */
export function knownAsSort(known: KnownAs): string {
  if (known.kind === 'L') return `L#${known.type}#${known.entry_id}`;
  return `${known.kind}#${known.attempt_id}`;
}

export function knownAsOf({ sk }: ItemKey): KnownAs {
  const rest = sk.slice(2);
  if (!sk.startsWith('L#')) return { kind: sk.startsWith('R#') ? 'R' : 'U', attempt_id: rest };
  const type = rest.startsWith('submission#') ? 'submission' : 'correction';
  return { kind: 'L', type, entry_id: rest.slice(type.length + 1) };
}

/**
 * What an id of the upstream's stands for, at `callKey`: an attempt that was settled under it, a
 * submission that names it, or both. Each is written on condition of what was there, so that of the
 * two whichever comes second knows the other.
 */
export interface NamedCall {
  readonly attempt_id?: string;
  /** Entry id. */
  readonly submission?: string;
  /** Seconds since the epoch; absent: it stays. */
  readonly ttl?: number;
}

export function namedCallAttributes(call: NamedCall): Attributes {
  return { attempt: call.attempt_id, submission: call.submission, ttl: call.ttl };
}

export function namedCallOf({ attempt, submission, ttl }: Item): NamedCall {
  return {
    ...(attempt === undefined ? {} : { attempt_id: textOf(attempt) }),
    ...(submission === undefined ? {} : { submission: textOf(submission) }),
    ...(ttl === undefined ? {} : { ttl: Number(ttl) }),
  };
}

/** Whether an item of `knownAsPartition` is that at `callKey`. */
export function isNamedCall({ sk }: ItemKey): boolean {
  return sk === 'CALL';
}

/** Entries of a writer from one sequence on, at `logSort(first)`. */
export interface LogItem {
  readonly first: number;
  /** Where each lies; null: it was removed. */
  readonly entries: readonly (ItemKey | null)[];
}

/** Entries in one item of a log at most. */
export const LOG_ENTRIES_MAX = 100;

/** The writer and the numbers are in the key of the log: only the rest of each place is kept. */
export function logAttributes({ first, entries }: LogItem): Attributes {
  const places = entries.map((key) => (key === null ? null : [key.pk, startIn(key)]));
  return { first, entries: JSON.stringify(places) };
}

export function logOf(item: Item): LogItem {
  const first = Number(item.first);
  const writerId = item.pk.slice(logPartition('').length);
  const places = JSON.parse(textOf(item.entries)) as readonly (readonly [string, number] | null)[];
  const entries = places.map((place, index) => {
    if (place === null) return null;
    const [pk, startedAt] = place;
    return { pk, sk: entrySort(startedAt, writerId, first + index) };
  });
  return { first, entries };
}

/** When the entry at a key started. */
function startIn({ sk }: ItemKey): number {
  return numberOfSortable(sk.slice(0, sk.indexOf('#')));
}

/** Attempts that one group of intents of an instance has made, at `intentGroupSort`. */
export function groupAttributes(attemptIds: readonly string[]): Attributes {
  return { attempts: JSON.stringify(attemptIds) };
}

export function attemptsOfGroup(item: Item): readonly string[] {
  return JSON.parse(textOf(item.attempts)) as string[];
}
