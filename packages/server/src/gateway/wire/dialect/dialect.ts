/**
 * What the meter has to know of one shape of InvokeModel bodies. There is one `Dialect` for each
 * body family; `table.ts` holds them all.
 */
import type { UnitsAsked } from '../reading.ts';
import type { StreamNotes } from '../stream-notes.ts';
import type { Counts } from '../usage-counts.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** How one family states maxima in requests and usage in replies. */
export interface Dialect {
  /** Where a request states the most output tokens of an answer. */
  readonly maximum: OutputMaximum;
  /**
   * Tokens that are billed: of prompt and answer, of the prompt alone (embeddings), or none at all
   * (images, search units). Token headers are read accordingly.
   */
  readonly tokens: 'both' | 'input' | 'none';
  /** Units that a request asks for; absent where the family knows none. */
  readonly readUnits?: (body: JsonObject) => UnitsRead | null;
  /** Tier that the body of a request asks for, in AWS's words, where it may stand in the body. */
  readonly readTier?: (body: JsonObject) => string | undefined;
  /** Reads the usage that a complete reply states in its body. */
  readonly readReply: (reply: JsonObject, counts: Counts, asked: UnitsAsked | undefined) => void;
  /**
   * Notes one chunk of a stream; `bytes` is its length, `last` whether it has the invocation
   * metrics. Metrics prove completion in every dialect that has no proof of its own.
   */
  readonly noteChunk: (chunk: JsonObject, notes: StreamNotes, bytes: number, last: boolean) => void;
}

/** A member of the body (null: the body itself), and the names in it. */
export interface OutputMaximum {
  readonly within: string | null;
  readonly names: ReadonlySet<string>;
}

/** Units read of a request. */
export interface UnitsRead {
  /** The most of each unit that the request can be billed for. */
  readonly most: Readonly<Record<string, number>>;
  readonly asked: UnitsAsked;
  /** Bytes of the body that become these units and no tokens. */
  readonly bytes: number;
  /** Whether all input that is not text becomes these units, so that its tokens are known: none. */
  readonly covered: boolean;
}

/** Maxima that stand at the top of the body. */
export function atTop(...names: readonly string[]): OutputMaximum {
  return { within: null, names: new Set(names) };
}

/** Counts every unit that was asked for as one that is billed. */
export function addAsked(asked: UnitsAsked | undefined, counts: Counts): void {
  if (asked === undefined) return;
  counts.units = { ...counts.units, ...asked.units };
  if (asked.estimate !== null) counts.estimate = asked.estimate;
}

/** A stream whose only proof of completion is its metrics, and whose text is not told apart. */
export function noteOpaque(
  _chunk: JsonObject,
  notes: StreamNotes,
  bytes: number,
  last: boolean,
): void {
  if (last) {
    notes.complete = true;
    return;
  }
  notes.deltas++;
  notes.deltaBytes += bytes;
}

/** Elements of an array that are objects; none for anything else. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).filter(
    (element): element is JsonObject =>
      typeof element === 'object' && element !== null && !Array.isArray(element),
  );
}
