/**
 * The upstream over kept-alive HTTP/1.1 connections of our own. Relaying is what this product
 * exists for, and a general client costs as much as everything before it; see decision 0006.
 *
 * A request takes the connection that became free last, else a new one, else its turn. Idle
 * connections are closed after a few seconds, before the peer is likely to do so.
 */
import { NO_CREDENTIALS } from '../../ports/upstream.ts';
import type {
  Authorizer,
  Upstream,
  UpstreamObserver,
  UpstreamRequest,
} from '../../ports/upstream.ts';
import { Connection, type Destination, type WireRequest } from './connection.ts';
import { isHeaderName, isHeaderValue } from './reply-head.ts';

export interface Http1UpstreamOptions {
  /** Scheme, host and port; no path. */
  readonly origin: string;
  readonly authorizer: Authorizer;
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/**
 * How long an idle connection is kept. Short, so that one the peer is about to close is rarely
 * used.
 */
const KEEP_ALIVE_MS = 4_000;
const SWEEP_MS = 1_000;
/** What cannot stand in a request line. */
const NOT_IN_PATH = /[^\x21-\x7e]/;

interface Waiting {
  readonly request: WireRequest;
  readonly observer: UpstreamObserver;
}

/** Opens the upstream. Connections are made when they are needed. */
export function http1Upstream(options: Http1UpstreamOptions): Upstream {
  const pool = new ConnectionPool(options);
  const { authorizer } = options;
  const { host } = new URL(options.origin);
  const send = (
    { path, body }: UpstreamRequest,
    headers: Record<string, string>,
    observer: UpstreamObserver,
  ): void => {
    const head = headOf(path, host, headers, body.length);
    if (head === undefined) observer.failed({ kind: 'not_sent', reason: 'malformed_request' });
    else pool.send({ head, body }, observer);
  };
  return {
    send(request, observer) {
      let authorized;
      try {
        authorized = authorizer.authorize(request);
      } catch {
        observer.failed({ kind: 'not_sent', reason: NO_CREDENTIALS });
        return;
      }
      if (!(authorized instanceof Promise)) {
        send(request, authorized, observer);
        return;
      }
      authorized.then(
        (headers) => send(request, headers, observer),
        () => observer.failed({ kind: 'not_sent', reason: NO_CREDENTIALS }),
      );
    },
    close: () => pool.close(),
  };
}

/** Request line and headers; undefined when one of them would break out of its line. */
function headOf(
  path: string,
  host: string,
  headers: Record<string, string>,
  bodyBytes: number,
): string | undefined {
  if (NOT_IN_PATH.test(path)) return undefined;
  let head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (const name in headers) {
    if (name === 'host' || name === 'content-length') continue;
    const value = headers[name] ?? '';
    if (!isHeaderName(name) || !isHeaderValue(value)) return undefined;
    head += `${name}: ${value}\r\n`;
  }
  return `${head}content-length: ${bodyBytes}\r\n\r\n`;
}

class ConnectionPool {
  readonly #to: Destination;
  readonly #max: number;
  readonly #all = new Set<Connection>();
  readonly #free: Connection[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #sweep: NodeJS.Timeout;
  /** Resolved when it is closed and the last connection is gone. */
  readonly #empty = Promise.withResolvers<void>();
  #closed = false;

  constructor(options: Http1UpstreamOptions) {
    const { protocol, hostname, port } = new URL(options.origin);
    const secure = protocol === 'https:';
    this.#to = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (secure ? 443 : 80) : Number(port),
      secure,
      connectTimeoutMs: options.connectTimeoutMs,
      headersTimeoutMs: options.headersTimeoutMs,
      idleTimeoutMs: options.idleTimeoutMs,
    };
    this.#max = options.connectionsMax;
    this.#sweep = setInterval(() => this.#closeIdle(), SWEEP_MS);
    this.#sweep.unref();
  }

  send(request: WireRequest, observer: UpstreamObserver): void {
    if (this.#closed) {
      observer.failed({ kind: 'not_sent', reason: 'closed' });
      return;
    }
    let connection = this.#free.pop();
    while (connection !== undefined && !connection.usable) connection = this.#free.pop();
    connection ??= this.#all.size < this.#max ? this.#open() : undefined;
    if (connection === undefined) this.#waiting.push({ request, observer });
    else connection.send(request, observer);
  }

  /** Breaks everything off. Resolves when every observer has been told. */
  close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const { observer } of this.#waiting.splice(0)) {
      observer.failed({ kind: 'not_sent', reason: 'closed' });
    }
    for (const connection of this.#all) connection.destroy('closed');
    if (this.#all.size === 0) this.#empty.resolve();
    return this.#empty.promise;
  }

  #open(): Connection {
    const connection = new Connection(
      this.#to,
      (free) => this.#freed(free),
      (gone) => this.#gone(gone),
    );
    this.#all.add(connection);
    return connection;
  }

  #freed(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      connection.send(next.request, next.observer);
      return;
    }
    connection.freeSince = performance.now();
    this.#free.push(connection);
  }

  #gone(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#free.indexOf(connection);
    if (at >= 0) this.#free.splice(at, 1);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#open().send(next.request, next.observer);
    else if (this.#closed && this.#all.size === 0) this.#empty.resolve();
  }

  /** The longest free ones stand first. */
  #closeIdle(): void {
    const before = performance.now() - KEEP_ALIVE_MS;
    let idle = 0;
    while ((this.#free[idle]?.freeSince ?? Infinity) < before) idle++;
    for (const connection of this.#free.splice(0, idle)) connection.destroy('idle');
  }
}
