/** One port serves both versions of HTTP, however the first bytes are cut. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { listen } from '../../src/http/listen.ts';

async function withListener(run: (port: number) => Promise<void>): Promise<void> {
  const listener = await listen(0, (exchange) => {
    exchange.respond(200, { 'content-type': 'text/plain' }, exchange.method + exchange.target);
  });
  await run(listener.port);
  await listener.close();
}

it('HTTP/1.1 and HTTP/2 are both understood', () =>
  withListener(async (port) => {
    expect(await (await fetch(`http://127.0.0.1:${port}/a%2Fb?c`)).text()).toBe('GET/a%2Fb?c');
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    expect(await text(session.request({ ':path': '/a%2Fb?c' }))).toBe('GET/a%2Fb?c');
    session.destroy();
  }));

it('a first byte that comes alone decides nothing', () =>
  withListener(async (port) => {
    const socket = connect(port, '127.0.0.1').setNoDelay(true);
    for (const piece of ['P', 'O', 'ST /x HTTP/1.1\r\nhost: a\r\n', 'connection: close\r\n\r\n']) {
      await new Promise((resolve) => socket.write(piece, resolve));
    }
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK[^]*POST\/x$/);
  }));

it('a client that says nothing and leaves does no harm', () =>
  withListener(async (port) => {
    for (const words of ['', 'PRI']) {
      const socket = connect(port, '127.0.0.1');
      socket.end(words);
      socket.resume();
      await once(socket, 'close');
    }
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  }));

it('closing breaks connections that are open', async () => {
  const listener = await listen(0, () => undefined);
  const answer = fetch(`http://127.0.0.1:${listener.port}/`).catch(() => 'broken');
  const socket = connect(listener.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  await listener.close();
  expect(await answer).toBe('broken');
  await closed;
});
