/**
 * Reads HTTP/1.1 replies (RFC 9112) from the bytes of one connection, incrementally and strictly:
 * what is ambiguous is an error, never a guess, because the ledger is built on where a reply ends.
 *
 * States: head -> (length | chunked | until close) -> done, and from any of them to failed. `done`
 * waits for `next`; bytes that come before it are an error, since nobody has asked for them.
 */
import { parseHead, parseField, type ReplyHead } from './reply-head.ts';

/** Told what a reply consists of, in order: head, data*, end. */
export interface ReplySink {
  head(status: number, rawHeaders: readonly string[]): void;
  data(chunk: Uint8Array): void;
  /** `reusable`: the connection may carry another request. */
  end(reusable: boolean): void;
}

/** Longest head that is read, in bytes, those of the interim replies before it included. */
const HEAD_BYTES_MAX = 128 * 1024;
/** Longest line with the size of a chunk, extensions included, and longest trailer section. */
const CHUNK_LINE_BYTES_MAX = 4 * 1024;
const TRAILER_BYTES_MAX = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const CR = 13;
const LF = 10;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,13})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?$/;
const NOTHING = Buffer.alloc(0);

type State =
  | 'head'
  | 'length'
  | 'until_close'
  | 'chunk_size'
  | 'chunk_data'
  | 'chunk_end'
  | 'trailer'
  | 'done'
  | 'failed';

export class ReplyParser {
  #sink: ReplySink;
  #state: State = 'done';
  /** Bytes of a head or line that is not whole yet. */
  #held: Buffer = NOTHING;
  /** Bytes of the body, or of its chunk, that are still to come. */
  #left = 0;
  #keepAlive = false;
  #interimBytes = 0;
  #trailerBytes = 0;

  constructor(sink: ReplySink) {
    this.#sink = sink;
  }

  /** A request was sent: a reply is due. */
  next(sink: ReplySink): void {
    this.#sink = sink;
    this.#state = 'head';
    this.#interimBytes = 0;
    this.#trailerBytes = 0;
  }

  /** Whatever comes from now on is passed over: the sink is told nothing more. */
  stop(): void {
    this.#state = 'failed';
    this.#held = NOTHING;
  }

  /** Takes the next bytes. Returns why they cannot be a reply, or undefined. */
  push(bytes: Buffer): string | undefined {
    let rest = bytes;
    if (this.#held.length > 0) {
      rest = Buffer.concat([this.#held, bytes]);
      this.#held = NOTHING;
    }
    while (rest.length > 0) {
      const taken = this.#take(rest);
      if (typeof taken === 'string') return this.#fail(taken);
      if (taken === 0) {
        // A copy: what is left of a large buffer must not keep all of it.
        this.#held = Buffer.from(rest);
        return undefined;
      }
      if (taken === rest.length) return undefined;
      rest = rest.subarray(taken);
    }
    return undefined;
  }

  /** The peer has closed. Returns why that cuts the reply off, or undefined when it ends it. */
  close(): string | undefined {
    if (this.#state === 'until_close') {
      this.#finish(false);
      return undefined;
    }
    return this.#state === 'done' ? undefined : this.#fail('the connection was closed');
  }

  /** How many bytes were used (0: more are needed), or what is wrong. */
  #take(bytes: Buffer): number | string {
    switch (this.#state) {
      case 'head':
        return this.#takeHead(bytes);
      case 'length':
      case 'chunk_data':
        return this.#takeData(bytes);
      case 'until_close':
        this.#sink.data(bytes);
        return bytes.length;
      case 'chunk_size':
        return this.#takeChunkSize(bytes);
      case 'chunk_end':
        return this.#takeChunkEnd(bytes);
      case 'trailer':
        return this.#takeTrailer(bytes);
      case 'done':
        return 'the upstream sent more than it was asked for';
      case 'failed':
        return bytes.length;
    }
  }

  #takeHead(bytes: Buffer): number | string {
    const end = bytes.indexOf(HEAD_END);
    if (this.#interimBytes + (end < 0 ? bytes.length : end) > HEAD_BYTES_MAX) {
      return 'the head of the reply is too long';
    }
    if (end < 0) return 0;
    const head = parseHead(bytes.toString('latin1', 0, end));
    if (typeof head === 'string') return head;
    const used = end + HEAD_END.length;
    if (head.status === 101) return 'the upstream switched protocols';
    // An interim reply: the real one follows.
    if (head.status < 200) this.#interimBytes += used;
    else this.#begin(head, used === bytes.length);
    return used;
  }

