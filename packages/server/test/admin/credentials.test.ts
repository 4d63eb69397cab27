/** Secrets of clients: rotated with a grace, fetched once, and told to nobody else. */
import { resultProblems } from '@tollkeeper/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
/** Any text. */
const TEXT: unknown = expect.any(String);
const HOUR_MS = 3_600_000;
const org = { org_id: ORG };
const app = { org_id: ORG, app_id: 'web' };

let plane: ControlPlane;
let secrets: { readonly org: string; readonly app: string };
beforeEach(async () => {
  plane = await startControlPlane();
  const first = await plane.client.putOrganization({ params: org, body: {} });
  const second = await plane.client.putApplication({ params: app, body: {} });
  secrets = {
    org: first.credentials?.client_secret ?? '',
    app: second.credentials?.client_secret ?? '',
  };
});
afterEach(() => plane.close());

async function lets(client_id: string, client_secret: string): Promise<boolean> {
  const body = { client_id, client_secret, grant_type: 'client_credentials' };
  return (await refusalOf(plane.client.issueToken({ body }))) === 'none';
}

describe('a new organization or application', () => {
  it('gets its client once, with 32 random bytes as secret', async () => {
    expect(Buffer.from(secrets.org, 'base64')).toHaveLength(32);
    expect(Buffer.from(secrets.app, 'base64')).toHaveLength(32);
    expect(await lets(`org-${ORG}`, secrets.org)).toBe(true);
    expect(await lets(`org-${ORG}-app-web`, secrets.app)).toBe(true);
    const again = await plane.client.putOrganization({ params: org, body: {} });
    expect(again.credentials).toBeUndefined();
    const appAgain = await plane.client.putApplication({ params: app, body: {} });
    expect(appAgain.credentials).toBeUndefined();
  });

  it('gets one client when two create it at once', async () => {
    const other = { org_id: ORG.replace(/c$/, 'd') };
    const made = await Promise.all(
      [1, 2, 3].map(() => plane.client.putOrganization({ params: other, body: {} })),
    );
    expect(made.filter(({ credentials }) => credentials !== undefined)).toHaveLength(1);
  });
});

