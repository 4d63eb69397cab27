/** Exchanges that Node's own HTTP servers carry, of either version. */
import type { ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Clock } from '../ports/clock.ts';
import type { BodyLimits, BodyResult, BufferedBytes } from './body.ts';
import type { Request, Response } from './exchange.ts';
import { readBody, type StreamedExchange } from './read-body.ts';

/**
 * Most of a refused request that is read for nothing; how long that may take, the listener bounds.
 */
const THROWN_AWAY_BYTES_MAX = 64 * 1024 * 1024;

/** An exchange that Node's own HTTP servers carry. */
export class NodeExchange implements StreamedExchange {
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

  readBody(limits: BodyLimits, buffered: BufferedBytes, clock: Clock): Promise<BodyResult> {
    return readBody(this, limits, buffered, clock);
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  get method(): string {
    return this.request.method ?? '';
  }

  get target(): string {
    return this.request.url ?? '';
  }

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

  whenGone(then: (() => void) | undefined): void {
    this.#onGone = then;
    if (this.#gone) then?.();
  }

  whenDrained(then: (() => void) | undefined): void {
    this.#onDrain = then;
  }

  writeHead(status: number, rawHeaders: readonly string[]): void {
    if (this.#gone || this.#response.headersSent) return;
    if (this.#http2) {
      (this.#response as Http2ServerResponse).writeHead(status, headerObject(rawHeaders));
    } else {
      (this.#response as ServerResponse).writeHead(status, rawHeaders as string[]);
    }
  }

  write(chunk: Uint8Array): boolean {
    if (this.#gone) return true;
    return (this.#response as ServerResponse).write(chunk);
  }

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
