/** An exchange knows when a request is too large, cut short, or no longer wanted. */
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { BodyTooLarge, type Exchange, RequestCutShort } from '../../src/http/exchange.ts';
import { listen } from '../../src/http/listen.ts';

/** Serves until the exchange that `handle` gets has made what it promises. */
async function serving<T>(
  handle: (exchange: Exchange) => Promise<T>,
  call: (port: number) => unknown,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const listener = await listen(0, (exchange) => resolve(handle(exchange)));
  await call(listener.port);
  const made = await promise;
  await listener.close();
  return made;
}

const raw = (port: number, words: string, leave: boolean): void => {
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(words, () => {
      if (leave) socket.destroy();
    });
  });
  socket.on('error', () => undefined);
};

it('a body is read whole', async () => {
  const body = await serving(
    (exchange) => exchange.body(10),
    (port) => raw(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello', false),
  );
  expect(body.toString()).toBe('hello');
});

it('a body over the limit is refused', async () => {
  const refused = serving(
    (exchange) => exchange.body(4),
    (port) => raw(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello', false),
  );
  await expect(refused).rejects.toBeInstanceOf(BodyTooLarge);
});

it('a body that never ends because the client left is told apart', async () => {
  const cut = serving(
    (exchange) => exchange.body(10),
    (port) => raw(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhe', true),
  );
  await expect(cut).rejects.toBeInstanceOf(RequestCutShort);
});

it('a client that leaves is noticed', async () => {
  const gone = await serving(
    (exchange) =>
      new Promise<boolean>((resolve) => {
        exchange.onGone(() => resolve(exchange.gone));
      }),
    (port) => raw(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n', true),
  );
  expect(gone).toBe(true);
});

it('headers are found by their lower-case name', async () => {
  const seen = await serving(
    (exchange) => Promise.resolve(['host', 'x-some', 'x-none'].map((n) => exchange.header(n))),
    (port) => raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Some: b\r\n\r\n', false),
  );
  expect(seen).toEqual(['a', 'b', undefined]);
});
