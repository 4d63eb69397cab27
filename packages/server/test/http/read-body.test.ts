/**
 * Bodies over real sockets: whole, or refused for one reason, and never more memory than allowed.
 */
import { once } from 'node:events';
import { createServer, request as httpRequest, type ClientRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { BufferedBytes, type BodyResult } from '../../src/http/body.ts';
import { readBody } from '../../src/http/read-body.ts';
import { NodeExchange } from '../../src/http/node-exchange.ts';

const LIMITS = { bodyBytesMax: 1_000, bodyTimeoutMs: 500 };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Reads the body of the one request that the test sends. */
async function reading(buffered = new BufferedBytes(10_000)) {
  const clock = virtualClock();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const result = new Promise<BodyResult>((resolve, reject) => {
    server.once('request', (incoming, response) => {
      readBody(new NodeExchange(incoming, response), LIMITS, buffered, clock).then(resolve, reject);
    });
  });
  const { port } = server.address() as AddressInfo;
  const send = (headers: Record<string, string> = {}): ClientRequest => {
    const outgoing = httpRequest({ port, host: '127.0.0.1', method: 'POST', headers });
    outgoing.on('error', () => undefined);
    return outgoing;
  };
  return { clock, buffered, result, send, received: () => once(server, 'request') };
}

function read(result: BodyResult): Extract<BodyResult, { kind: 'read' }> {
  if (result.kind !== 'read') throw new Error(result.kind);
  return result;
}

describe('a whole body', () => {
  test('is what was sent, in as many pieces as it came', async () => {
    const { result, send } = await reading();
    const outgoing = send();
    outgoing.write('one, ');
    setImmediate(() => outgoing.end('two'));
    expect(read(await result).body.toString()).toBe('one, two');
  });

  test('may be empty, and as large as the limit', async () => {
    const empty = await reading();
    empty.send().end();
    expect(read(await empty.result).body).toHaveLength(0);
    const full = await reading();
    full.send().end('x'.repeat(LIMITS.bodyBytesMax));
    expect(read(await full.result).body).toHaveLength(LIMITS.bodyBytesMax);
  });

  test('counts against what all may buffer until it is released', async () => {
    const { buffered, result, send } = await reading();
    send().end('x'.repeat(600));
    const { release } = read(await result);
    expect(buffered.used).toBe(600);
    release();
    expect(buffered.used).toBe(0);
  });

  test('leaves no timer behind', async () => {
    const { clock, result, send } = await reading();
    send().end('x');
    await result;
    expect(clock.pending()).toBe(0);
  });
});

describe('a refused body', () => {
  test('is too large by what it announces, before a byte of it is taken', async () => {
    const { buffered, result, send } = await reading();
    send({ 'content-length': '1001' }).flushHeaders();
    expect(await result).toEqual({ kind: 'too_large', max: 1_000 });
    expect(buffered.used).toBe(0);
  });

  test('is too large by what it sends, though it announced nothing', async () => {
    const { buffered, result, send } = await reading();
    send({ 'transfer-encoding': 'chunked' }).end('x'.repeat(1_001));
    expect(await result).toEqual({ kind: 'too_large', max: 1_000 });
    expect(buffered.used).toBe(0);
  });

  test('does not fit beside what others have buffered, and gives back what it took', async () => {
    const buffered = new BufferedBytes(1_500);
    expect(buffered.take(600)).toBe(true);
    const { result, send } = await reading(buffered);
    send().end('x'.repeat(901));
    expect((await result).kind).toBe('crowded');
    expect(buffered.used).toBe(600);
  });

  test('is too slow when its time is over, however much has come', async () => {
    const { clock, buffered, result, send, received } = await reading();
    const came = received();
    const outgoing = send({ 'content-length': '10' });
    outgoing.write('12345');
    await came;
    while (buffered.used < 5) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(LIMITS.bodyTimeoutMs - 1);
    expect(buffered.used).toBe(5);
    clock.advance(1);
    expect(await result).toEqual({ kind: 'too_slow' });
    expect(buffered.used).toBe(0);
  });

  test('is incomplete when its client leaves', async () => {
    const { buffered, result, send, received } = await reading();
    const came = received();
    const outgoing = send({ 'content-length': '10' });
    outgoing.write('12345');
    await came;
    outgoing.destroy();
    expect(await result).toEqual({ kind: 'incomplete' });
    expect(buffered.used).toBe(0);
  });
});
