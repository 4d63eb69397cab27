/** Bytes on a plain socket: for what no HTTP client would send. */
import { connect, type Socket } from 'node:net';
import type { RunningProduct } from '@tollkeeper/testkit';

/** One answer as it stood on the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `x-amzn-errortype`, or the empty string. */
  readonly error: string;
}

/** A connection whose bytes are kept. */
export class RawSocket {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  closed = false;
  readonly #changed: (() => void)[] = [];

  constructor(product: Pick<RunningProduct, 'endpoint'>) {
    const { hostname, port } = new URL(product.endpoint);
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    // A reset after the answer is an end like any other.
    this.socket.on('error', () => undefined);
    this.socket.on('end', () => this.#end());
    this.socket.on('close', () => this.#end());
  }

  /** Writes and resolves when the bytes are with the system (or the connection is gone). */
  write(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(bytes, () => resolve());
    });
  }

  /** Resolves when the server has ended its side or the connection. */
  async ended(): Promise<string> {
    while (!this.closed) await this.#change();
    return this.received.toString('latin1');
  }

  /**
   * Resolves with the answers when there are `count` whole ones, or all when the connection ended.
   */
  async answers(count: number): Promise<readonly RawAnswer[]> {
    for (;;) {
      const all = parseAnswers(this.received);
      if (all.length >= count || this.closed) return all;
      await this.#change();
    }
  }

  async answer(): Promise<RawAnswer> {
    const [first] = await this.answers(1);
    if (first === undefined) throw new Error(`no answer, but: ${this.received.toString('latin1')}`);
    return first;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #end(): void {
    this.closed = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** Sends bytes on a connection of their own and reads the first answer. */
export async function rawCall(
  product: Pick<RunningProduct, 'endpoint'>,
  bytes: string | Buffer,
): Promise<RawAnswer> {
  const raw = new RawSocket(product);
  try {
    void raw.write(bytes);
    return await raw.answer();
  } finally {
    raw.destroy();
  }
}

/**
 * A request as text. Headers come as lines, so that a test may write them as wrongly as it likes.
 */
export function rawRequest(line: string, headers: readonly string[], body = ''): string {
  return [line, ...headers, '', body].join('\r\n');
}

/** Whole answers at the start of what was received; interim (1xx) ones are passed over. */
export function parseAnswers(received: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let at = 0; at < received.length;) {
    const headEnd = received.indexOf('\r\n\r\n', at);
    if (headEnd < 0) break;
    const [line = '', ...headerLines] = received.toString('latin1', at, headEnd).split('\r\n');
    const headers = Object.fromEntries(
      headerLines.map((header): [string, string] => {
        const colon = header.indexOf(':');
        return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
      }),
    );
    const status = Number(line.split(' ')[1]);
    const body = bodyAt(received, headEnd + 4, headers, status);
    if (body === undefined) break;
    at = body.end;
    if (status < 200) continue;
    const error = (headers['x-amzn-errortype'] ?? '').replace(/:.*/, '');
    answers.push({ status, headers, body: body.text, error });
  }
  return answers;
}

function bodyAt(
  received: Buffer,
  start: number,
  headers: Readonly<Record<string, string>>,
  status: number,
): { text: string; end: number } | undefined {
  if (status < 200 || status === 204) return { text: '', end: start };
  if (headers['transfer-encoding'] === 'chunked') return chunkedAt(received, start);
  const length = Number(headers['content-length'] ?? received.length - start);
  const end = start + length;
  return end > received.length ? undefined : { text: received.toString('utf8', start, end), end };
}

function chunkedAt(received: Buffer, start: number): { text: string; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ;) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (next > received.length) return undefined;
    if (size === 0) return { text: Buffer.concat(parts).toString('utf8'), end: next };
    parts.push(received.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
