/** Plain connections over real sockets, beside Node's server on the same port. */
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { listen, type Listener } from '../../src/http/listener.ts';
import type { PlainExchange } from '../../src/http/plain-exchange.ts';

const LIMITS = {
  connectionsMax: 100,
  headerBytesMax: 4_096,
  headersTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
  streamsMax: 10,
};
const DATE = 'Sun, 22 Nov 2026 00:00:00 GMT';

const listeners: Listener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const listener of listeners.splice(0)) {
    listener.destroy();
    await listener.close();
  }
});

/** Plain requests go to `plain`; Node's say that they are Node's. */
async function open(plain: (exchange: PlainExchange) => void = answerPlainly): Promise<Listener> {
  const listener = await listen(
    { host: '127.0.0.1', port: 0 },
    LIMITS,
    (request, response) => {
      let size = 0;
      request.on('data', (chunk: Buffer) => (size += chunk.length));
      request.on('end', () => void (response as NodeJS.WritableStream).end(`node ${size}`));
    },
    { handle: plain, date: () => DATE },
  );
  listeners.push(listener);
  return listener;
}

function answerPlainly(exchange: PlainExchange): void {
  exchange.writeHead(200, ['content-type', 'text/plain']);
  exchange.end(Buffer.from(`plain ${exchange.target}`));
}

function client(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

function post(target: string, body = '{}', headers = ''): string {
  const length = Buffer.byteLength(body);
  return `POST ${target} HTTP/1.1\r\nhost: g\r\n${headers}content-length: ${length}\r\n\r\n${body}`;
}

/** What has come when `enough` is content with it. */
function until(socket: Socket, enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (enough(text)) resolve(text);
    });
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
  });
}

