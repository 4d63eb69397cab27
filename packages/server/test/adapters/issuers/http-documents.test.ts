/** Documents of issuers over real HTTP. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpDocuments } from '../../../src/adapters/issuers/http-documents.ts';

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/json': (response) => response.end('{"a":1}'),
  '/text': (response) => response.end('hello'),
  '/none': (response) => response.end(),
  '/missing': (response) => response.writeHead(404).end('{}'),
  '/long': (response) => response.end(`"${'x'.repeat(2_000)}"`),
  '/elsewhere': (response) => response.writeHead(302, { location: '/json' }).end(),
  '/never': () => undefined,
};
let server: Server;
let base: string;
let lastKey: string | string[] | undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    lastKey = request.headers['apikey'];
    ANSWERS[request.url ?? '']?.(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const documents = httpDocuments({ timeoutMs: 5_000, bytesMax: 1_000 });

it('answers with status and JSON; what is no JSON is undefined', async () => {
  const found = await documents.get(`${base}/json`, { apikey: 'k' });
  expect(found).toEqual({ kind: 'answered', status: 200, body: { a: 1 } });
  expect(lastKey).toBe('k');
  const status = { kind: 'answered', status: 200, body: undefined };
  expect(await documents.get(`${base}/text`)).toEqual(status);
  expect(await documents.get(`${base}/none`)).toEqual(status);
  expect(await documents.get(`${base}/missing`)).toMatchObject({ status: 404 });
});

it('fails for what is too long, sends us elsewhere, takes too long or is not there', async () => {
  expect(await documents.get(`${base}/long`)).toEqual({ kind: 'failed' });
  expect(await documents.get(`${base}/elsewhere`)).toEqual({ kind: 'failed' });
  expect(await documents.get('http://127.0.0.1:1/')).toEqual({ kind: 'failed' });
  expect(await documents.get('no url')).toEqual({ kind: 'failed' });
  const hasty = httpDocuments({ timeoutMs: 1, bytesMax: 1_000 });
  expect(await hasty.get(`${base}/never`)).toEqual({ kind: 'failed' });
});
