/** What counts as plain, and that Node's own parser reads the same in everything that does. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainRequest } from '../../src/http/plain-request.ts';

const HEADER_BYTES_MAX = 2_000;

function bytesOf({
  line = 'POST /model/a/converse HTTP/1.1',
  headers = ['host: gateway', 'content-length: 2'],
  body = '{}',
}: {
  readonly line?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
} = {}): Buffer {
  return Buffer.from(`${[line, ...headers].join('\r\n')}\r\n\r\n${body}`, 'latin1');
}

describe('plainRequest', () => {
  test('reads target, headers and body of a request that came whole', () => {
    const bytes = bytesOf({
      line: 'POST /model/us.a.b-v1%3A0/converse HTTP/1.1',
      headers: ['Host: gateway:1', 'X-Amz-Date:\t20261122T000000Z ', 'Content-Length: 2'],
    });
    expect(plainRequest(bytes, HEADER_BYTES_MAX)).toEqual({
      method: 'POST',
      target: '/model/us.a.b-v1%3A0/converse',
      headers: { host: 'gateway:1', 'x-amz-date': '20261122T000000Z', 'content-length': '2' },
      body: Buffer.from('{}'),
    });
  });

  const org = '/api/v1/orgs/3f2c1b0a-1111-4222-8333-123456789ABC';
  test.each([`${org}/apps/a.b_c-1/usage`, `${org}/apps/app/usage/batch`])(
    'reads a submission to %s',
    (target) => {
      const bytes = bytesOf({ line: `POST ${target} HTTP/1.1` });
      expect(plainRequest(bytes, HEADER_BYTES_MAX)).toMatchObject({ target });
    },
  );
  test.each([
    `${org}/apps/app/usage?x=1`,
    `${org}/apps/app/usage/`,
    `${org}/apps/a%20b/usage`,
    `${org}/apps/../usage`.replace('..', '..%2f'),
    `${org}/apps/app/inference-profiles`,
    `${org}/credentials/rotate`,
    '/api/v1/orgs/acme/apps/app/usage',
  ])('leaves %s to Node', (target) => {
    expect(plainRequest(bytesOf({ line: `POST ${target} HTTP/1.1` }), 2_000)).toBeUndefined();
  });

  test.each([
    `${org}/apps/app/model-selection`,
    `${org}/apps/app/model-selection?force_check=true`,
    `${org}/apps/app/aggregates/today`,
    `${org}/aggregates/2026-11-22`,
  ])('reads the question of %s, which has no body', (target) => {
    const asked = { line: `GET ${target} HTTP/1.1`, headers: ['host: g'], body: '' };
    const read = plainRequest(bytesOf(asked), HEADER_BYTES_MAX);
    expect(read).toMatchObject({ method: 'GET', target, body: Buffer.alloc(0) });
    const stated = { ...asked, headers: ['host: g', 'content-length: 0'] };
    expect(plainRequest(bytesOf(stated), HEADER_BYTES_MAX)).toBeUndefined();
    expect(plainRequest(bytesOf({ ...asked, body: 'x' }), HEADER_BYTES_MAX)).toBeUndefined();
    const posted = bytesOf({ line: `POST ${target} HTTP/1.1` });
    expect(plainRequest(posted, HEADER_BYTES_MAX)).toBeUndefined();
  });
  test.each(['/auth/token', '/auth/refresh', '/auth/revoke'])('reads a POST to %s', (target) => {
    const bytes = bytesOf({ line: `POST ${target} HTTP/1.1` });
    expect(plainRequest(bytes, HEADER_BYTES_MAX)).toMatchObject({ method: 'POST', target });
  });

  const host = 'host: g';
  const length = 'content-length: 2';
  test.each<[string, Parameters<typeof bytesOf>[0]]>([
    ['another method', { line: 'GET /model/a/converse HTTP/1.1' }],
    ['another path', { line: 'POST /api/v1/orgs HTTP/1.1' }],
    ['another version', { line: 'POST /model/a/converse HTTP/1.0' }],
    ['a target with a blank', { line: 'POST /model/a b HTTP/1.1' }],
    ['no host', { headers: [length] }],
    ['an empty host', { headers: ['host:', length] }],
    ['no length', { headers: [host], body: '' }],
    ['a length that is no number', { headers: [host, 'content-length: +2'] }],
    ['two lengths', { headers: [host, length, length] }],
    ['a length and a coding', { headers: [host, length, 'transfer-encoding: chunked'] }],
    ['a coding', { headers: [host, 'transfer-encoding: chunked'], body: '0\r\n\r\n' }],
    ['a body that is not there yet', { body: '{' }],
    ['bytes after the body', { body: '{}P' }],
    ['a header that came twice', { headers: [host, length, 'x-a: 1', 'X-A: 2'] }],
    ['a folded line', { headers: [host, length, 'x-a: 1', ' 2'] }],
    ['a line without a colon', { headers: [host, length, 'x-a'] }],
    ['a blank before the colon', { headers: [host, length, 'x-a : 1'] }],
    ['a name that every object has', { headers: [host, length, 'constructor: 1'] }],
    ['a byte beyond ASCII', { headers: [host, length, 'x-a: \xe9'] }],
    ['a control character', { headers: [host, length, 'x-a: \x01'] }],
    ['a bare line feed', { headers: [host, length, 'x-a: 1\nx-b: 2'] }],
    ['a bare carriage return', { headers: [host, length, 'x-a: 1\rx-b: 2'] }],
    ['a wish to be asked to go on', { headers: [host, length, 'expect: 100-continue'] }],
    ['an upgrade', { headers: [host, length, 'upgrade: h2c'] }],
    ['a last request', { headers: [host, length, 'connection: close'] }],
    ['a connection header of its own', { headers: [host, length, 'connection: x-a'] }],
    ['a head that is too long', { headers: [host, length, `x-a: ${'a'.repeat(2_000)}`] }],
    ['too many headers', { headers: [host, length, ...many(100)] }],
  ])('leaves to Node a request with %s', (_what, parts) => {
    expect(plainRequest(bytesOf(parts), HEADER_BYTES_MAX)).toBeUndefined();
  });

  test('leaves to Node what is too short to be anything', () => {
    for (const text of ['', 'P', 'POST /model/']) {
      expect(plainRequest(Buffer.from(text), HEADER_BYTES_MAX)).toBeUndefined();
    }
  });
});

function many(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `x-${index}: 1`);
}

describe('beside the parser of Node', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url, headers } = request;
        const body = Buffer.concat(chunks).toString('latin1');
        response.end(JSON.stringify({ url, headers, body }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** What Node makes of the bytes, sent alone. */
  async function nodeReads(bytes: Buffer): Promise<unknown> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.end(bytes);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    return JSON.parse(text.slice(text.indexOf('{')).replace(/\r\n0\r\n\r\n$/, ''));
  }

  const header = fc.tuple(
    fc.constantFrom(
      'x-a',
      'X-B',
      'accept',
      'Authorization',
      'cookie',
      'connection',
      'te',
      '__proto__',
    ),
    fc.oneof(
      fc.constantFrom('', '1', 'keep-alive', 'Keep-Alive', 'a, b', 'a:b', '"q"'),
      fc.string({ maxLength: 12 }),
    ),
  );

  test('whatever is plain, Node reads in the same way', async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(header, { selector: ([name]) => name.toLowerCase(), maxLength: 5 }),
        fc.string({ maxLength: 20 }),
        fc.option(fc.tuple(fc.nat(80), fc.nat(255)), { nil: undefined }),
        async (headers, body, change) => {
          const content = Buffer.from(body);
          const bytes = Buffer.concat([
            bytesOf({
              headers: [
                'host: gateway',
                ...headers.map(([name, value]) => `${name}: ${value}`),
                `content-length: ${content.length}`,
              ],
              body: '',
            }),
            content,
          ]);
          if (change !== undefined) bytes[change[0] % bytes.length] = change[1];
          const read = plainRequest(bytes, HEADER_BYTES_MAX);
          if (read === undefined) return;
          plain++;
          const { target: url, headers: mine, body: rest } = read;
          expect(await nodeReads(bytes)).toEqual({
            url,
            headers: mine,
            body: rest.toString('latin1'),
          });
        },
      ),
      { numRuns: 400, interruptAfterTimeLimit: 2_000 },
    );
    expect(plain).toBeGreaterThan(20);
  });
});
