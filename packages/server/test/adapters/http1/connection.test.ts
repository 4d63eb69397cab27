/** One exchange on one connection, over real sockets: how it ends, and what is left of it. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RawUpstream, okay, type Answer } from './raw-upstream.ts';
import { ask, openUpstream, type Outcome } from './witness.ts';

const MIB = 1024 * 1024;
const UPLOAD_BYTES = 25 * MIB;
const REPLY_BYTES = 50 * MIB;

type Options = Parameters<typeof openUpstream>[1];

/** A server that answers so, and an upstream with one connection to it. */
async function pair(answer: Answer, options: Options = {}) {
  const server = await RawUpstream.open(answer);
  const upstream = openUpstream(server.origin, { connectionsMax: 1, ...options });
  onTestFinished(async () => {
    await upstream.close();
    await server[Symbol.asyncDispose]();
  });
  return { server, upstream };
}

const WHOLE = { status: 200, body: 'whole' };
const broken = (reason: string | RegExp, body = ''): unknown => ({
  kind: 'broken',
  reason: expect.stringMatching(reason) as unknown,
  status: body === '' ? (expect.anything() as unknown) : 200,
  body,
});

describe('an exchange', () => {
  test('goes out with host, headers and length, and comes back whole', async () => {
    const { server, upstream } = await pair(({ socket }) => socket.write(okay('whole', 'X-Y: z')));
    const witness = ask(upstream, 'a body');
    expect(await witness.outcome()).toEqual(WHOLE);
    expect(witness.steps).toEqual(['sent', 'written', 'head', 'data', 'over']);
    expect(witness.reply?.rawHeaders).toEqual(['X-Y', 'z', 'Content-Length', '5']);
    const { host } = new URL(server.origin);
    expect(server.requests[0]?.head.split('\r\n')).toEqual([
      'POST /model/m/converse HTTP/1.1',
      `host: ${host}`,
      'x-a: b',
      'content-length: 6',
    ]);
    expect(server.requests[0]?.body).toBe('a body');
  });

  test('over a reply that only the close ends is whole', async () => {
    const { upstream } = await pair(({ socket }) => socket.end('HTTP/1.1 200 OK\r\n\r\nwhole'));
    expect(await ask(upstream).outcome()).toEqual(WHOLE);
  });

  test.each([
    ['before a head', ''],
    ['within a head', 'HTTP/1.1 200 OK\r\nContent-'],
  ])('that the peer closes %s is broken, and is not repeated', async (_name, sent) => {
    const { server, upstream } = await pair(({ socket }) => socket.end(sent));
    const outcome = await ask(upstream).outcome();
    expect(outcome).toEqual({
      kind: 'broken',
      reason: 'the connection was closed',
      status: null,
      body: '',
    });
    expect(await ask(upstream).outcome()).toMatchObject({ kind: 'broken' });
    expect(server.requests).toHaveLength(2);
  });

  test('that is reset before its head is broken, and is not repeated', async () => {
    const { server, upstream } = await pair(({ socket }) => socket.resetAndDestroy());
    expect(await ask(upstream).outcome()).toMatchObject({ kind: 'broken', reason: 'ECONNRESET' });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['a body with a length', 'Content-Length: 9\r\n\r\nfive!'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\n'],
  ])('that the peer closes within %s is broken', async (_name, rest) => {
    const { upstream } = await pair(({ socket }) => socket.end(`HTTP/1.1 200 OK\r\n${rest}`));
    expect(await ask(upstream).outcome()).toEqual(broken('the connection was closed', 'five!'));
  });

  test('that is reset within a body is broken, whatever ends the body', async () => {
    const { server, upstream } = await pair(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nfive!');
    });
    const witness = ask(upstream, '', (step) => {
      if (step === 'data') server.sockets[0]?.resetAndDestroy();
    });
    expect(await witness.outcome()).toEqual(broken('ECONNRESET', 'five!'));
  });

  test('over what is no HTTP is broken', async () => {
    const { upstream } = await pair(({ socket }) => socket.write('220 ready\r\n\r\n'));
    expect(await ask(upstream).outcome()).toMatchObject({
      kind: 'broken',
      reason: 'the upstream does not speak HTTP/1.1',
    });
  });

  test('that breaks off later keeps what had come', async () => {
    const { upstream } = await pair(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfive!\r\nxx\r\n');
    });
    expect(await ask(upstream).outcome()).toEqual(broken('valid size', 'five!'));
  });
});

