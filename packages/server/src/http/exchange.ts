/**
 * One request and its answer, whichever HTTP version carries them. The data plane needs little of
 * HTTP: raw target, headers, a body within bounds, and an answer with back-pressure.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/** Headers that belong to one connection (RFC 9110, section 7.6.1) and are never relayed. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The headers that a `Connection` header names as its connection's own, in lower case; undefined
 * when it names none beyond the usual ones.
 */
export function nominatedHeaders(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined) return undefined;
  const names = connection.toLowerCase().split(',');
  const nominated = names.map((name) => name.trim()).filter((name) => !ORDINARY.has(name));
  return nominated.length === 0 ? undefined : new Set(nominated);
}

/** What a `Connection` header says on nearly every request. */
const ORDINARY: ReadonlySet<string> = new Set(['', 'close', 'keep-alive', 'upgrade', 'te']);

/**
 * Most of a refused request that is read for nothing; how long that may take, the listener bounds.
 */
const THROWN_AWAY_BYTES_MAX = 64 * 1024 * 1024;

export class Exchange {
  readonly request: Request;
  readonly #response: Response;
  readonly #http2: boolean;
  #gone = false;
  #ended = false;
  #onGone: (() => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(request: Request, response: Response) {
    this.request = request;
    this.#response = response;
    this.#http2 = request.httpVersionMajor === 2;
    response.on('error', () => this.#leave());
    response.on('close', () => {
      // Node ends the answer of a stream that was reset, so that it looks finished: what counts is
      // whether it was ended here.
      if (!this.#ended || !response.writableFinished) this.#leave();
    });
    response.on('drain', () => this.#onDrain?.());
    request.on('error', () => undefined);
  }

  /** Value of a header by its lower-case name; repeated headers are joined as HTTP says. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get method(): string {
    return this.request.method ?? '';
  }

  /** Path and query as received, not decoded. */
  get target(): string {
    return this.request.url ?? '';
  }

  /** Whether the client has left before its answer was complete. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Whether the request was cut off: an HTTP/2 stream that was reset ends like a whole one. */
  get cutOff(): boolean {
    return this.#http2 && (this.request as Http2ServerRequest).aborted;
  }

  get headSent(): boolean {
    return this.#response.headersSent;
  }

  /**
   * Calls `then` once if and when the client leaves early; at once if it has. Replaces the one
   * before.
   */
  whenGone(then: (() => void) | undefined): void {
    this.#onGone = then;
    if (this.#gone) then?.();
  }

  /** Calls `then` every time that a blocked answer can go on. */
  whenDrained(then: (() => void) | undefined): void {
    this.#onDrain = then;
  }

  /** Sends status and headers; `rawHeaders` alternates names and values. */
  writeHead(status: number, rawHeaders: readonly string[]): void {
    if (this.#gone || this.#response.headersSent) return;
    if (this.#http2) {
      (this.#response as Http2ServerResponse).writeHead(status, headerObject(rawHeaders));
    } else {
      (this.#response as ServerResponse).writeHead(status, rawHeaders as string[]);
    }
  }

  /** Writes a part of the body. False: wait for `whenDrained` before writing more. */
  write(chunk: Uint8Array): boolean {
    if (this.#gone) return true;
    return (this.#response as ServerResponse).write(chunk);
  }

  /** Ends the answer. */
  end(chunk?: Uint8Array): void {
    if (this.#gone) return;
    this.#ended = true;
    if (chunk === undefined) this.#response.end();
    else (this.#response as ServerResponse).end(chunk);
  }

  /**
   * Ends an answer that comes before the request was read to its end. Over HTTP/1.1 the connection
   * is closed only when the rest of the request has been thrown away: closed with unread bytes, it
   * would be reset, and a client that writes its whole request first would never see the answer.
   */
  endEarly(body: Uint8Array): void {
    const { request } = this;
    if (this.#http2 || request.complete || this.#gone) {
      this.end(body);
      return;
    }
    this.write(body);
    let thrown = 0;
    const finish = (): void => {
      request.off('data', count).off('end', finish).off('close', finish);
      this.end();
    };
    const count = (chunk: Buffer): void => {
      thrown += chunk.length;
      if (thrown > THROWN_AWAY_BYTES_MAX) finish();
    };
    request.on('data', count).on('end', finish).on('close', finish);
    request.resume();
  }

  /** Breaks the connection off: for an answer that cannot be completed nor its failure be told. */
  destroy(): void {
    if (this.#http2) (this.#response as Http2ServerResponse).stream.close(2);
    else this.#response.destroy();
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#onGone?.();
    // A write that nobody will drain any more must not keep the upstream paused.
    this.#onDrain?.();
  }
}

function headerObject(rawHeaders: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else headers[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return headers;
}
