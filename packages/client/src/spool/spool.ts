/**
 * Reports on disk until the server has them: a queue of records in segments, bounded in bytes. A
 * record is safe once `append` has resolved. Records are read in order and acknowledged up to a
 * position; whatever was not acknowledged is read again after a restart, so that everything is
 * delivered at least once. Half-written lines at the end of a segment were never called safe and
 * are ignored.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setAside, type DeadLetter } from './dead-letters.ts';
import { readPosition, writePosition, type Position } from './position.ts';
import { LINE_BYTES_MAX, lineOf, linesIn, type Line } from './record-line.ts';
import {
  linesOf,
  readSegment,
  removeSegment,
  segmentFile,
  segmentsIn,
  type Segment,
} from './segment-files.ts';
import { newSegment, type SegmentWriter } from './segment-writer.ts';
import { lockSpool } from './spool-lock.ts';

/** Lines that are written, and reports that are told so, by one sync. */
const GROUP_MAX = 1000;
/** What is read from a segment at a time. */
const READ_BYTES = 256 * 1024;
const SEGMENT_BYTES_MAX = 1024 * 1024;
/** Delivered segments give their room back one by one, so there must be several. */
const SEGMENTS_MIN = 4;

export interface SpoolBounds {
  /** Bytes on disk that wait to be delivered, at most. */
  readonly bytesMax: number;
  /** Bytes of refused records, at most. */
  readonly deadLetterBytesMax: number;
}

/** A line of the spool, and the position behind it. */
export interface Spooled {
  readonly line: Line;
  readonly behind: Position;
}

/** No room: nothing was written. */
export class SpoolFull extends Error {
  override readonly name = 'SpoolFull';

  constructor(dir: string, bytesMax: number) {
    super(
      `The spool ${dir} has reached its bound of ${bytesMax} bytes: reports come in faster than ` +
        'the server takes them, or it cannot be reached. Nothing of this report was kept; repeat ' +
        'it later under the same request_id, or allow more bytes.',
    );
  }
}

/** The disk refused: the report is not safe. */
export class SpoolFailed extends Error {
  override readonly name = 'SpoolFailed';

  constructor(dir: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`The spool ${dir} cannot be written: ${why}`, { cause });
  }
}

interface Waiting {
  readonly line: Buffer;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Opens the spool of a directory, which it makes if need be. Throws `SpoolInUse`. */
export class Spool {
  readonly #dir: string;
  readonly #bounds: SpoolBounds;
  readonly #segmentBytesMax: number;
  readonly #unlock: () => void;
  /** Bytes that are safe by segment, oldest first. */
  readonly #segments: Map<number, number>;
  readonly #waiting: Waiting[] = [];
  #position: Position;
  #last: number;
  #writer: SegmentWriter | undefined;
  #writing: Promise<void> | undefined;
  #waitingBytes = 0;
  #pending = 0;
  #sealed = false;
  #closed = false;

