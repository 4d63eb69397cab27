/**
 * Reads HTTP/1.1 replies (RFC 9112) from the bytes of one connection, incrementally and strictly: what
 * is ambiguous is an error, never a guess, because the ledger is built on where a reply ends.
 *
 * States: head -> (length | chunked | until close) -> done, and from any of them to failed. `done`
 * waits for `next`; bytes that come before it are an error, since nobody has asked for them.
 */

/** Told what a reply consists of, in order: head, data*, end. */
export interface ReplySink {
  head(status: number, rawHeaders: readonly string[]): void;
  data(chunk: Uint8Array): void;
  /** `reusable`: the connection may carry another request. */
  end(reusable: boolean): void;
}

/** Longest head that is read, in bytes. */
const HEAD_BYTES_MAX = 128 * 1024;
/** Longest line with the size of a chunk, extensions included, and longest trailer section. */
const CHUNK_LINE_BYTES_MAX = 4 * 1024;
const TRAILER_BYTES_MAX = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: .*)?$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,13})[\t ]*(?:;.*)?$/;

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

interface Head {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  /** Null: it does not say. */
  readonly length: number | null;
  readonly chunked: boolean;
  readonly keepAlive: boolean;
}

export class ReplyParser {
  #sink: ReplySink;
  #state: State = 'done';
  /** Bytes of a head or line that is not whole yet. */
  #held: Buffer = Buffer.alloc(0);
  #left = 0;
  #keepAlive = false;
  #trailerBytes = 0;

  constructor(sink: ReplySink) {
    this.#sink = sink;
  }

  /** A request was sent: a reply is due. */
  next(sink: ReplySink): void {
    this.#sink = sink;
    this.#state = 'head';
  }

  /** Whether any byte of the reply that is due has come. */
  get begun(): boolean {
    return this.#state !== 'head' || this.#held.length > 0;
  }

  /** Takes the next bytes. Returns why they cannot be a reply, or undefined. */
  push(bytes: Buffer): string | undefined {
    let rest = bytes;
    if (this.#held.length > 0) {
      rest = Buffer.concat([this.#held, bytes]);
      this.#held = Buffer.alloc(0);
    }
    while (rest.length > 0) {
      const taken = this.#take(rest);
      if (typeof taken === 'string') return this.#fail(taken);
      if (taken === 0) {
        this.#held = Buffer.from(rest);
        return undefined;
      }
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
        return this.#takeData(bytes, () => this.#finish(this.#keepAlive));
      case 'chunk_data':
        return this.#takeData(bytes, () => {
          this.#state = 'chunk_end';
        });
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
    if (end > HEAD_BYTES_MAX || (end < 0 && bytes.length > HEAD_BYTES_MAX)) {
      return 'the head of the reply is too long';
    }
    if (end < 0) return 0;
    const head = parseHead(bytes.toString('latin1', 0, end));
    if (typeof head === 'string') return head;
    const used = end + HEAD_END.length;
    // An interim reply: the real one follows.
    if (head.status < 200) return head.status === 101 ? 'the upstream switched protocols' : used;
    this.#begin(head);
    return used;
  }

  #begin(head: Head): void {
    this.#keepAlive = head.keepAlive;
    this.#sink.head(head.status, head.rawHeaders);
    if (head.status === 204 || head.status === 304 || head.length === 0) {
      this.#finish(head.keepAlive);
    } else if (head.chunked) {
      this.#state = 'chunk_size';
    } else if (head.length === null) {
      this.#state = 'until_close';
    } else {
      this.#left = head.length;
      this.#state = 'length';
    }
  }

  #takeData(bytes: Buffer, whole: () => void): number {
    const count = Math.min(bytes.length, this.#left);
    this.#left -= count;
    this.#sink.data(count === bytes.length ? bytes : bytes.subarray(0, count));
    if (this.#left === 0) whole();
    return count;
  }

  #takeChunkSize(bytes: Buffer): number | string {
    const end = bytes.indexOf(LINE_END);
    if (end < 0) return bytes.length > CHUNK_LINE_BYTES_MAX ? 'a chunk line is too long' : 0;
    const size = CHUNK_SIZE.exec(bytes.toString('latin1', 0, end))?.[1];
    if (size === undefined) return 'a chunk has no valid size';
    this.#left = Number.parseInt(size, 16);
    this.#trailerBytes = 0;
    this.#state = this.#left === 0 ? 'trailer' : 'chunk_data';
    return end + LINE_END.length;
  }

  #takeChunkEnd(bytes: Buffer): number | string {
    if (bytes.length < LINE_END.length) return 0;
    if (!bytes.subarray(0, 2).equals(LINE_END)) return 'a chunk is longer than its size';
    this.#state = 'chunk_size';
    return LINE_END.length;
  }

  /** Trailers are read over: nothing that is relayed or metered stands in them. */
  #takeTrailer(bytes: Buffer): number | string {
    const end = bytes.indexOf(LINE_END);
    if (end < 0) return bytes.length > TRAILER_BYTES_MAX ? 'the trailer is too long' : 0;
    const used = end + LINE_END.length;
    this.#trailerBytes += used;
    if (this.#trailerBytes > TRAILER_BYTES_MAX) return 'the trailer is too long';
    if (end === 0) this.#finish(this.#keepAlive);
    return used;
  }

  #finish(reusable: boolean): void {
    this.#state = 'done';
    this.#sink.end(reusable);
  }

  #fail(reason: string): string {
    this.#state = 'failed';
    return reason;
  }
}

/** Status line and headers, without the empty line. */
function parseHead(text: string): Head | string {
  const lines = text.split('\r\n');
  const status = STATUS_LINE.exec(lines[0] ?? '');
  if (status === null) return 'the upstream does not speak HTTP/1.1';
  const rawHeaders: string[] = [];
  let length: number | null = null;
  let coding: string | undefined;
  let connection = status[1] === '1' ? '' : 'close';
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!HEADER_NAME.test(name)) return 'the upstream sent a malformed header';
    const value = line.slice(colon + 1).trim();
    rawHeaders.push(name, value);
    switch (name.length) {
      case 14:
        if (name.toLowerCase() !== 'content-length') break;
        if (!/^\d{1,15}$/.test(value)) return 'the upstream sent a malformed content-length';
        if (length !== null && length !== Number(value)) return 'two lengths contradict each other';
        length = Number(value);
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') coding = value.toLowerCase();
        break;
      case 10:
        if (name.toLowerCase() === 'connection') connection = value.toLowerCase();
    }
  }
  if (coding !== undefined && coding !== 'chunked') return `the coding ${coding} is not known`;
  if (coding !== undefined && length !== null) return 'the upstream sent a length and chunks';
  return {
    status: Number(status[2]),
    rawHeaders,
    length,
    chunked: coding !== undefined,
    keepAlive: !/\bclose\b/.test(connection),
  };
}
