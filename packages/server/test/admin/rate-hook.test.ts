/** Limits of requests as clients of the API meet them: over HTTP, while the clock stands still. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Who } from '../../src/admin/access.ts';
import { countingByBody, countingByCredential } from '../../src/admin/rate-hook.ts';
import { START, startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane | undefined;

afterEach(async () => {
  await plane?.close();
  plane = undefined;
});

async function limited(preset: 's3' | 'default' | 'off' = 's3'): Promise<ControlPlane> {
  plane = await startControlPlane({ rateLimits: preset });
  return plane;
}

function putOrganization({ endpoint, provisioningKey, ids }: ControlPlane): Promise<Response> {
  return fetch(`${endpoint}/api/v1/orgs/${ids.uuid()}`, {
    method: 'PUT',
    headers: { 'x-api-key': provisioningKey },
    body: '{}',
  });
}

function askForToken({ endpoint }: ControlPlane, client_id: string): Promise<Response> {
  const grant = { client_id, client_secret: 'wrong', grant_type: 'client_credentials' };
  return fetch(`${endpoint}/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(grant),
  });
}

/** Limit, remaining, reset and client of an answer. */
function headersOf(answer: Response): (string | null)[] {
  return ['Limit', 'Remaining', 'Reset', 'ClientId'].map((name) =>
    answer.headers.get(`X-RateLimit-${name}`),
  );
}

const IN_AN_HOUR = String(START / 1_000 + 3_600);
const IN_A_MINUTE = String(START / 1_000 + 60);

describe('an operation with a limit', () => {
  test('says what is left in every answer, good or bad, and refuses the one too many', async () => {
    const here = await limited();
    const first = await putOrganization(here);
    expect(first.status).toBe(201);
    expect(headersOf(first)).toEqual(['10', '9', IN_AN_HOUR, 'provisioning']);
    const bad = await fetch(`${here.endpoint}/api/v1/orgs/no-uuid`, {
      method: 'PUT',
      headers: { 'x-api-key': here.provisioningKey },
      body: '{}',
    });
    expect(bad.status).toBe(400);
    expect(headersOf(bad)).toEqual(['10', '8', IN_AN_HOUR, 'provisioning']);
    for (let more = 0; more < 8; more++) await putOrganization(here);
    here.clock.advance(1_500);
    const refused = await putOrganization(here);
    expect(refused.status).toBe(429);
    expect(headersOf(refused)).toEqual(['10', '0', IN_AN_HOUR, 'provisioning']);
    expect(refused.headers.get('retry-after')).toBe('3599');
    expect(await refused.json()).toEqual({
      error: 'RATE_LIMIT_EXCEEDED',
      message:
        'This credential has used up its limit of 10 requests per hour (provisioning). ' +
        'Try again in 3599 s.',
      details: { rate_class: 'provisioning', limit: 10, window_secs: 3_600 },
      retry_after: 3_599,
      timestamp: '2026-11-22T14:33:01.500Z',
      request_id: refused.headers.get('x-request-id'),
    });
    here.clock.advance(3_598_500);
    expect((await putOrganization(here)).status).toBe(201);
  });

  test('lets an operator do more by default', async () => {
    const here = await limited('default');
    expect(headersOf(await putOrganization(here))).toEqual([
      '600',
      '599',
      IN_AN_HOUR,
      'provisioning',
    ]);
  });

  test('counts an API key by its id, and does not count for who shows no valid one', async () => {
    const here = await limited('default');
    const { endpoint } = here;
    const tenant = await here.tenant();
    const ask = (key: string) =>
      fetch(`${endpoint}/api/v1/usage/entries`, { headers: { 'x-api-key': key } });
    expect(headersOf(await ask(tenant.api_key))).toEqual([
      '6000',
      '5999',
      IN_A_MINUTE,
      tenant.key_id,
    ]);
    const unknown = await ask('no such key');
    expect(unknown.status).toBe(401);
    expect(headersOf(unknown)).toEqual([null, null, null, null]);
  });
});

