/** Daily aggregates over HTTP: statuses, headers and who may see which page. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, clientIn, textAt, type Answered } from '../keeper/api-caller.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
const ORG_PATH = `/api/v1/orgs/${ORG}`;

let plane: ControlPlane;
let ofOrg: string;
let ofApp: string;

beforeAll(async () => {
  plane = await startControlPlane();
  const organization = {
    ...{ org_name: 'Acme', timezone: 'America/New_York', quota_scope: 'APP' },
    ...{ model_ordering: ['premium'], quotas: { premium: 1_000_000 } },
  };
  ofOrg = await tokenOf(await put(ORG_PATH, organization));
  ofApp = await tokenOf(await put(`${ORG_PATH}/apps/web`, { app_name: 'Web' }));
});
afterAll(() => plane.close());

function put(path: string, json: object): Promise<Answered> {
  return ask(plane.endpoint, { method: 'PUT', path, key: plane.provisioningKey, json });
}

async function tokenOf(made: Answered): Promise<string> {
  const json = { ...clientIn(made), grant_type: 'client_credentials' };
  const answer = await ask(plane.endpoint, { method: 'POST', path: '/auth/token', json });
  return textAt(answer, 'access_token');
}

function get(path: string, bearer: string, headers = {}): Promise<Answered> {
  return ask(plane.endpoint, { path: ORG_PATH + path, bearer, headers });
}

describe('a page', () => {
  test.each([
    ['/aggregates/today', () => ofOrg],
    ['/aggregates/2026-11-22', () => ofOrg],
    ['/aggregates/today', () => ofApp],
    ['/apps/web/aggregates/today', () => ofOrg],
    ['/apps/web/aggregates/2026-11-22', () => ofApp],
  ])('%s has its headers, and is not sent twice', async (path, bearer) => {
    const answer = await get(path, bearer());
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ org_id: ORG, date: '2026-11-22' });
    expect(answer.headers.get('cache-control')).toBe('max-age=30, private');
    expect(answer.headers.get('x-data-lag-secs')).toBe('0');
    const etag = answer.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]+"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(path, bearer(), { 'if-none-match': known });
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    }
    expect((await get(path, bearer(), { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test.each([
    ['/aggregates/2026-13-45', 400, 'INVALID_REQUEST'],
    ['/aggregates/2026-02-30', 400, 'INVALID_REQUEST'],
    ['/aggregates/tomorrow', 400, 'INVALID_REQUEST'],
    ['/aggregates/2026-11-23', 400, 'INVALID_REQUEST'],
    ['/aggregates/2026-11-21', 404, 'NOT_FOUND'],
    ['/apps/web/aggregates/2026-11-21', 404, 'NOT_FOUND'],
    ['/apps/web/aggregates/2027-01-01', 400, 'INVALID_REQUEST'],
  ])('%s is answered with %i', async (path, status, error) => {
    const answer = await get(path, ofOrg);
    expect(answer.status).toBe(status);
    const date = path.split('/').at(-1);
    expect(answer.body).toMatchObject({ error, details: { date } });
  });
});

test("another application's page is not there for an application's client", async () => {
  await put(`${ORG_PATH}/apps/other`, { app_name: 'Other' });
  expect((await get('/apps/other/aggregates/today', ofApp)).status).toBe(404);
  expect((await get('/apps/other/aggregates/today', ofOrg)).status).toBe(200);
});
