/**
 * An HTTP/1.1 connection for as long as its requests are plain: one after the other, each answered
 * before the next is looked at. The first that is not plain goes to Node's own server, and the
 * connection with it, for good: nothing of it was consumed.
 */
import type { Socket } from 'node:net';
import { KEEP_ALIVE_SECONDS, PlainExchange, type PlainLine } from './plain-exchange.ts';
import { plainRequest } from './plain-request.ts';

/** What a plain connection needs of its listener. */
export interface PlainService {
  readonly headerBytesMax: number;
  date(): string;
  /** Serves one exchange. */
  handle(exchange: PlainExchange): void;
  /** Takes over a connection, with bytes of it that were not consumed. */
  handOver(socket: Socket, bytes: Buffer): void;
}

/** A second more than clients are told, so that it is they who close an idle connection. */
const IDLE_MS = (KEEP_ALIVE_SECONDS + 1) * 1_000;

export class PlainConnection implements PlainLine {
  readonly socket: Socket;
  readonly #service: PlainService;
  #exchange: PlainExchange | undefined;
  /**
   * Whether something came before its turn. It stays with the socket, which is paused, and which
   * then does not tell its end either.
   */
  #early = false;
  #halfClosed = false;
  #closing = false;

  constructor(socket: Socket, service: PlainService) {
    this.socket = socket;
    this.#service = service;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
    socket.on('drain', this.#onDrain).on('timeout', this.#onTimeout).on('error', ignore);
    socket.setTimeout(IDLE_MS);
  }

  get keepAlive(): boolean {
    return !this.#closing && !this.#halfClosed;
  }

  date(): string {
    return this.#service.date();
  }

  /** Looks at the first bytes. */
  start(bytes: Buffer): void {
    this.#onData(bytes);
  }

  /** Ends the connection: at once when it is idle, else with the running answer. */
  close(): void {
    this.#closing = true;
    if (this.#exchange === undefined && this.socket.writableLength === 0) this.socket.destroy();
  }

  answered(): void {
    this.#exchange = undefined;
    if (!this.keepAlive) {
      this.socket.end();
      return;
    }
    this.#next();
  }

  /** Goes on with what came early, unless the client has to take its answers first. */
  #next(): void {
    const { socket } = this;
    if (!this.#early || socket.writableNeedDrain) return;
    this.#early = false;
    // Not within the answer before it: many small requests at once would pile up on the stack.
    if (this.keepAlive) socket.resume();
    else socket.end();
  }

  readonly #onData = (bytes: Buffer): void => {
    const { socket } = this;
    // Who takes no answers gets no more of them: they would be kept in memory.
    if (this.#exchange !== undefined || socket.writableNeedDrain) {
      this.#early = true;
      socket.pause();
      socket.unshift(bytes);
      return;
    }
    if (socket.destroyed) return;
    const request = plainRequest(bytes, this.#service.headerBytesMax);
    if (request === undefined) {
      this.#detach();
      this.#service.handOver(socket, bytes);
      return;
    }
    const exchange = new PlainExchange(this, request);
    this.#exchange = exchange;
    this.#service.handle(exchange);
  };

  readonly #onEnd = (): void => {
    this.#halfClosed = true;
    if (this.#exchange === undefined) this.socket.end();
  };

  readonly #onClose = (): void => this.#exchange?.left();

  readonly #onDrain = (): void => {
    if (this.#exchange === undefined) this.#next();
    else this.#exchange.drained();
  };

  readonly #onTimeout = (): void => {
    if (this.#exchange === undefined) this.socket.destroy();
  };

  #detach(): void {
    const { socket } = this;
    socket.pause();
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    socket.off('drain', this.#onDrain).off('timeout', this.#onTimeout).off('error', ignore);
    socket.setTimeout(0);
  }
}

function ignore(): void {
  // `close` follows, and tells the exchange.
}