  /** `last`: no bytes have come after the head. */
  #begin(head: ReplyHead, last: boolean): void {
    this.#keepAlive = head.keepAlive;
    this.#sink.head(head.status, head.rawHeaders);
    if (this.#state !== 'head') return;
    if (head.status === 204 || head.status === 304 || head.length === 0) {
      this.#finish(head.keepAlive && last);
    } else if (head.chunked) {
      this.#state = 'chunk_size';
    } else if (head.length === null) {
      this.#state = 'until_close';
    } else {
      this.#left = head.length;
      this.#state = 'length';
    }
  }

  #takeData(bytes: Buffer): number {
    const count = Math.min(bytes.length, this.#left);
    const last = count === bytes.length;
    this.#left -= count;
    this.#sink.data(last ? bytes : bytes.subarray(0, count));
    if (this.#left > 0) return count;
    // The sink may have stopped it meanwhile.
    if (this.#state === 'length') this.#finish(this.#keepAlive && last);
    else if (this.#state === 'chunk_data') this.#state = 'chunk_end';
    return count;
  }

  #takeChunkSize(bytes: Buffer): number | string {
    const end = bytes.indexOf(LINE_END);
    if ((end < 0 ? bytes.length : end) > CHUNK_LINE_BYTES_MAX) return 'a chunk line is too long';
    if (end < 0) return 0;
    const size = chunkSize(bytes, end);
    if (size === undefined) return 'a chunk has no valid size';
    this.#left = size;
    this.#state = this.#left === 0 ? 'trailer' : 'chunk_data';
    return end + LINE_END.length;
  }

  #takeChunkEnd(bytes: Buffer): number | string {
    if (bytes[0] !== CR) return 'a chunk is longer than its size';
    if (bytes.length < LINE_END.length) return 0;
    if (bytes[1] !== LF) return 'a chunk is longer than its size';
    this.#state = 'chunk_size';
    return LINE_END.length;
  }

  /** Trailers are read over: nothing that is relayed or metered stands in them. */
  #takeTrailer(bytes: Buffer): number | string {
    const end = bytes.indexOf(LINE_END);
    if (this.#trailerBytes + (end < 0 ? bytes.length : end) > TRAILER_BYTES_MAX) {
      return 'the trailer is too long';
    }
    if (end < 0) return 0;
    const used = end + LINE_END.length;
    this.#trailerBytes += used;
    if (end === 0) this.#finish(this.#keepAlive && used === bytes.length);
    else if (parseField(bytes.toString('latin1', 0, end)) === undefined) {
      return 'the upstream sent a malformed trailer';
    }
    return used;
  }

  #finish(reusable: boolean): void {
    this.#state = 'done';
    this.#sink.end(reusable);
  }

  #fail(reason: string): string {
    this.stop();
    return reason;
  }
}

/** The size that a chunk line of `end` bytes states; nearly always it is a few digits alone. */
function chunkSize(line: Buffer, end: number): number | undefined {
  let size = 0;
  for (let at = 0; at < end; at++) {
    const digit = HEX_DIGITS[line[at] ?? 0] ?? -1;
    if (digit < 0 || at >= PLAIN_DIGITS_MAX) return sizeBesideExtensions(line, end);
    size = size * 16 + digit;
  }
  return end === 0 ? undefined : size;
}

function sizeBesideExtensions(line: Buffer, end: number): number | undefined {
  const size = CHUNK_SIZE.exec(line.toString('latin1', 0, end))?.[1];
  return size === undefined ? undefined : Number.parseInt(size, 16);
}

const PLAIN_DIGITS_MAX = 8;
/** Value of a byte as a hexadecimal digit; -1: it is none. */
const HEX_DIGITS: readonly number[] = Array.from({ length: 256 }, (_, byte) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase()),
);
