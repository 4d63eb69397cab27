/** One port, two protocols, and clients that do not play by the rules; over real sockets. */
import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Request, Response } from '../../src/http/exchange.ts';
import { NodeExchange } from '../../src/http/node-exchange.ts';
import { listen, type Listener, type ListenerLimits } from '../../src/http/listener.ts';

const LIMITS: ListenerLimits = {
  connectionsMax: 100,
  headerBytesMax: 4_096,
  headersTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
  streamsMax: 10,
};
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const listeners: Listener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const listener of listeners.splice(0)) {
    listener.destroy();
    await listener.close();
  }
});

/** Answers with what it was asked, and over which version. */
function echo(request: Request, response: Response): void {
  const exchange = new NodeExchange(request, response);
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    exchange.writeHead(200, ['content-type', 'text/plain']);
    exchange.end(
      Buffer.from(`${request.httpVersion} ${exchange.method} ${exchange.target} ${body}`),
    );
  });
}

async function open(
  limits: Partial<ListenerLimits> = {},
  handle: (request: Request, response: Response) => void = echo,
): Promise<Listener> {
  const listener = await listen({ host: '127.0.0.1', port: 0 }, { ...LIMITS, ...limits }, handle);
  listeners.push(listener);
  return listener;
}

function raw(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

/** All that comes until the other side has ended. */
async function received(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return text;
}

async function overHttp1(port: number, body: string): Promise<string> {
  const agent = new Agent({ keepAlive: false });
  const outgoing = httpRequest({ port, host: '127.0.0.1', path: '/x?y', method: 'POST', agent });
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [AsyncIterable<Buffer>];
  let text = '';
  for await (const chunk of answer) text += chunk.toString();
  return text;
}

async function overHttp2(port: number, body: string): Promise<string> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/x?y',
  });
  stream.end(body);
  let text = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) text += chunk.toString();
  session.close();
  return text;
}

