/**
 * One request and its answer, the same for HTTP/1.1 and HTTP/2. It knows when the client is gone,
 * and it can break the connection, which servers otherwise never do on purpose.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { soon } from '../clock.ts';

/** Headers of an answer. */
export type AnswerHeaders = Readonly<Record<string, string>>;

/** The client left before its request was complete. */
export class RequestCutShort extends Error {}
/** The request's body is larger than the service takes. */
export class BodyTooLarge extends Error {}

/** A request and the way to answer it. */
export class Exchange {
  readonly #request: IncomingMessage | Http2ServerRequest;
  readonly #answer: ServerResponse | Http2ServerResponse;
  #over = false;
  #gone = false;
  #brokenOff = false;
  #onGone: (() => void) | null = null;

  constructor(
    request: IncomingMessage | Http2ServerRequest,
    answer: ServerResponse | Http2ServerResponse,
  ) {
    this.#request = request;
    this.#answer = answer;
    // A connection that the client breaks is an event of the run, not an error of this program.
    request.on('error', ignore);
    answer.on('error', ignore);
    answer.on('close', () => {
      if (this.#brokenOff || (this.#answer.writableFinished && this.#over)) return;
      this.#gone = true;
      this.#onGone?.();
    });
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  /** Path and query as they were sent. */
  get target(): string {
    return this.#request.url ?? '';
  }

  /** Whether the client left before it had the whole answer. */
  get gone(): boolean {
    return this.#gone;
  }

  /** A header by its lower-case name. `host` is found in either version's own place. */
  header(name: string): string | undefined {
    const headers: Readonly<Record<string, string | string[] | undefined>> = this.#request.headers;
    const value = headers[name];
    if (value === undefined) return name === 'host' ? this.header(':authority') : undefined;
    return Array.isArray(value) ? value.join(',') : value;
  }

  /** The whole body. Rejects when it is too large or the client leaves before its end. */
  body(bytesMax: number): Promise<Buffer> {
    const request = this.#request;
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let whole = false;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > bytesMax) reject(new BodyTooLarge());
        else chunks.push(chunk);
      });
      request.on('end', () => {
        whole = true;
        resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
      });
      request.on('close', () => {
        if (!whole) reject(new RequestCutShort());
      });
    });
  }

  /**
   * Calls back once if the client leaves before it has the whole answer, at once if it already
   * left.
   */
  onGone(then: () => void): void {
    this.#onGone = then;
    if (this.#gone) then();
  }

  /** Answers whole. */
  respond(status: number, headers: AnswerHeaders, body: string | Buffer): void {
    this.begin(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
    this.end(body);
  }

  /** Starts an answer that is written in pieces. */
  begin(status: number, headers: AnswerHeaders): void {
    if (this.#gone) return;
    // The two versions declare incompatible overloads; both take a status and a header object.
    (this.#answer as ServerResponse).writeHead(status, headers);
  }

  /** Writes a piece; false when the client is slower than we are. */
  write(chunk: Buffer | string): boolean {
    return this.#gone || (this.#answer as ServerResponse).write(chunk);
  }

  /** Calls back once when the client has caught up. */
  onDrain(then: () => void): void {
    this.#answer.once('drain', then);
  }

  /** Ends the answer. */
  end(last?: string | Buffer): void {
    if (this.#over || this.#gone) return;
    this.#over = true;
    if (last === undefined) this.#answer.end();
    else this.#answer.end(last);
  }

  /**
   * Breaks the connection (over HTTP/2: the stream) without a proper end, after what was written
   * has left. `softly` closes it, as an upstream that gives up does; otherwise it is reset.
   */
  breakOff(softly: boolean): void {
    this.#brokenOff = true;
    soon(() => {
      if ('stream' in this.#answer) this.#answer.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else if (softly) this.#answer.socket?.end();
      else this.#answer.socket?.resetAndDestroy();
    });
  }
}

function ignore(): void {
  // See the constructor: the book records that the client is gone.
}
