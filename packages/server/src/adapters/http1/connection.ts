/**
 * One connection to the upstream, carrying one exchange at a time. It never repeats a request:
 * whatever goes wrong after the first byte may have left is told as `broken`.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { UpstreamObserver } from '../../ports/upstream.ts';
import { ReplyParser, type ReplySink } from './reply-parser.ts';

/** Where to connect to, and how long to wait. Times in milliseconds. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly connectTimeoutMs: number;
  /** From the request to the head of its reply. */
  readonly headersTimeoutMs: number;
  /** Between two pieces of a reply. */
  readonly idleTimeoutMs: number;
}

/** A request as it goes on the wire. */
export interface WireRequest {
  readonly head: string;
  readonly body: Uint8Array;
}

/** Bodies up to this size go out in one piece with their head. */
const ONE_WRITE_BYTES_MAX = 64 * 1024;

const NOBODY: ReplySink = { head: () => undefined, data: () => undefined, end: () => undefined };

export class Connection implements ReplySink {
  readonly #to: Destination;
  readonly #socket: Socket;
  readonly #parser = new ReplyParser(NOBODY);
  readonly #whenFree: (connection: Connection) => void;
  readonly #whenGone: (connection: Connection) => void;
  #observer: UpstreamObserver | undefined;
  #waiting: { request: WireRequest; observer: UpstreamObserver } | undefined;
  #connected = false;
  /** Counts beginnings and ends, so that what an exchange was given is without effect after it. */
  #turn = 0;
  /**
   * Of the running exchange: bytes may have left, its head has come, its observer wants a pause.
   */
  #handed = false;
  #headCame = false;
  #paused = false;
  #failure: string | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  /** When it became free, on the monotonic clock. */
  freeSince = 0;

  constructor(
    to: Destination,
    whenFree: (connection: Connection) => void,
    whenGone: (connection: Connection) => void,
  ) {
    this.#to = to;
    this.#whenFree = whenFree;
    this.#whenGone = whenGone;
    this.#socket = this.#open();
  }

  /** Whether another exchange may be sent on it. */
  get usable(): boolean {
    return this.#connected && !this.#socket.destroyed && this.#failure === undefined;
  }

  /** Sends a request; at once, or when the connection stands. It is new, or free and usable. */
  send(request: WireRequest, observer: UpstreamObserver): void {
    if (this.#connected) this.#write(request, observer);
    else this.#waiting = { request, observer };
  }

  /** Breaks the connection off; a running exchange fails. */
  destroy(reason: string): void {
    this.#failure ??= reason;
    this.#parser.stop();
    this.#socket.destroy();
  }

  head(status: number, rawHeaders: readonly string[]): void {
    const socket = this.#socket;
    const turn = this.#turn;
    this.#headCame = true;
    if (this.#to.idleTimeoutMs !== this.#to.headersTimeoutMs) {
      socket.setTimeout(this.#to.idleTimeoutMs);
    }
    this.#observer?.head({
      status,
      rawHeaders,
      pause: () => {
        if (turn !== this.#turn) return;
        this.#paused = true;
        socket.pause();
      },
      resume: () => {
        if (turn !== this.#turn || !this.#paused) return;
        this.#paused = false;
        // The time of the pause was not the upstream's.
        socket.setTimeout(this.#to.idleTimeoutMs);
        socket.resume();
      },
    });
  }

  data(chunk: Uint8Array): void {
    this.#observer?.data(chunk);
  }

  end(reusable: boolean): void {
    const socket = this.#socket;
    const observer = this.#observer;
    this.#observer = undefined;
    this.#turn += 1;
    // A reply may come before its request was read: what is left of that would stand before the
    // next request. And what has already come after the reply would be taken for the next one.
    const keep = reusable && socket.writableLength === 0 && socket.readableLength === 0;
    if (!keep) this.destroy('closed by the upstream');
    else if (this.#paused) socket.resume();
    this.#paused = false;
    observer?.end();
    // Only now, so that no other exchange begins within this one; its observer may have closed it.
    if (keep && this.usable) this.#whenFree(this);
  }

  #open(): Socket {
    const { host, port, secure, connectTimeoutMs } = this.#to;
    const socket = secure
      ? connectTls({
          host,
          port,
          // An address is no server name (RFC 6066); the certificate is checked against the host
          // then.
          ...(isIP(host) === 0 ? { servername: host } : {}),
          ALPNProtocols: ['http/1.1'],
        })
      : connectTcp({ host, port, noDelay: true });
    if (secure) socket.setNoDelay(true);
    this.#connectTimer = setTimeout(() => this.destroy('connect_timeout'), connectTimeoutMs);
    socket.on(secure ? 'secureConnect' : 'connect', () => this.#opened());
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('timeout', () => {
      if (this.#observer === undefined || this.#paused) return;
      this.destroy(this.#headCame ? 'idle_timeout' : 'headers_timeout');
    });
    socket.on('end', () => this.#ended());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error.code ?? error.name;
    });
    socket.on('close', () => this.#closed());
    return socket;
  }

  #opened(): void {
    clearTimeout(this.#connectTimer);
    this.#connected = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) this.#write(waiting.request, waiting.observer);
  }

  #write({ head, body }: WireRequest, observer: UpstreamObserver): void {
    this.#observer = observer;
    this.#turn += 1;
    const turn = this.#turn;
    this.#handed = false;
    this.#headCame = false;
    this.#parser.next(this);
    observer.sent(() => {
      if (turn === this.#turn) this.destroy('aborted');
    });
    if (this.#failure !== undefined) return;
    this.#handed = true;
    const socket = this.#socket;
    if (socket.timeout !== this.#to.headersTimeoutMs) socket.setTimeout(this.#to.headersTimeoutMs);
    if (body.length <= ONE_WRITE_BYTES_MAX) {
      const bytes = Buffer.allocUnsafe(head.length + body.length);
      bytes.write(head, 0, 'latin1');
      bytes.set(body, head.length);
      socket.write(bytes);
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    }
    observer.written();
  }

  #read(bytes: Buffer): void {
    const wrong = this.#parser.push(bytes);
    if (wrong !== undefined) this.destroy(wrong);
  }

  #ended(): void {
    const cut = this.#parser.close();
    this.destroy(cut ?? 'closed by the upstream');
  }

  #closed(): void {
    clearTimeout(this.#connectTimer);
    const reason = this.#failure ?? 'the connection was closed';
    this.#whenGone(this);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.observer.failed({ kind: 'not_sent', reason });
    const observer = this.#observer;
    this.#observer = undefined;
    this.#turn += 1;
    observer?.failed({ kind: this.#handed ? 'broken' : 'not_sent', reason });
  }
}