describe('an abort', () => {
  test('within `sent` is certain not to have sent anything', async () => {
    const { server, upstream } = await pair(({ socket }) => socket.write(okay('whole')));
    const witness = ask(upstream, 'x', (step, { abort }) => {
      if (step === 'sent') abort();
    });
    expect(await witness.outcome()).toMatchObject({ kind: 'not_sent', reason: 'aborted' });
    expect(await ask(upstream, 'y').outcome()).toEqual(WHOLE);
    expect(server.requests.map(({ body }) => body)).toEqual(['y']);
  });

  test('before the head is broken', async () => {
    const { server, upstream } = await pair(() => undefined);
    const witness = ask(upstream);
    await server.asked(1);
    witness.abort();
    expect(await witness.outcome()).toMatchObject({ kind: 'broken', reason: 'aborted' });
  });

  test.each(['head', 'data'] as const)(
    'within `%s` is broken, and nothing more is told',
    async (at) => {
      const { upstream } = await pair(({ socket }) => socket.write(okay('whole')));
      const witness = ask(upstream, '', (step, { abort }) => {
        if (step === at) abort();
      });
      expect(await witness.outcome()).toMatchObject({ kind: 'broken', reason: 'aborted' });
      expect(witness.steps.at(-2)).toBe(at);
    },
  );

  test('after the end, and a late pause, do nothing to the next exchange', async () => {
    let replies = 0;
    const { server, upstream } = await pair(({ socket }) => {
      replies += 1;
      if (replies === 1) socket.write(okay('whole'));
    });
    const first = ask(upstream);
    await first.outcome();
    const second = ask(upstream);
    await server.asked(2);
    first.abort();
    first.reply?.pause();
    server.sockets[0]?.write(okay('whole'));
    expect(await second.outcome()).toEqual(WHOLE);
    expect(server.sockets).toHaveLength(1);
  });
});

describe('time', () => {
  test('that the head does not come in breaks the exchange off', async () => {
    const { upstream } = await pair(() => undefined, { headersTimeoutMs: 30 });
    const outcome = await ask(upstream).outcome();
    expect(outcome).toMatchObject({ kind: 'broken', reason: 'headers_timeout', status: null });
  });

  test.each([500, 60_000])('that a body is silent for breaks it off (head: %d ms)', async (ms) => {
    const { upstream } = await pair(
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfive!'),
      { headersTimeoutMs: ms, idleTimeoutMs: 500 },
    );
    expect(await ask(upstream).outcome()).toEqual(broken('idle_timeout', 'five!'));
  });

  test('that passes in a pause is not the upstream’s', async () => {
    const { server, upstream } = await pair(
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwh'),
      { idleTimeoutMs: 400 },
    );
    // A connection of the same age and patience shows when the time is over.
    const other = openUpstream(server.origin, { idleTimeoutMs: 500 });
    const paused = ask(upstream, '', (step, { reply }) => {
      if (step === 'data') reply?.pause();
    });
    await paused.reached('data');
    expect(await ask(other).outcome()).toMatchObject({ reason: 'idle_timeout' });
    await other.close();
    server.sockets[0]?.write('ole');
    paused.reply?.resume();
    expect(await paused.outcome()).toEqual(WHOLE);
  });

  test('begins again after a pause', async () => {
    const { server, upstream } = await pair(
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwh'),
      { idleTimeoutMs: 30 },
    );
    const paused = ask(upstream, '', (step, { reply }) => {
      if (step === 'data') reply?.pause();
    });
    await paused.reached('data');
    const other = openUpstream(server.origin, { idleTimeoutMs: 60 });
    await ask(other).outcome();
    await other.close();
    paused.reply?.resume();
    expect(await paused.outcome()).toEqual(broken('idle_timeout', 'wh'));
  });
});

describe('a connection that cannot be made', () => {
  /** A port that nobody listens on. */
  async function closedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  const failing = async (origin: string, options: Options = {}): Promise<Outcome> => {
    const upstream = openUpstream(origin, { connectionsMax: 1, ...options });
    const outcomes = await Promise.all([1, 2, 3].map(() => ask(upstream).outcome()));
    await upstream.close();
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
    return outcomes[0] as Outcome;
  };

  // A name with several addresses fails with the first one's reason.
  test.each(['127.0.0.1', 'localhost', '[::1]'])('to %s: nothing was sent', async (host) => {
    const outcome = await failing(`http://${host}:${await closedPort()}`);
    expect(outcome).toMatchObject({ kind: 'not_sent', status: null });
    // Without IPv6 the address itself is not available.
    expect(outcome).toMatchObject({
      reason: expect.stringMatching(/^E(CONNREFUSED|ADDRNOTAVAIL)$/) as unknown,
    });
  });

  test('because the name has no address: nothing was sent', async () => {
    const outcome = await failing('http://upstream.invalid');
    expect(outcome).toMatchObject({
      kind: 'not_sent',
      reason: expect.stringMatching(/^E/) as unknown,
    });
  });

  test('in time: nothing was sent', async () => {
    // TLS to a peer that never says a word.
    const silent = await RawUpstream.open(() => undefined);
    const origin = silent.origin.replace('http:', 'https:');
    expect(await failing(origin, { connectTimeoutMs: 30 })).toMatchObject({
      kind: 'not_sent',
      reason: 'connect_timeout',
    });
    await silent[Symbol.asyncDispose]();
  });

  test('to a peer that speaks first is not used', async () => {
    const greeting = createServer((socket) => socket.end('220 ready\r\n'));
    await new Promise<void>((resolve) => greeting.listen(0, '127.0.0.1', resolve));
    const { port } = greeting.address() as AddressInfo;
    const upstream = openUpstream(`http://127.0.0.1:${port}`);
    expect(await ask(upstream).outcome()).toMatchObject({ kind: 'broken' });
    await upstream.close();
    greeting.close();
  });
});

