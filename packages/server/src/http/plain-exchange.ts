/**
 * The exchange of a plain request: its body is there already, and its answer goes out in as few
 * writes as it has parts. See `plain-request.ts` for what is plain.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../ports/clock.ts';
import type { BodyLimits, BodyResult, BufferedBytes } from './body.ts';
import { rawHeader, type Exchange, type RequestHead } from './exchange.ts';
import type { PlainRequest } from './plain-request.ts';

/** What a connection lends to the exchange that runs on it. */
export interface PlainLine {
  readonly socket: Socket;
  /** Whether the connection may carry another request after this answer. */
  readonly keepAlive: boolean;
  /** The value of a `date` header at this moment. */
  date(): string;
  /** The answer was handed over whole. */
  answered(): void;
}

const NOTHING = Buffer.alloc(0);
/** Seconds that an idle connection is kept, as its client is told. */
export const KEEP_ALIVE_SECONDS = 75;
/** A part of at most so many bytes goes out in one piece with the text around it. */
const ONE_PIECE_BYTES_MAX = 64 * 1024;

export class PlainExchange implements Exchange {
  readonly request: RequestHead;
  readonly target: string;
  readonly method: PlainRequest['method'];
  readonly #body: Buffer;
  readonly #line: PlainLine;
  #status = 200;
  #rawHeaders: readonly string[] | undefined;
  /** What has gone out: nothing yet, a head with a length, a head with chunks, everything. */
  #sent: 'nothing' | 'plain' | 'chunked' | 'all' = 'nothing';
  /** Of the body: what the socket does not have yet. */
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #gone = false;
  #onGone: (() => void) | undefined;
  #onDrain: (() => void) | undefined;
  /** Whoever writes was told to wait until it is drained. */
  #full = false;

  constructor(line: PlainLine, { method, target, headers, body }: PlainRequest) {
    this.#line = line;
    this.method = method;
    this.target = target;
    this.#body = body;
    this.request = { headers, httpVersionMajor: 1, complete: true };
  }

  /** Where the request came from, as the connection says it. */
  get address(): string | null {
    return this.#line.socket.remoteAddress ?? null;
  }

  /** The body, for whoever bounds it by himself. */
  get wholeBody(): Buffer {
    return this.#body;
  }

  get gone(): boolean {
    return this.#gone;
  }

  get headSent(): boolean {
    return this.#rawHeaders !== undefined;
  }

  header(name: string): string | undefined {
    return this.request.headers[name] as string | undefined;
  }

  readBody(limits: BodyLimits, buffered: BufferedBytes, _clock: Clock): BodyResult {
    const { length } = this.#body;
    if (length > limits.bodyBytesMax) return { kind: 'too_large', max: limits.bodyBytesMax };
    if (this.#gone) return { kind: 'incomplete' };
    if (!buffered.take(length)) return { kind: 'crowded' };
    return { kind: 'read', body: this.#body, release: () => buffered.give(length) };
  }

  whenGone(then: (() => void) | undefined): void {
    this.#onGone = then;
    if (this.#gone) then?.();
  }

  whenDrained(then: (() => void) | undefined): void {
    this.#onDrain = then;
  }

  /** The head goes out with the first part of the body. Values were checked where they came in. */
  writeHead(status: number, rawHeaders: readonly string[]): void {
    if (this.#gone || this.#rawHeaders !== undefined) return;
    this.#status = status;
    this.#rawHeaders = rawHeaders;
  }

  /** What is written in one turn of the event loop goes out together, as one chunk. */
  write(chunk: Uint8Array): boolean {
    if (this.#gone || this.#sent === 'all' || chunk.length === 0) return true;
    if (this.#parts.push(chunk) === 1) process.nextTick(this.#flush);
    this.#bytes += chunk.length;
    if (this.#bytes > ONE_PIECE_BYTES_MAX) this.#flush();
    const { socket } = this.#line;
    this.#full = this.#bytes + socket.writableLength >= socket.writableHighWaterMark;
    return !this.#full;
  }

  end(chunk: Uint8Array = NOTHING): void {
    if (this.#gone || this.#sent === 'all') return;
    if (chunk.length > 0) this.#parts.push(chunk);
    this.#bytes += chunk.length;
    this.#put(true);
    this.#sent = 'all';
    this.#line.answered();
  }

  endEarly(body: Uint8Array): void {
    this.end(body);
  }

  destroy(): void {
    this.#line.socket.destroy();
  }

  /** The connection has closed. */
  left(): void {
    if (this.#gone || this.#sent === 'all') return;
    this.#gone = true;
    this.#parts = [];
    this.#onGone?.();
    // A write that nobody will drain any more must not keep the upstream paused.
    this.#onDrain?.();
  }

  /** The client has taken what was written. */
  drained(): void {
    this.#full = false;
    this.#onDrain?.();
  }

  /** The head, once; `rest` is the length of the body where all of it is known. */
  #begin(rest: number | undefined): string {
    if (this.#sent !== 'nothing') return '';
    const rawHeaders = this.#rawHeaders ?? [];
    const bodiless = this.#status === 204 || this.#status === 304;
    const stated = rawHeader(rawHeaders, 'content-length') !== undefined;
    this.#sent = stated || bodiless || rest !== undefined ? 'plain' : 'chunked';
    let head = `HTTP/1.1 ${this.#status} ${STATUS_CODES[this.#status] ?? ''}\r\n`;
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      head += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
    }
    if (rawHeader(rawHeaders, 'date') === undefined) head += `date: ${this.#line.date()}\r\n`;
    if (this.#sent === 'chunked') head += 'transfer-encoding: chunked\r\n';
    else if (!stated && !bodiless) head += `content-length: ${rest ?? 0}\r\n`;
    const keep = `connection: keep-alive\r\nkeep-alive: timeout=${KEEP_ALIVE_SECONDS}\r\n\r\n`;
    return head + (this.#line.keepAlive ? keep : 'connection: close\r\n\r\n');
  }

  readonly #flush = (): void => {
    if (this.#parts.length > 0 && !this.#gone) this.#put(false);
    // The socket may have emptied while this was gathered: then it has no drain to tell of.
    if (this.#full && !this.#line.socket.writableNeedDrain) this.drained();
  };

  /** Hands to the socket what has gathered, with the text that frames it. */
  #put(last: boolean): void {
    const { socket } = this.#line;
    const parts = this.#parts;
    const bytes = this.#bytes;
    this.#parts = [];
    this.#bytes = 0;
    let before = this.#begin(last ? bytes : undefined);
    let after = '';
    if (this.#sent === 'chunked') {
      if (bytes > 0) before += `${bytes.toString(16)}\r\n`;
      after = `${bytes > 0 ? '\r\n' : ''}${last ? '0\r\n\r\n' : ''}`;
    }
    if (bytes > ONE_PIECE_BYTES_MAX) {
      socket.cork();
      if (before !== '') socket.write(before, 'latin1');
      for (const part of parts) socket.write(part);
      if (after !== '') socket.write(after, 'latin1');
      socket.uncork();
      return;
    }
    const piece = Buffer.allocUnsafe(before.length + bytes + after.length);
    if (before !== '') piece.write(before, 0, 'latin1');
    let at = before.length;
    for (const part of parts) {
      piece.set(part, at);
      at += part.length;
    }
    if (after !== '') piece.write(after, at, 'latin1');
    socket.write(piece);
  }
}