test('a client can ask for a token ten times a minute, whether it gets one or not', async () => {
  const here = await limited();
  expect(headersOf(await askForToken(here, 'org-nobody'))).toEqual([
    '10',
    '9',
    IN_A_MINUTE,
    'org-nobody',
  ]);
  for (let more = 0; more < 9; more++) await askForToken(here, 'org-nobody');
  const refused = await askForToken(here, 'org-nobody');
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ error: 'RATE_LIMIT_EXCEEDED', retry_after: 60 });
  expect(headersOf(await askForToken(here, 'org-somebody'))[1]).toBe('9');
});

test('health and the page about the service have no limit and no word of one', async () => {
  const { endpoint } = await limited();
  for (const path of ['/', '/health', '/openapi.json']) {
    const answer = await fetch(endpoint + path, { headers: { accept: 'application/json' } });
    expect(answer.status).toBe(200);
    expect(headersOf(answer)).toEqual([null, null, null, null]);
  }
});

test('where limits are off, nothing is said and nothing refused', async () => {
  const here = await limited('off');
  for (let i = 0; i < 12; i++) {
    const answer = await putOrganization(here);
    expect(answer.status).toBe(201);
    expect(headersOf(answer)).toEqual([null, null, null, null]);
  }
});

describe('whom a request counts for', () => {
  const anybody: Who = { kind: 'anybody' };

  test('is the address where nobody has to say who it is', () => {
    expect(countingByCredential(undefined, anybody, '192.0.2.1')).toEqual({
      rateClass: 'management',
      credentialId: 'anonymous',
      address: '192.0.2.1',
    });
  });

  test('is known before the body is read, but for requests for tokens', () => {
    const provisioning: Who = { kind: 'provisioning' };
    expect(countingByCredential('usage', provisioning, null)).toEqual({
      rateClass: 'usage',
      credentialId: 'provisioning',
      address: null,
    });
    for (const rate of ['token', 'refresh', null] as const) {
      expect(countingByCredential(rate, anybody, '::1')).toBeUndefined();
    }
    for (const rate of ['usage', null, undefined] as const) {
      expect(countingByBody(rate, { client_id: 'c' }, '::1')).toBeUndefined();
    }
  });

  test('takes the addresses of one IPv6 network for one caller, who has them all', () => {
    const token = (address: string) => countingByBody('token', { client_id: 'a' }, address);
    expect(token('2001:db8:1:2::3')).toEqual(token('2001:db8:1:2:ffff::4'));
    expect(token('2001:db8:1:2::3')).not.toEqual(token('2001:db8:1:3::3'));
    const nobody = (address: string) =>
      countingByCredential(undefined, { kind: 'anybody' }, address);
    expect(nobody('2001:db8:1:2::3')).toEqual(nobody('2001:db8:1:2:ffff::4'));
  });

  test('is the client that a refresh token is for, or nobody known', () => {
    const payload = Buffer.from(JSON.stringify({ sub: 'org-o' })).toString('base64url');
    const claimed = (body: unknown) => countingByBody('refresh', body, '::1')?.credentialId;
    expect(claimed({ refresh_token: `eyJ.${payload}.x` })).toBe('org-o');
    expect(claimed({ refresh_token: `eyJ.${payload}.x`, client_id: 'org-p' })).toBe('org-p');
    for (const body of [
      undefined,
      null,
      'text',
      {},
      { client_id: 7 },
      { refresh_token: 'eyJ' },
      { refresh_token: 'a.b.c' },
      { refresh_token: `a.${Buffer.from('null').toString('base64url')}.c` },
      { refresh_token: `a.${Buffer.from('{"sub":1}').toString('base64url')}.c` },
    ]) {
      expect(claimed(body)).toBe('unknown');
    }
  });
});
