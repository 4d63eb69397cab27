/**
 * One request and its answer, whichever HTTP version carries them. The data plane needs little of
 * HTTP: raw target, headers, a body within bounds, and an answer with back-pressure.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Clock } from '../ports/clock.ts';
import type { BodyLimits, BodyResult, BufferedBytes } from './body.ts';

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

/** Value of a header in a raw list of names and values, by its lower-case name. */
export function rawHeader(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] ?? '';
    // By length first: most names need not be put in lower case.
    if (given.length === name.length && given.toLowerCase() === name) return rawHeaders[i + 1];
  }
  return undefined;
}

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

/** What is read of a request beside its body. */
export interface RequestHead {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly httpVersionMajor: number;
  /** Whether all of the request has come. */
  readonly complete: boolean;
}

/** See the head of the file. */
export interface Exchange {
  readonly request: RequestHead;
  readonly method: string;
  /** Path and query as received, not decoded. */
  readonly target: string;
  /** Whether the client has left before its answer was complete. */
  readonly gone: boolean;
  readonly headSent: boolean;
  /** Value of a header by its lower-case name; repeated headers are joined as HTTP says. */
  header(name: string): string | undefined;
  /**
   * The whole body. What was taken from `buffered` stays taken until `release` of a `read` result
   * is called; every other result has given it back. Called once.
   */
  readBody(
    limits: BodyLimits,
    buffered: BufferedBytes,
    clock: Clock,
  ): BodyResult | Promise<BodyResult>;
  /**
   * Calls `then` once if and when the client leaves early; at once if it has. Replaces the one
   * before.
   */
  whenGone(then: (() => void) | undefined): void;
  /** Calls `then` every time that a blocked answer can go on. */
  whenDrained(then: (() => void) | undefined): void;
  /** Sends status and headers; `rawHeaders` alternates names and values. */
  writeHead(status: number, rawHeaders: readonly string[]): void;
  /** Writes a part of the body. False: wait for `whenDrained` before writing more. */
  write(chunk: Uint8Array): boolean;
  /** Ends the answer. */
  end(chunk?: Uint8Array): void;
  /** Ends an answer that comes before the request was read to its end. */
  endEarly(body: Uint8Array): void;
  /** Breaks the connection off: for an answer that cannot be completed nor its failure be told. */
  destroy(): void;
}
