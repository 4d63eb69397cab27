/**
 * The application as HTTP: errors in the contract's form, bodies, both versions of the protocol.
 */
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.close());

const ORG = '0199a0b0-0000-7000-8000-00000000000a';

async function send(method: string, path: string, body?: string, headers: object = {}) {
  const response = await fetch(plane.endpoint + path, {
    method,
    headers: { 'x-api-key': plane.provisioningKey, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe('an error answer', () => {
  it('has exactly the five members of the contract, with the id that the log has', async () => {
    const { status, body, headers } = await send('GET', `/api/v1/orgs/${ORG}`);
    expect(status).toBe(404);
    expect(Object.keys(body).sort()).toEqual(
      ['details', 'error', 'message', 'request_id', 'timestamp'].sort(),
    );
    expect(body).toMatchObject({ error: 'NOT_FOUND', timestamp: '2026-11-22T14:33:00.000Z' });
    expect(body['request_id']).toBe(headers.get('x-request-id'));
  });

  it.each<[string, number, string, string, string, string | undefined]>([
    ['a path that is not there', 404, 'NOT_FOUND', 'GET', '/nope', undefined],
    ['a method that is not there', 404, 'NOT_FOUND', 'PATCH', `/api/v1/orgs/${ORG}`, '{}'],
    ['a malformed path', 400, 'INVALID_REQUEST', 'GET', '/api/v1/orgs/%zz', undefined],
    ['an id that is no UUID', 400, 'INVALID_REQUEST', 'PUT', '/api/v1/orgs/acme', '{}'],
    ['a slash in an id', 400, 'INVALID_REQUEST', 'PUT', `/api/v1/orgs/${ORG}/apps/a%2fb`, '{}'],
    ['a body that is no JSON', 400, 'INVALID_REQUEST', 'PUT', `/api/v1/orgs/${ORG}`, '{"a":'],
    ['a body that is no object', 400, 'INVALID_REQUEST', 'PUT', `/api/v1/orgs/${ORG}`, '[]'],
    [
      'a body that would change prototypes',
      400,
      'INVALID_REQUEST',
      'PUT',
      `/api/v1/orgs/${ORG}`,
      '{"__proto__":{"x":1}}',
    ],
    [
      'a body over 1 MiB',
      413,
      'INVALID_REQUEST',
      'PUT',
      `/api/v1/orgs/${ORG}`,
      JSON.stringify({ org_name: 'x'.repeat(1024 * 1024) }),
    ],
    ['a repeated member', 400, 'INVALID_REQUEST', 'GET', '/api/v1/orgs?limit=1&limit=2', undefined],
    ['a page of nothing', 400, 'INVALID_REQUEST', 'GET', '/api/v1/orgs?limit=0', undefined],
  ])('for %s is %i %s', async (_, status, code, method, path, body) => {
    const answer = await send(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body['error']).toBe(code);
  });

  it('names every member that is unknown or wrong, and repeats no value', async () => {
    const { status, body } = await send(
      'PUT',
      `/api/v1/orgs/${ORG}`,
      JSON.stringify({ org_nmae: 'hunter2', timezone: 5, rate_limits: { rpm: 'hunter3' } }),
    );
    expect(status).toBe(400);
    expect(body['details']).toEqual({
      problems: [
        { member: 'body.org_nmae', problem: 'is not known here' },
        { member: 'body.timezone', problem: 'must be string' },
        { member: 'body.rate_limits.rpm', problem: 'is not known here' },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('hunter');
  });

  it('never repeats a body that cannot be read', async () => {
    const { body } = await send('PUT', `/api/v1/orgs/${ORG}`, '{"client_secret": hunter2');
    expect(JSON.stringify(body)).not.toContain('hunter');
  });

  it('asks for a credential when there is none', async () => {
    const response = await fetch(`${plane.endpoint}/api/v1/orgs`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('for a missing credential comes before any complaint about the body', async () => {
    const response = await fetch(`${plane.endpoint}/api/v1/orgs/${ORG}`, {
      method: 'PUT',
      body: '{"a":',
    });
    expect(response.status).toBe(401);
  });
});

describe('a store that fails', () => {
  it('is 503 with a word on when to come back, and nothing of its inside', async () => {
    await plane.close();
    const gone = () => Promise.reject(new StoreUnavailable('disk /secret/path is full'));
    plane = await startControlPlane({ ledger: { budgets: gone } });
    const { status, headers, body } = await send('GET', '/api/v1/budgets');
    expect(status).toBe(503);
    expect(body['error']).toBe('SERVICE_UNAVAILABLE');
    expect(headers.get('retry-after')).toBe('1');
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('in an unexpected way is 500, and the log has the cause under the same id', async () => {
    await plane.close();
    const cause = new Error('secret detail');
    plane = await startControlPlane({ ledger: { budgets: () => Promise.reject(cause) } });
    const { status, body } = await send('GET', '/api/v1/budgets');
    expect(status).toBe(500);
    expect(body['error']).toBe('INTERNAL_ERROR');
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(plane.logged.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { err: cause, request_id: body['request_id'] } },
    ]);
  });
});

describe('a body', () => {
  it('may be left out where nothing in it is required', async () => {
    expect((await send('PUT', `/api/v1/orgs/${ORG}`)).status).toBe(201);
    const json = { 'content-type': 'application/json' };
    expect((await send('PUT', `/api/v1/orgs/${ORG}`, '', json)).status).toBe(200);
  });

  it('is JSON whatever it is called, as curl -d sends it', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    await send('PUT', `/api/v1/orgs/${ORG}`, '{"org_name":"Acme"}', form);
    const { body } = await send('GET', `/api/v1/orgs/${ORG}`);
    expect(body['org_name']).toBe('Acme');
  });
});

it('serves HTTP/2 with prior knowledge the same, bodies of no stated length included', async () => {
  const server = createServer((request, response) =>
    plane.app.routing(request as never, response as never),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const exchange = (method: string, body: string) =>
    new Promise<{ status: unknown; text: string }>((done, failed) => {
      const stream = session.request({
        ':method': method,
        ':path': `/api/v1/orgs/${ORG}`,
        'x-api-key': plane.provisioningKey,
      });
      let status: unknown;
      let text = '';
      stream.setEncoding('utf8').on('response', (headers) => (status = headers[':status']));
      stream.on('data', (chunk: string) => (text += chunk));
      stream.on('end', () => done({ status, text })).on('error', failed);
      stream.end(body);
    });
  try {
    expect((await exchange('PUT', '{"org_name":"Acme"}')).status).toBe(201);
    const { org_name } = await plane.client.getOrganization({ params: { org_id: ORG } });
    expect(org_name).toBe('Acme');
    expect((await exchange('PUT', '{"nope":1}')).status).toBe(400);
  } finally {
    session.close();
    server.close();
  }
});

it('tells this process of every change of the catalogue, and of no failed one', async () => {
  const before = plane.changes.count;
  // The organization and its client.
  await plane.client.putOrganization({ params: { org_id: ORG }, body: {} });
  expect(plane.changes.count).toBe(before + 2);
  await plane.client.putOrganization({ params: { org_id: ORG }, body: {} });
  expect(plane.changes.count).toBe(before + 3);
  const refused = await refusalOf(
    plane.client.putOrganization({ params: { org_id: ORG }, body: { timezone: 'Mars/Base' } }),
  );
  expect(refused).toMatchObject({ code: 'INVALID_REQUEST' });
  expect(plane.changes.count).toBe(before + 3);
});
