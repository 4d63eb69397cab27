/** When a plain exchange lets whoever writes an answer go on, with a socket that takes its time. */
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { PlainExchange } from '../../src/http/plain-exchange.ts';

const KIB = 1024;

/** A socket that has taken a piece only when it is told so. */
class SlowSocket extends Writable {
  readonly #taken: (() => void)[] = [];

  constructor() {
    super({ highWaterMark: 64 * KIB });
  }

  override _write(_piece: Buffer, _encoding: string, done: () => void): void {
    this.#taken.push(done);
  }

  take(): void {
    this.#taken.shift()?.();
  }
}

function begun() {
  const socket = new SlowSocket();
  const line = {
    socket: socket as unknown as Socket,
    keepAlive: true,
    date: () => 'now',
    answered: () => undefined,
  };
  const request = { target: '/', headers: {}, body: Buffer.alloc(0) };
  const exchange = new PlainExchange(line, { method: 'POST', ...request });
  let drained = 0;
  socket.on('drain', () => exchange.drained());
  exchange.whenDrained(() => drained++);
  exchange.writeHead(200, ['content-length', String(200 * KIB)]);
  return { socket, exchange, drained: () => drained };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('goes on when the socket has drained', async () => {
  const { socket, exchange, drained } = begun();
  expect(exchange.write(Buffer.alloc(64 * KIB))).toBe(false);
  await turn();
  expect(drained()).toBe(0);
  socket.take();
  await turn();
  expect(drained()).toBe(1);
});

test('goes on too when the socket emptied while what was written still gathered', async () => {
  const { socket, exchange, drained } = begun();
  expect(exchange.write(Buffer.alloc(60 * KIB))).toBe(true);
  await turn();
  // Together more than the socket wants, and yet it is never full: it has no drain to tell of.
  expect(exchange.write(Buffer.alloc(10 * KIB))).toBe(false);
  socket.take();
  expect(socket.writableLength).toBe(0);
  await turn();
  expect(drained()).toBe(1);
});
