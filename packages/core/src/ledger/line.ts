/**
 * A line of the ledger: an entry with what only stores need to know of it. How lines are narrowed
 * and put in order is here, so that all stores list and sum the same.
 */
import type { Postings } from './correction.ts';
import type { Entry } from './entry.ts';

/** An entry with what only the store needs to know of it. */
export interface Line {
  readonly entry: Entry;
  /** The moment that chose its windows: dispatch, or as given. */
  readonly at: number;
  readonly postings: Postings;
  readonly recovered: boolean;
  /** How this line changes the numbers of entries with unknown usage, and without a full price. */
  readonly unknown: number;
  readonly unpriced: number;
}

/**
 * How many requests a line counts as: an entry one, a correction none, but one less where it posts
 * that a request was none.
 */
export function requestsOf({ entry, postings }: Pick<Line, 'entry' | 'postings'>): number {
  if (entry.entry_type !== 'correction') return 1;
  return postings.requests.amount < 0n ? -1 : 0;
}

/** All members narrow; `from` is inclusive and `to` exclusive, on `started_at`. */
export interface EntryFilter {
  readonly org_id?: string;
  readonly app_id?: string;
  readonly user_id?: string;
  readonly key_id?: string;
  readonly label?: string;
  readonly model_id?: string;
  readonly request_id?: string;
  readonly from?: number;
  readonly to?: number;
}

const FIELDS = [
  'org_id',
  'app_id',
  'user_id',
  'key_id',
  'label',
  'model_id',
  'request_id',
] as const;

/** Whether an entry is among those that are asked for. */
export function isAsked(entry: Entry, asked: EntryFilter): boolean {
  return (
    FIELDS.every((field) => asked[field] === undefined || entry[field] === asked[field]) &&
    (asked.from === undefined || entry.started_at >= asked.from) &&
    (asked.to === undefined || entry.started_at < asked.to)
  );
}

/** What an entry is in order by. */
export type EntryPlace = Pick<Entry, 'started_at' | 'writer_id' | 'sequence'>;

/** By start, writer and number: the order of lists. */
export function inEntryOrder(a: EntryPlace, b: EntryPlace): number {
  if (a.started_at !== b.started_at) return a.started_at - b.started_at;
  if (a.writer_id !== b.writer_id) return a.writer_id < b.writer_id ? -1 : 1;
  return a.sequence - b.sequence;
}

/** Names the place of an entry in the order of lists. */
export function entryCursor({ started_at, writer_id, sequence }: EntryPlace): string {
  return `${started_at}.${sequence}.${writer_id}`;
}

/** Reads back what `entryCursor` wrote. Throws a RangeError for anything else. */
export function readEntryCursor(cursor: string): EntryPlace {
  const [, startedAt, sequence, writer_id = ''] = /^(-?\d+)\.(\d+)\.(.*)$/s.exec(cursor) ?? [];
  if (startedAt === undefined) throw new RangeError('This is not a cursor of a list of entries.');
  return { started_at: Number(startedAt), sequence: Number(sequence), writer_id };
}
