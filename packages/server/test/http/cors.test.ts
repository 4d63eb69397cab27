/** Pages of other origins may call the doors if the operator says so, and nothing else. */
import { connect } from 'node:http2';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const APP = 'https://app.example.com';
const DOOR = '/invoke-model';

let open: RunningProduct;
let listed: RunningProduct;
let closed: RunningProduct;

beforeAll(async () => {
  open = await startProduct();
  listed = await startProduct({ settings: { corsOrigins: [APP] } });
  closed = await startProduct({ settings: { corsOrigins: [] } });
});

afterAll(async () => {
  for (const product of [open, listed, closed]) await product.close();
});

function ask(product: RunningProduct, method: string, path: string, origin: string) {
  return fetch(`${product.endpoint}${path}`, {
    method,
    headers: { origin, 'access-control-request-method': 'POST' },
  });
}

test('a browser that asks beforehand is told what it may send', async () => {
  const answer = await ask(open, 'OPTIONS', `/prod${DOOR}`, APP);
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
  const headers = answer.headers.get('access-control-allow-headers')?.split(', ');
  expect(headers).toEqual(expect.arrayContaining(['authorization', 'auth', 'content-type']));
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
});

test('a page may read refusals too', async () => {
  const answer = await ask(open, 'POST', DOOR, APP);
  expect(answer.status).toBe(403);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  const other = await ask(open, 'POST', '/cost_track_manual', APP);
  expect(other.headers.get('access-control-allow-origin')).toBe('*');
});

test('only listed origins are let in, and caches are told that it depends', async () => {
  const good = await ask(listed, 'OPTIONS', DOOR, APP);
  expect(good.headers.get('access-control-allow-origin')).toBe(APP);
  expect(good.headers.get('vary')).toBe('origin');
  const bad = await ask(listed, 'OPTIONS', DOOR, 'https://evil.example.com');
  expect(bad.headers.get('access-control-allow-origin')).toBeNull();
  expect(bad.headers.get('vary')).toBe('origin');
  expect(bad.status).toBe(404);
});

test('without the setting, and on other paths, nobody is let in', async () => {
  const door = await ask(closed, 'OPTIONS', DOOR, APP);
  expect([door.status, door.headers.get('access-control-allow-origin')]).toEqual([404, null]);
  for (const path of ['/api/v1/orgs', '/model/auto/converse', '/demo-issuer/demo-token']) {
    for (const method of ['OPTIONS', 'POST']) {
      const answer = await ask(open, method, path, APP);
      expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, null]);
    }
  }
});

test('over HTTP/2 it is the same', async () => {
  const session = connect(open.endpoint);
  const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
    session.on('error', reject);
    const request = session.request({
      ':method': 'POST',
      ':path': DOOR,
      origin: APP,
      'content-type': 'application/json',
    });
    request.on('error', reject);
    request.on('response', (answer) => resolve(answer));
    request.end('{}');
  });
  session.close();
  expect(headers[':status']).toBe(403);
  expect(headers['access-control-allow-origin']).toBe('*');
});
