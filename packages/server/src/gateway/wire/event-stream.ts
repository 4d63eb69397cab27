/**
 * An incremental decoder of `application/vnd.amazon.eventstream` frames. It reads a copy of what is
 * relayed: chunks come in as the network cut them, whole frames come out, both checksums checked. A
 * frame that lies whole in a chunk is read in place; only a frame cut by a chunk's end is copied,
 * and memory grows with the bytes that came, never with the length that a frame claims.
 *
 * States: `open` takes chunks; the first malformed length, checksum or header makes it `broken` for
 * good, because nothing after that can be found again.
 */
import { crc32 } from 'node:zlib';

const preludeBytes = 12;
const overheadBytes = 16;
const headerBytesMax = 128 * 1024;
const payloadBytesMax = 24 * 1024 * 1024;
const frameBytesMax = payloadBytesMax + headerBytesMax + overheadBytes;
const firstHeldBytes = 4096;
/** Bytes of a header value by its type; -1: a length of two bytes comes first. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16] as const;
const stringType = 7;

/** A whole frame. `payload` is a view that is valid only until the sink returns. */
export interface Frame {
  /** `event`, `exception` or `error`; empty when the frame has no such header. */
  readonly messageType: string;
  /** The `:event-type`, `:exception-type` or `:error-code`, whichever the frame has. */
  readonly type: string;
  readonly payload: Buffer;
}

/** Receives whole frames in order. */
export type FrameSink = (frame: Frame) => void;

/** Takes the chunks of one stream in order and hands out its frames. */
export class EventStreamDecoder {
  readonly #sink: FrameSink;
  #held: Buffer = Buffer.alloc(0);
  #heldBytes = 0;
  #broken: string | null = null;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Why no further frame can be read, or null. */
  get broken(): string | null {
    return this.#broken;
  }

  /** Bytes of a frame that has begun and not ended: 0 on a frame boundary. */
  get partialBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Reads the next chunk. Never throws (but for what the sink throws); a bad frame turns up in
   * `broken`.
   */
  push(chunk: Uint8Array): void {
    if (this.#broken !== null || chunk.byteLength === 0) return;
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = this.#heldBytes === 0 ? 0 : this.#finishHeld(bytes);
    while (this.#broken === null && at < bytes.length) {
      const total = this.#frameLength(bytes, at, bytes.length - at);
      if (total === null) return;
      if (total === 0 || total > bytes.length - at) {
        this.#hold(bytes, at, bytes.length);
        return;
      }
      this.#emit(bytes, at, total);
      at += total;
    }
  }

  /** Completes the held frame from the start of `bytes`; returns how many bytes that took. */
  #finishHeld(bytes: Buffer): number {
    let at = 0;
    if (this.#heldBytes < preludeBytes) {
      at = Math.min(preludeBytes - this.#heldBytes, bytes.length);
      this.#hold(bytes, 0, at);
      if (this.#heldBytes < preludeBytes) return at;
    }
    const total = this.#frameLength(this.#held, 0, this.#heldBytes);
    if (total === null) return at;
    const end = Math.min(at + total - this.#heldBytes, bytes.length);
    this.#hold(bytes, at, end);
    if (this.#heldBytes < total) return end;
    this.#heldBytes = 0;
    this.#emit(this.#held, 0, total);
    if (this.#held.length > firstHeldBytes) this.#held = Buffer.alloc(0);
    return end;
  }

  /**
   * The length of the frame at `at`; 0 when its prelude is not whole yet; null when it is
   * malformed.
   */
  #frameLength(bytes: Buffer, at: number, available: number): number | null {
    if (available < preludeBytes) return 0;
    const total = bytes.readUInt32BE(at);
    const headers = bytes.readUInt32BE(at + 4);
    if (total > frameBytesMax || headers > headerBytesMax || total < headers + overheadBytes) {
      return this.#break('a frame has impossible lengths');
    }
    if (total - headers - overheadBytes > payloadBytesMax) {
      return this.#break('a frame is too long');
    }
    if (crc32(bytes.subarray(at, at + 8)) !== bytes.readUInt32BE(at + 8)) {
      return this.#break('the checksum of a frame prelude is wrong');
    }
    return total;
  }

  #emit(bytes: Buffer, at: number, total: number): void {
    const end = at + total - 4;
    if (crc32(bytes.subarray(at, end)) !== bytes.readUInt32BE(end)) {
      this.#break('the checksum of a frame is wrong');
      return;
    }
    const payloadAt = at + preludeBytes + bytes.readUInt32BE(at + 4);
    const names = namesIn(bytes, at + preludeBytes, payloadAt);
    if (names === null) {
      this.#break('the headers of a frame are malformed');
      return;
    }
    const { messageType, type } = names;
    this.#sink({ messageType, type, payload: bytes.subarray(payloadAt, end) });
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    const needed = this.#heldBytes + end - start;
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(firstHeldBytes, this.#held.length * 2, needed));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldBytes, start, end);
    this.#heldBytes = needed;
  }

  #break(reason: string): null {
    this.#broken = reason;
    this.#held = Buffer.alloc(0);
    this.#heldBytes = 0;
    return null;
  }
}

interface Names {
  readonly messageType: string;
  readonly type: string;
}

/** A service has few kinds of frame, and the headers of a kind are the same bytes every time. */
const knownHeaders = new Map<string, Names>();
const KNOWN_HEADERS_MAX = 256;
const KNOWN_HEADER_BYTES_MAX = 256;

function namesIn(bytes: Buffer, at: number, end: number): Names | null {
  if (end - at > KNOWN_HEADER_BYTES_MAX) return readHeaders(bytes, at, end);
  const block = bytes.toString('latin1', at, end);
  const before = knownHeaders.get(block);
  if (before !== undefined) return before;
  const names = readHeaders(bytes, at, end);
  if (names !== null && knownHeaders.size < KNOWN_HEADERS_MAX) knownHeaders.set(block, names);
  return names;
}

/**
 * The two names that matter among the headers in [`at`, `end`), or null when the headers are
 * malformed.
 */
function readHeaders(bytes: Buffer, at: number, end: number): Names | null {
  let messageType = '';
  let type = '';
  while (at < end) {
    const nameAt = at + 1;
    const typeAt = nameAt + (bytes[at] ?? 0);
    if (typeAt >= end) return null;
    const valueType = bytes[typeAt] ?? 0;
    const fixed = VALUE_BYTES[valueType];
    if (fixed === undefined) return null;
    let valueAt = typeAt + 1;
    let valueBytes: number = fixed;
    if (fixed === -1) {
      if (valueAt + 2 > end) return null;
      valueBytes = bytes.readUInt16BE(valueAt);
      valueAt += 2;
    }
    at = valueAt + valueBytes;
    if (at > end) return null;
    if (valueType !== stringType || bytes[nameAt] !== colon) continue;
    // `:content-type`, which every frame has and nobody asks for, is not worth a string.
    if (bytes[nameAt + 1] === letterC) continue;
    const name = bytes.toString('latin1', nameAt, typeAt);
    if (name === ':message-type') messageType = bytes.toString('utf8', valueAt, at);
    else if (TYPE_HEADERS.has(name)) type = bytes.toString('utf8', valueAt, at);
  }
  return { messageType, type };
}

const colon = 0x3a;
const letterC = 0x63;
const TYPE_HEADERS = new Set([':event-type', ':exception-type', ':error-code']);