  constructor(dir: string, bounds: SpoolBounds) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#dir = dir;
    this.#bounds = bounds;
    this.#segmentBytesMax = Math.min(SEGMENT_BYTES_MAX, Math.floor(bounds.bytesMax / SEGMENTS_MIN));
    this.#unlock = lockSpool(dir, join(dir, 'lock'));
    try {
      this.#position = readPosition(this.#positionFile);
      const found = this.#undelivered(segmentsIn(dir));
      this.#segments = new Map(found.map(({ number, bytes }) => [number, bytes]));
      this.#last = Math.max(this.#position.segment, found.at(-1)?.number ?? 0);
      for (const { number } of found) this.#pending += this.#unread(number);
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  /** Records that wait to be delivered. */
  get pending(): number {
    return this.#pending;
  }

  /** Bytes on disk; delivered records count until their segment is removed. */
  get bytes(): number {
    let sum = 0;
    for (const bytes of this.#segments.values()) sum += bytes;
    return sum;
  }

  /** Where refused records are kept. */
  get deadLetterFile(): string {
    return join(this.#dir, 'dead-letters.jsonl');
  }

  /** Resolves once the record is on disk. Rejects with `SpoolFull` or `SpoolFailed`. */
  append(value: unknown): Promise<void> {
    const line = lineOf(value);
    if (this.#sealed) return Promise.reject(new Error('The spool is closed.'));
    if (line.length > LINE_BYTES_MAX) {
      return Promise.reject(new RangeError(`A report has more than ${LINE_BYTES_MAX} bytes.`));
    }
    if (this.bytes + this.#waitingBytes + line.length > this.#bounds.bytesMax) {
      return Promise.reject(new SpoolFull(this.#dir, this.#bounds.bytesMax));
    }
    this.#waitingBytes += line.length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** The first records that are not acknowledged, at most `max`; none when all are. */
  async read(max: number): Promise<readonly Spooled[]> {
    for (;;) {
      const segment = this.#oldest();
      if (segment === undefined) return this.#nothing();
      const offset = segment === this.#position.segment ? this.#position.offset : 0;
      const safe = this.#segments.get(segment) ?? 0;
      const room = Math.min(READ_BYTES, safe - offset);
      const bytes = await readSegment(this.#dir, segment, offset, room);
      if (bytes === undefined && offset < safe) return [this.#missing(segment, safe)];
      const lines = bytes === undefined ? [] : linesIn(bytes, max);
      if (lines.length > 0) {
        return lines.map((line) => ({ line, behind: { segment, offset: offset + line.end } }));
      }
      if (bytes !== undefined && room > LINE_BYTES_MAX) {
        return [this.#unreadable(segment, safe, bytes)];
      }
      // More may have come, and the writer gone on to the next segment, while this one was read.
      if (this.#segments.get(segment) !== safe) continue;
      if (segment === this.#writer?.number) return this.#nothing();
      await removeSegment(this.#dir, segment);
      this.#segments.delete(segment);
    }
  }

  /** Everything before the position of a record that was read is delivered. */
  async acknowledge(behind: Position, records: number): Promise<void> {
    this.#position = behind;
    this.#pending = Math.max(0, this.#pending - records);
    await writePosition(this.#positionFile, behind);
  }

  /** Keeps refused records with the reason; resolves once they are on disk. */
  async setAside(letters: readonly DeadLetter[]): Promise<void> {
    await setAside(this.deadLetterFile, letters, this.#bounds.deadLetterBytesMax);
  }

  /** Takes nothing more; resolves once what was being written is on disk or refused. */
  async seal(): Promise<void> {
    this.#sealed = true;
    await this.#writing;
  }

  /** Gives the directory back. */
  async close(): Promise<void> {
    await this.seal();
    if (this.#closed) return;
    this.#closed = true;
    await this.#leaveSegment();
    this.#unlock();
  }

  get #positionFile(): string {
    return join(this.#dir, 'position.json');
  }

  /** Never rejects: whoever waits is told. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUP_MAX);
      const bytes = Buffer.concat(group.map(({ line }) => line));
      try {
        await this.#write(bytes);
        this.#pending += group.length;
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(new SpoolFailed(this.#dir, error));
      }
      this.#waitingBytes -= bytes.length;
    }
    this.#writing = undefined;
  }

  async #write(bytes: Buffer): Promise<void> {
    if ((this.#writer?.bytes() ?? 0) >= this.#segmentBytesMax) await this.#leaveSegment();
    this.#writer ??= await newSegment(this.#dir, ++this.#last);
    const writer = this.#writer;
    try {
      await writer.append(bytes);
    } catch (error) {
      await this.#leaveSegment();
      throw error;
    }
    this.#segments.set(writer.number, writer.bytes());
  }

  async #leaveSegment(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close();
  }

  #oldest(): number | undefined {
    const [oldest] = this.#segments.keys();
    return oldest;
  }

  /** Lines of a segment that are not delivered. */
  #unread(segment: number): number {
    const offset = segment === this.#position.segment ? this.#position.offset : 0;
    return linesOf(this.#dir, segment, offset);
  }

  /** All is delivered: should lines have been lost on disk, they are waited for no longer. */
  #nothing(): readonly [] {
    this.#pending = 0;
    return [];
  }

  /** Somebody has removed the file: what was in it is lost, and that is told. */
  #missing(segment: number, safe: number): Spooled {
    const text = `${segmentFile(this.#dir, segment)} was removed`;
    return { line: { kind: 'damaged', text, end: safe }, behind: { segment, offset: safe } };
  }

  /** More bytes than any line has, and no end of line: the rest of the segment is lost. */
  #unreadable(segment: number, safe: number, bytes: Buffer): Spooled {
    const text = bytes.toString('latin1', 0, LINE_BYTES_MAX);
    const line = { kind: 'damaged', text, end: safe } as const;
    return { line, behind: { segment, offset: safe } };
  }

  /** Without those that a crash left behind after they had been delivered, which are removed. */
  #undelivered(found: readonly Segment[]): readonly Segment[] {
    const { segment } = this.#position;
    for (const { number } of found) {
      if (number < segment) rmSync(segmentFile(this.#dir, number), { force: true });
    }
    return found.filter(({ number }) => number >= segment);
  }
}