describe('large bodies', () => {
  test('a request of 25 MB arrives', async () => {
    const { server, upstream } = await pair(({ socket }) => socket.write(okay('whole')));
    const body = Buffer.alloc(UPLOAD_BYTES, 'abcdefghij');
    expect(await ask(upstream, body).outcome()).toEqual(WHOLE);
    expect(server.requests[0]?.body === body.toString('latin1')).toBe(true);
    expect(await ask(upstream).outcome()).toEqual(WHOLE);
    expect(server.sockets).toHaveLength(1);
  });

  test('a reply before its request was read is whole, its connection of no more use', async () => {
    let early: Socket | undefined;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      if (early !== undefined) {
        socket.once('data', () => socket.write(okay('whole')));
        return;
      }
      early = socket;
      socket.once('data', () => {
        socket.pause();
        socket.write(okay('early'));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const upstream = openUpstream(`http://127.0.0.1:${port}`, { connectionsMax: 1 });
    const large = ask(upstream, Buffer.alloc(UPLOAD_BYTES));
    const next = ask(upstream);
    expect(await large.outcome()).toEqual({ status: 200, body: 'early' });
    expect(await next.outcome()).toEqual(WHOLE);
    await upstream.close();
    early?.destroy();
    server.close();
  });

  test.each([
    ['a length', false],
    ['small chunks', true],
  ])('a reply of 50 MB with %s waits for a slow observer, and arrives', async (_name, chunked) => {
    const { server, upstream } = await pair(({ socket }) => {
      if (chunked) {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const piece = Buffer.from(`400\r\n${'x'.repeat(1024)}\r\n`.repeat(1024));
        for (let sent = 0; sent < REPLY_BYTES; sent += MIB) socket.write(piece);
        socket.write('0\r\n\r\n');
      } else {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${REPLY_BYTES}\r\n\r\n`);
        socket.write(Buffer.alloc(REPLY_BYTES));
      }
    });
    let next = MIB;
    const witness = ask(upstream, '', (step, { reply, bytes }) => {
      if (step !== 'data' || bytes < next) return;
      next += MIB;
      reply?.pause();
      setImmediate(() => reply?.resume());
    });
    expect(await witness.outcome()).toMatchObject({ status: 200 });
    expect(witness.bytes).toBe(REPLY_BYTES);
    expect(server.sockets).toHaveLength(1);
  });

  test('a paused reply is not read on, and its end waits even if the peer has closed', async () => {
    const { server, upstream } = await pair(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.end(Buffer.alloc(REPLY_BYTES));
    });
    const witness = ask(upstream, '', (step, { reply }) => {
      if (step === 'head') reply?.pause();
    });
    await witness.reached('head');
    // Another exchange, on a connection of its own, goes all its way meanwhile.
    const other = openUpstream(server.origin);
    expect(await ask(other).outcome()).toMatchObject({ status: 200 });
    await other.close();
    expect(witness.bytes).toBeLessThan(MIB);
    expect(witness.steps).not.toContain('over');
    witness.reply?.resume();
    await witness.outcome();
    expect(witness.bytes).toBe(REPLY_BYTES);
  });
});

test('an exchange that ends paused leaves a connection that reads', async () => {
  const { server, upstream } = await pair(({ socket }) => socket.write(okay('whole')));
  const pausing = ask(upstream, '', (step, { reply }) => {
    if (step === 'data') reply?.pause();
  });
  expect(await pausing.outcome()).toEqual(WHOLE);
  expect(await ask(upstream).outcome()).toEqual(WHOLE);
  expect(server.sockets).toHaveLength(1);
});

test('what came after the end of a paused reply is not taken for the next one', async () => {
  const { server, upstream } = await pair(({ socket, body }) =>
    socket.write(body === 'a' ? 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwh' : okay('whole')),
  );
  const single = openUpstream(server.origin, { connectionsMax: 1 });
  const paused = ask(single, 'a', (step, { reply }) => {
    if (step === 'data') reply?.pause();
  });
  const waiting = ask(single, 'b');
  await paused.reached('data');
  // Each piece is received before the next is sent: another exchange goes all its way in between.
  for (const piece of ['ole', okay('poison')]) {
    server.sockets[0]?.write(piece);
    await ask(upstream).outcome();
  }
  paused.reply?.resume();
  expect(await paused.outcome()).toEqual(WHOLE);
  expect(await waiting.outcome()).toEqual(WHOLE);
  await single.close();
});

test('an IPv6 origin is reached, and named in brackets', async ({ skip }) => {
  let head = '';
  const server = createServer((socket) => {
    socket.once('data', (bytes) => {
      head = bytes.toString();
      socket.write(okay('whole'));
    });
  });
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, '::1', () => resolve(true));
  });
  if (!listening) skip('this machine has no IPv6');
  const { port } = server.address() as AddressInfo;
  const upstream = openUpstream(`http://[::1]:${port}`);
  expect(await ask(upstream).outcome()).toEqual(WHOLE);
  expect(head).toContain(`\r\nhost: [::1]:${port}\r\n`);
  await upstream.close();
  server.close();
});
