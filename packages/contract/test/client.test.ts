/** The typed client: what it sends, and how it fails. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ApiError, createClient, exchange, type Fetch } from '../src/client.ts';

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** A `fetch` that answers the same every time and remembers what it was asked. */
function answering(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): { fetch: Fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch: Fetch = (url, init) => {
    sent.push({ url, ...init });
    const ok = status < 300;
    return Promise.resolve({
      status,
      ok,
      headers: new Headers(headers),
      text: () => Promise.resolve(text),
    });
  };
  return { fetch, sent };
}

const endpoint = 'http://gateway:8080/';

function listening(server: Server): Promise<unknown> {
  return once(server.listen(0, '127.0.0.1'), 'listening');
}

function endpointOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a call', () => {
  it('fills in the path, the query and the body', async () => {
    const { fetch, sent } = answering(201, '{"key_id":"k","api_key":"t"}');
    const client = createClient({ endpoint, apiKey: 'a', provisioningKey: 'p', fetch });
    const params = { org_id: 'o/1', app_id: 'a b' };
    expect(await client.createKey({ params, body: { name: 'n' } })).toEqual({
      key_id: 'k',
      api_key: 't',
    });
    expect(sent).toEqual([
      {
        url: 'http://gateway:8080/api/v1/orgs/o%2F1/apps/a%20b/keys',
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'x-api-key': 'p',
        },
        body: '{"name":"n"}',
        redirect: 'manual',
      },
    ]);
  });

  it.each([301, 302, 303, 307, 308])(
    'follows no redirect: %i would carry a secret on',
    async (s) => {
      let told: string | null = null;
      const elsewhere = createServer((request, response) => {
        told = request.url ?? '';
        response.end('{}');
      });
      const front = createServer((_, response) => {
        response.writeHead(s, { location: `${endpointOf(elsewhere)}/taken` }).end();
      });
      await Promise.all([elsewhere, front].map(listening));
      try {
        const client = createClient({ endpoint: endpointOf(front), provisioningKey: 'p', fetch });
        const asked = client.putOrganization({ params: { org_id: 'o' }, body: {} });
        await expect(asked).rejects.toMatchObject({
          status: s,
          message: expect.stringContaining(`redirects to ${endpointOf(elsewhere)}/taken`) as string,
        });
        expect(told).toBeNull();
      } finally {
        for (const server of [elsewhere, front]) server.close();
      }
    },
  );

  it('sends no query that is not stated, and no credential that it has not', async () => {
    const { fetch, sent } = answering(200, '{"entries":[],"next_cursor":null}');
    const client = createClient({ endpoint, fetch });
    await client.listEntries();
    await client.listEntries({ query: { from: '2026-01-01T00:00:00+01:00', limit: 5 } });
    expect(sent.map(({ url }) => url)).toEqual([
      'http://gateway:8080/api/v1/usage/entries',
      'http://gateway:8080/api/v1/usage/entries?from=2026-01-01T00%3A00%3A00%2B01%3A00&limit=5',
    ]);
    expect(sent[0]?.headers).toEqual({ accept: 'application/json' });
  });

  it('answers nothing where there is no content', async () => {
    const { fetch } = answering(204, '');
    const client = createClient({ endpoint, apiKey: 'a', fetch });
    expect(await client.revokeKey({ params: { key_id: 'k' } })).toBeUndefined();
  });
});

describe('an access token', () => {
  it('is sent in place of the keys, and asked for before every call', async () => {
    const { fetch, sent } = answering(200, '{}');
    let asked = 0;
    const accessToken = async (): Promise<string> => `token-${(asked += 1)}`;
    const client = createClient({ endpoint, provisioningKey: 'p', accessToken, fetch });
    await client.about();
    await client.about();
    expect(sent.map(({ headers }) => headers)).toEqual([
      { accept: 'application/json', authorization: 'Bearer token-1' },
      { accept: 'application/json', authorization: 'Bearer token-2' },
    ]);
  });
});

describe('an exchange', () => {
  it('sends headers of its own and gives those of the answer', async () => {
    const { fetch, sent } = answering(200, '{"a":1}', { etag: '"x"' });
    const answer = await exchange({ endpoint, fetch }, 'about', {}, { 'x-extra': 'e' });
    expect(sent[0]?.headers).toEqual({ accept: 'application/json', 'x-extra': 'e' });
    expect(answer).toMatchObject({ status: 200, body: { a: 1 } });
    expect(answer.headers.get('etag')).toBe('"x"');
  });

  it('has no body when what was asked for is as it was', async () => {
    const options = { endpoint, ...answering(304, '') };
    const answer = await exchange(options, 'about', {}, { 'if-none-match': '"x"' });
    expect(answer.status).toBe(304);
    expect(answer).not.toHaveProperty('body');
    await expect(exchange(options, 'about', {})).rejects.toMatchObject({ status: 304 });
  });
});

describe('a refusal', () => {
  it.each([
    [{ 'retry-after': '7' }, '{}', '7'],
    [{ 'retry-after': '7' }, '{"retry_after":9}', '9'],
    [{}, '{"retry_after":9}', '9'],
    [{}, '{"retry_after":"2026-11-23T05:00:00Z"}', '2026-11-23T05:00:00Z'],
    [{}, '{}', null],
  ])('says when to come back: %j with %s is %s', async (headers, text, retryAfter) => {
    const client = createClient({ endpoint, ...answering(429, text, headers) });
    await expect(client.listBudgets()).rejects.toMatchObject({ status: 429, retryAfter });
  });

  it('carries code, words, details and the id to ask about', async () => {
    const body = { error: 'NOT_FOUND', message: 'gone', details: { a: 1 }, request_id: 'r' };
    const client = createClient({ endpoint, ...answering(404, JSON.stringify(body)) });
    const failed = await client.listBudgets().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiError);
    expect(failed).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
      message: 'gone',
      details: { a: 1 },
      requestId: 'r',
    });
  });

  it.each([['<html>bad gateway</html>'], ['null'], ['']])(
    'that comes from something else says at least the status: %j',
    async (text) => {
      const client = createClient({ endpoint, ...answering(502, text) });
      await expect(client.listBudgets()).rejects.toMatchObject({
        status: 502,
        code: null,
        message: 'The server answered with status 502',
      });
    },
  );

  it('is a good answer where the contract says so: an unhealthy service', async () => {
    const client = createClient({ endpoint, ...answering(503, '{"status":"unhealthy"}') });
    expect(await client.health()).toEqual({ status: 'unhealthy' });
  });
});