describe('two protocols on one port', () => {
  test('HTTP/1.1 and HTTP/2 with prior knowledge get the same answer', async () => {
    const { port } = await open();
    expect(await overHttp1(port, 'one')).toBe('1.1 POST /x?y one');
    expect(await overHttp2(port, 'two')).toBe('2.0 POST /x?y two');
  });

  test('both at once, many times', async () => {
    const { port } = await open();
    const asks = Array.from({ length: 20 }, (_, i) =>
      i % 2 === 0 ? overHttp1(port, `${i}`) : overHttp2(port, `${i}`),
    );
    const answers = await Promise.all(asks);
    expect(answers).toEqual(asks.map((_, i) => `${i % 2 === 0 ? '1.1' : '2.0'} POST /x?y ${i}`));
  });

  test('a request byte by byte is understood, whichever letter it begins with', async () => {
    const { port } = await open();
    for (const method of ['GET', 'POST', 'PUT', 'PATCH']) {
      const socket = raw(port);
      const answer = received(socket);
      const text = `${method} / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
      for (const byte of text) {
        socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await answer).toContain('HTTP/1.1 200 OK');
    }
  });

  test('the preface of HTTP/2 may come in two pieces', async () => {
    const { port } = await open();
    const socket = raw(port);
    socket.write(PREFACE.slice(0, 10));
    await new Promise((resolve) => setImmediate(resolve));
    // An empty SETTINGS frame (RFC 9113, section 6.5) completes the client's preface.
    socket.write(
      Buffer.concat([Buffer.from(PREFACE.slice(10)), Buffer.from('000000040000000000', 'hex')]),
    );
    const [frame] = (await once(socket, 'data')) as [Buffer];
    expect(frame[3]).toBe(4);
  });
});

describe('clients that do not play by the rules', () => {
  test('what is no HTTP is told so, in words and with an error type', async () => {
    const { port } = await open();
    const socket = raw(port);
    const answer = received(socket);
    socket.write('what is this\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 400 [^]*x-amzn-errortype: ValidationException/);
  });

  test('headers beyond the limit are refused with 431', async () => {
    const { port } = await open();
    const socket = raw(port);
    const answer = received(socket);
    socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(LIMITS.headerBytesMax)}\r\n\r\n`);
    expect(await answer).toContain('HTTP/1.1 431 ');
  });

  test('a client that sends nothing, or half a preface, is cut off in the end', async () => {
    const { port } = await open({ headersTimeoutMs: 50 });
    const [silent, half] = [raw(port), raw(port)];
    half.write(PREFACE.slice(0, 5));
    expect(await Promise.all([received(silent), received(half)])).toEqual(['', '']);
  });

  test('an idle HTTP/2 session is ended, one that waits for its answer is not', async () => {
    let answer: (() => void) | undefined;
    const { port } = await open({ headersTimeoutMs: 100 }, (request, response) => {
      answer = () => echo(request, response);
    });
    const busy = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = busy.request({ ':path': '/slow' });
    const head = once(stream, 'response');
    // Both are older than the time-out once the idle one, which came later, has been ended.
    const idle = connectHttp2(`http://127.0.0.1:${port}`);
    await once(idle, 'close');
    const half = raw(port);
    // A frame of headers that is announced and never comes.
    half.write(PREFACE + '\0\0\0\x04\0\0\0\0\0' + '\0\0\x10\x01\x04\0\0\0\x01');
    await received(half);
    answer?.();
    const [headers] = (await head) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
    busy.destroy();
  });

  test('a client that dribbles headers is cut off with 408', async () => {
    const { port } = await open({ headersTimeoutMs: 50 });
    const socket = raw(port);
    const answer = received(socket);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n');
    expect(await answer).toContain('HTTP/1.1 408 ');
  });

  test('a client that half-closes after its request gets its answer', async () => {
    const { port } = await open();
    const socket = raw(port);
    const answer = received(socket);
    socket.end('GET /half HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await answer).toContain('1.1 GET /half');
  });

  test('a client that leaves before a byte was sent harms nobody', async () => {
    const { port } = await open();
    const socket = raw(port);
    await once(socket, 'connect');
    socket.resetAndDestroy();
    expect(await overHttp1(port, 'next')).toBe('1.1 POST /x?y next');
  });
});

describe('the end', () => {
  test('closing lets a running exchange end, and takes no new connection', async () => {
    let answerNow: () => void = () => undefined;
    const arrived = Promise.withResolvers<void>();
    const { port, close } = await open({}, (request, response) => {
      const exchange = new NodeExchange(request, response);
      answerNow = () => exchange.end(Buffer.from('late'));
      arrived.resolve();
    });
    const running = overHttp1(port, '');
    await arrived.promise;
    const closed = close();
    await expect(once(raw(port), 'connect')).rejects.toThrow('ECONNREFUSED');
    answerNow();
    expect(await running).toBe('late');
    await closed;
  });

  test('idle connections of either kind do not hold it up', async () => {
    const { port, close } = await open();
    const silent = raw(port);
    await once(silent, 'connect');
    const kept = raw(port);
    kept.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(kept, 'data');
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    await once(session, 'remoteSettings');
    await close();
    session.destroy();
  });

  test('an answer that is ready reaches a slow client all the same', async () => {
    const body = Buffer.alloc(32 * 1024 * 1024, 'x');
    const answered = Promise.withResolvers<void>();
    const listener = await open({}, (request, response) => {
      new NodeExchange(request, response).end(body);
      answered.resolve();
    });
    const socket = raw(listener.port);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await answered.promise;
    const closed = listener.close();
    listener.finish();
    expect((await received(socket)).length).toBeGreaterThan(body.length);
    socket.destroy();
    await closed;
  });

  test('a port that is taken is an error of the start, not of later', async () => {
    const { port } = await open();
    await expect(listen({ host: '127.0.0.1', port }, LIMITS, echo)).rejects.toThrow('EADDRINUSE');
  });
});