/** All that comes until the other side ends. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return text;
}

const times = (text: string, part: string): number => text.split(part).length - 1;

describe('a plain connection', () => {
  test('answers with the head as given, a date, a length and word that it stays', async () => {
    const socket = client((await open()).port);
    socket.write(post('/model/a/converse'));
    expect(await until(socket, (text) => text.endsWith('converse'))).toBe(
      'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n' +
        `date: ${DATE}\r\ncontent-length: 23\r\nconnection: keep-alive\r\n` +
        'keep-alive: timeout=75\r\n\r\nplain /model/a/converse',
    );
  });

  test('serves one request after another, and goes to Node with the first other one', async () => {
    const { port } = await open();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (path: string, method: string, body: string): Promise<string> => {
      const outgoing = httpRequest({ port, path, method, agent });
      outgoing.end(body);
      const [answer] = (await once(outgoing, 'response')) as [AsyncIterable<Buffer>];
      let text = '';
      for await (const chunk of answer) text += chunk.toString();
      return `${text}${outgoing.reusedSocket ? ' again' : ''}`;
    };
    expect(await ask('/model/a/converse', 'POST', '{}')).toBe('plain /model/a/converse');
    expect(await ask('/model/b/converse', 'POST', '{}')).toBe('plain /model/b/converse again');
    expect(await ask('/health', 'GET', '')).toBe('node 0 again');
    expect(await ask('/model/c/converse', 'POST', 'x'.repeat(300_000))).toBe('node 300000 again');
    expect(await ask('/model/a/converse', 'POST', '{}')).toBe('node 2 again');
    agent.destroy();
  });

  test('a request that comes byte by byte is served by Node', async () => {
    const socket = client((await open()).port);
    socket.setNoDelay(true);
    const answered = until(socket, (text) => text.includes('node 2'));
    for (const byte of post('/model/a/converse')) {
      await new Promise((resolve) => socket.write(byte, resolve));
    }
    await answered;
  });

  test('requests that do not wait for their answers are answered in their order', async () => {
    const socket = client((await open()).port);
    socket.write(post('/model/a/converse') + post('/model/b/converse') + post('/model/c/converse'));
    const text = await until(socket, (all) => times(all, 'node 2') === 3);
    expect(times(text, 'HTTP/1.1 200')).toBe(3);
  });

  test('a request that comes while another runs waits for its turn', async () => {
    const running: PlainExchange[] = [];
    const socket = client((await open((exchange) => running.push(exchange))).port);
    socket.write(post('/model/a/converse'));
    await expect.poll(() => running.length).toBe(1);
    socket.write(post('/model/b/converse'));
    const text = until(socket, (all) => all.endsWith('/model/b/converse'));
    answerPlainly(running[0] as PlainExchange);
    await expect.poll(() => running.length).toBe(2);
    answerPlainly(running[1] as PlainExchange);
    expect(times(await text, 'plain /model/')).toBe(2);
  });

  test('a client that half-closes gets its answer, and then the end', async () => {
    const running: PlainExchange[] = [];
    const socket = client((await open((exchange) => running.push(exchange))).port);
    socket.end(post('/model/a/converse'));
    await expect.poll(() => running.length).toBe(1);
    const all = rest(socket);
    await new Promise((resolve) => setImmediate(resolve));
    answerPlainly(running[0] as PlainExchange);
    expect(await all).toContain('plain /model/a/converse');
  });

  test('what came early for Node is served by it, though the client has ended since', async () => {
    const running: PlainExchange[] = [];
    const socket = client((await open((exchange) => running.push(exchange))).port);
    socket.write(post('/model/a/converse'));
    await expect.poll(() => running.length).toBe(1);
    await new Promise((resolve) =>
      socket.write('GET /health HTTP/1.1\r\nhost: g\r\n\r\n', resolve),
    );
    socket.end();
    await once(socket, 'finish');
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    const all = rest(socket);
    answerPlainly(running[0] as PlainExchange);
    expect(await all).toMatch(/plain \/model\/a\/converse[^]*node 0/);
  });

  test('who takes no answers is served no further request', async () => {
    const large = Buffer.alloc(32 * 1024 * 1024, 'x');
    let taken = 0;
    const takenAtStart: number[] = [];
    const { port } = await open((exchange) => {
      takenAtStart.push(taken);
      exchange.writeHead(200, []);
      exchange.end(takenAtStart.length === 1 ? large : Buffer.from('second'));
    });
    const socket = client(port);
    socket.pause();
    socket.write(post('/model/a/converse'));
    await expect.poll(() => takenAtStart.length).toBe(1);
    await new Promise((resolve) => socket.write(post('/model/b/converse'), resolve));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    const all = new Promise((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        taken += chunk.length;
        if (chunk.subarray(-6).equals(Buffer.from('second'))) resolve(taken);
      });
    });
    socket.resume();
    await all;
    // All but what the system holds for both sides had been taken before the second began.
    expect(takenAtStart[1]).toBeGreaterThan(large.length / 4);
  });

  test('tells that its client has left, once, and says nothing more', async () => {
    const running: PlainExchange[] = [];
    let left = 0;
    const { port } = await open((exchange) => {
      exchange.whenGone(() => left++);
      running.push(exchange);
    });
    const socket = client(port);
    socket.write(post('/model/a/converse'));
    await expect.poll(() => running.length).toBe(1);
    // An end alone may be that of a client which has said all it had to say.
    socket.resetAndDestroy();
    await expect.poll(() => left).toBe(1);
    const [exchange] = running;
    expect(exchange?.gone).toBe(true);
    expect(exchange?.write(Buffer.from('more'))).toBe(true);
    exchange?.end();
    expect(left).toBe(1);
  });

  test('an answer of unknown length goes out in chunks, those of one turn as one', async () => {
    const running: PlainExchange[] = [];
    const socket = client((await open((exchange) => running.push(exchange))).port);
    socket.write(post('/model/a/converse-stream'));
    await expect.poll(() => running.length).toBe(1);
    const all = until(socket, (text) => text.endsWith('0\r\n\r\n'));
    const [exchange] = running;
    exchange?.writeHead(200, ['content-type', 'application/vnd.amazon.eventstream']);
    exchange?.write(Buffer.from('one'));
    exchange?.write(Buffer.from('two'));
    await new Promise((resolve) => setImmediate(resolve));
    exchange?.write(Buffer.from('three'));
    exchange?.end(Buffer.from('four'));
    const text = await all;
    expect(text).toContain('transfer-encoding: chunked\r\n');
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(
      '6\r\nonetwo\r\n9\r\nthreefour\r\n0\r\n\r\n',
    );
  });

  test('a slow reader is told to wait for, and what it gets is whole', async () => {
    const part = Buffer.alloc(40_000, 'x');
    let waits = 0;
    let written = 0;
    const { port } = await open((exchange) => {
      exchange.writeHead(200, []);
      const go = (): void => {
        while (written < 200) {
          written++;
          if (exchange.write(part)) continue;
          waits++;
          return;
        }
        exchange.whenDrained(undefined);
        exchange.end();
      };
      exchange.whenDrained(go);
      go();
    });
    const socket = client(port);
    socket.write(post('/model/a/converse-stream'));
    let size = 0;
    let last = '';
    for await (const chunk of socket) {
      size += times((chunk as Buffer).toString('latin1'), 'x');
      last = (last + (chunk as Buffer).toString('latin1')).slice(-5);
      if (last === '0\r\n\r\n') break;
    }
    expect(size).toBe(200 * part.length);
    expect(waits).toBeGreaterThan(0);
  });

  test('close ends idle connections at once and running ones with their answer', async () => {
    const running: PlainExchange[] = [];
    const listener = await open((exchange) => {
      if (exchange.target.includes('quick')) answerPlainly(exchange);
      else running.push(exchange);
    });
    const idle = client(listener.port);
    idle.write(post('/model/quick/converse'));
    await until(idle, (text) => text.endsWith('converse'));
    const busy = client(listener.port);
    busy.write(post('/model/slow/converse'));
    await expect.poll(() => running.length).toBe(1);
    const ended = once(idle, 'close');
    const closed = listener.close();
    idle.resume();
    idle.on('end', () => idle.end());
    await ended;
    const all = rest(busy);
    answerPlainly(running[0] as PlainExchange);
    expect(await all).toContain('connection: close\r\n');
    busy.end();
    await closed;
  });
});