describe('a rotation', () => {
  it('answers what clients rely on, for the organization and for an application', async () => {
    const rotated = await plane.client.rotateOrganizationSecret({ params: org, body: {} });
    expect(rotated).toEqual({
      org_id: ORG,
      client_id: `org-${ORG}`,
      client_secret: TEXT,
      rotation: {
        rotated_at: '2026-11-22T14:33:00.000Z',
        old_secret_expires_at: '2026-11-29T14:33:00.000Z',
        grace_period_hours: 168,
      },
      secret_retrieval: {
        url: `/api/v1/orgs/${ORG}/credentials/secret?token=${rotated.secret_retrieval.token}`,
        token: TEXT,
        expires_at: '2026-11-22T14:43:00.000Z',
      },
    });
    expect(resultProblems('rotateOrganizationSecret', rotated)).toEqual([]);
    const ofApp = await plane.client.rotateApplicationSecret({
      params: app,
      body: { grace_period_hours: 0 },
    });
    expect(ofApp).toMatchObject({
      org_id: ORG,
      app_id: 'web',
      client_id: `org-${ORG}-app-web`,
      rotation: { old_secret_expires_at: '2026-11-22T14:33:00.000Z', grace_period_hours: 0 },
    });
    expect(ofApp.secret_retrieval.url).toContain(`/orgs/${ORG}/apps/web/credentials/secret?`);
  });

  it('lets both secrets in until the grace ends, and then the new one', async () => {
    const { client_secret } = await plane.client.rotateOrganizationSecret({
      params: org,
      body: { grace_period_hours: 2 },
    });
    plane.clock.advance(2 * HOUR_MS - 1);
    expect(await lets(`org-${ORG}`, secrets.org)).toBe(true);
    expect(await lets(`org-${ORG}`, client_secret)).toBe(true);
    plane.clock.advance(1);
    expect(await lets(`org-${ORG}`, secrets.org)).toBe(false);
    expect(await lets(`org-${ORG}`, client_secret)).toBe(true);
    expect(await lets(`org-${ORG}-app-web`, secrets.app)).toBe(true);
  });

  it('leaves tokens good, unless they are to be revoked', async () => {
    const credentials = { client_id: `org-${ORG}`, client_secret: secrets.org };
    const body = { ...credentials, grant_type: 'client_credentials' };
    const { refresh_token } = await plane.client.issueToken({ body });
    const refreshed = () =>
      refusalOf(
        plane.client.refreshToken({ body: { refresh_token, grant_type: 'refresh_token' } }),
      );
    await plane.client.rotateOrganizationSecret({ params: org, body: {} });
    expect(await refreshed()).toBe('none');
    await plane.client.rotateOrganizationSecret({ params: org, body: { revoke_tokens: true } });
    expect(await refreshed()).toMatchObject({ status: 401 });
  });

  it('makes the client of an organization that has none yet', async () => {
    await plane.catalog.remove('oauth_client', `org-${ORG}`);
    const { client_secret } = await plane.client.rotateOrganizationSecret({
      params: org,
      body: {},
    });
    expect(await lets(`org-${ORG}`, client_secret)).toBe(true);
  });

  it('of many at once leaves every new secret good', async () => {
    await plane.catalog.remove('oauth_client', `org-${ORG}`);
    const all = await Promise.all(
      [1, 2, 3, 4].map(() => plane.client.rotateOrganizationSecret({ params: org, body: {} })),
    );
    const good = await Promise.all(all.map((each) => lets(each.client_id, each.client_secret)));
    expect(good).toEqual([true, true, true, true]);
  });

  it.each([-1, 169, 1.5])('refuses a grace of %s hours', async (grace_period_hours) => {
    const rotating = plane.client.rotateOrganizationSecret({
      params: org,
      body: { grace_period_hours },
    });
    expect(await refusalOf(rotating)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });

  it('is 404 where there is no such organization or application', async () => {
    const nowhere = { org_id: ORG.replace(/c$/, 'd') };
    const { rotateOrganizationSecret, rotateApplicationSecret } = plane.client;
    for (const rotating of [
      rotateOrganizationSecret({ params: nowhere, body: {} }),
      rotateApplicationSecret({ params: { ...nowhere, app_id: 'web' }, body: {} }),
      rotateApplicationSecret({ params: { ...org, app_id: 'none' }, body: {} }),
    ]) {
      expect(await refusalOf(rotating)).toMatchObject({ status: 404 });
    }
  });
});

describe('a secret', () => {
  const rotate = () => plane.client.rotateOrganizationSecret({ params: org, body: {} });

  it.each(['GET', 'POST'])('is fetched once by %s, and never again', async (how) => {
    const { client_id, client_secret, secret_retrieval } = await rotate();
    const { token } = secret_retrieval;
    const fetched = () =>
      how === 'GET'
        ? plane.client.getOrganizationSecret({ params: org, query: { token } })
        : plane.client.fetchOrganizationSecret({ params: org, body: { token } });
    plane.clock.advance(1_000);
    expect(await fetched()).toEqual({
      client_id,
      client_secret,
      retrieved_at: '2026-11-22T14:33:01.000Z',
      expires_at: '2026-11-22T14:43:00.000Z',
      note: TEXT,
    });
    expect(await refusalOf(fetched())).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('of an application is fetched under the application alone', async () => {
    const { client_secret, secret_retrieval } = await plane.client.rotateApplicationSecret({
      params: app,
      body: {},
    });
    const { token } = secret_retrieval;
    const elsewhere = plane.client.getOrganizationSecret({ params: org, query: { token } });
    expect(await refusalOf(elsewhere)).toMatchObject({ status: 401 });
    const fetched = await plane.client.getApplicationSecret({ params: app, query: { token } });
    expect(fetched.client_secret).toBe(client_secret);
  });

  it('is given to one of many who fetch it at once', async () => {
    const { token } = (await rotate()).secret_retrieval;
    const tries = [1, 2, 3, 4, 5].map(() =>
      refusalOf(plane.client.fetchOrganizationSecret({ params: org, body: { token } })),
    );
    const outcomes = (await Promise.all(tries)).map((each) =>
      each === 'none' ? 200 : each.status,
    );
    expect(outcomes.toSorted((a, b) => a - b)).toEqual([200, 404, 404, 404, 404]);
  });

  it('is not there for a token that is unknown or has expired', async () => {
    const { token } = (await rotate()).secret_retrieval;
    const fetched = (given: string) =>
      refusalOf(plane.client.getOrganizationSecret({ params: org, query: { token: given } }));
    expect(await fetched('unknown')).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    plane.clock.advance(600_000);
    expect(await fetched(token)).toMatchObject({ status: 401 });
  });

  it('needs the provisioning key, and a token', async () => {
    const { url } = (await rotate()).secret_retrieval;
    expect((await fetch(plane.endpoint + url)).status).toBe(401);
    const headers = { 'x-api-key': plane.provisioningKey };
    const [bare = ''] = url.split('?');
    expect((await fetch(plane.endpoint + bare, { headers })).status).toBe(400);
    expect((await fetch(plane.endpoint + url, { headers })).status).toBe(200);
  });

  it('leaves no trace in logs and in the audit log, nor does its token', async () => {
    const { client_secret, secret_retrieval } = await rotate();
    const { token, url } = secret_retrieval;
    await fetch(plane.endpoint + url, { headers: { 'x-api-key': plane.provisioningKey } });
    await fetch(plane.endpoint + url);
    const { records } = await plane.client.listAudit({ query: { limit: 1000 } });
    const seen = JSON.stringify([records, plane.logged]);
    const hashes = await plane.catalog.get<{ salt: string; secrets: { hash: string }[] }>(
      'oauth_client',
      `org-${ORG}`,
    );
    const { salt = '', secrets: kept = [] } = hashes?.value ?? {};
    expect(records.some(({ action }) => action === 'rotateOrganizationSecret')).toBe(true);
    for (const text of [client_secret, token, salt, ...kept.map(({ hash }) => hash)]) {
      expect(text.length).toBeGreaterThan(20);
      expect(seen).not.toContain(text);
    }
  });
});

describe('signing keys', () => {
  it('are rotated with an overlap', async () => {
    const first = await plane.client.listSigningKeys();
    expect(first.signing_keys).toHaveLength(1);
    const rotated = await plane.client.rotateSigningKeys({ body: {} });
    expect(rotated.signing_keys).toMatchObject([
      { signs_from: '2026-11-22T14:38:00.000Z', retires_at: null },
      // Five minutes, seven days and an hour later nothing that it signed is good any more.
      { kid: first.signing_keys[0]?.kid, retires_at: '2026-11-29T15:38:00.000Z' },
    ]);
    expect(JSON.stringify(rotated)).not.toContain('sealed');
  });

  it('end every token when the old ones are dropped', async () => {
    const body = { client_id: `org-${ORG}`, client_secret: secrets.org };
    const tokens = await plane.client.issueToken({
      body: { ...body, grant_type: 'client_credentials' },
    });
    const request = { refresh_token: tokens.refresh_token, grant_type: 'refresh_token' };
    const refreshed = () => refusalOf(plane.client.refreshToken({ body: request }));
    await plane.client.rotateSigningKeys({ body: {} });
    expect(await refreshed()).toBe('none');
    const { signing_keys } = await plane.client.rotateSigningKeys({ body: { revoke_old: true } });
    expect(signing_keys).toHaveLength(1);
    expect(await refreshed()).toMatchObject({ status: 401 });
  });

  it('are bounded in number', async () => {
    let last: unknown = 'none';
    for (let i = 0; i < 17 && last === 'none'; i++) {
      last = await refusalOf(plane.client.rotateSigningKeys({ body: {} }));
    }
    expect(last).toMatchObject({ status: 400, code: 'INVALID_CONFIG' });
    expect((await plane.client.listSigningKeys()).signing_keys).toHaveLength(16);
  });
});
