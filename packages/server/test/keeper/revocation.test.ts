/**
 * What was revoked stays out: three gateways, each a process of its own, over one data directory.
 * Callers hammer all three with a token; from the moment at which its revocation is answered, no
 * request with it or its children that begins anywhere succeeds.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcesses } from './server-processes.ts';

const AT = '2026-11-22T14:33:00Z';
const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
const MINUTE_MS = 60_000;

let processes: ServerProcesses;
let client: { readonly client_id: string; readonly client_secret: string };

beforeAll(async () => {
  processes = await ServerProcesses.start(3, AT, { TOLLKEEPER_RATE_LIMIT_PRESET: 'off' });
  const provision = (path: string, body: object) =>
    send('PUT', 0, `/api/v1/orgs/${ORG}${path}`, body, { 'x-api-key': processes.provisioningKey });
  await provision('', {
    org_name: 'Example',
    timezone: 'UTC',
    quota_scope: 'ORG',
    model_ordering: ['premium'],
    quotas: { premium: 1_000_000_000 },
  });
  const made = await provision('/apps/web', { app_name: 'Web' });
  client = made.body['credentials'] as typeof client;
}, 2 * MINUTE_MS);
afterAll(() => processes.close(), MINUTE_MS);

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function send(
  method: string,
  which: number,
  path: string,
  body: object | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const response = await fetch(`${processes.endpoints[which]}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const post = (which: number, path: string, body: object, token?: string) =>
  send('POST', which, path, body, token === undefined ? {} : bearer(token));

async function newTokens(
  which = 0,
): Promise<{ readonly access: string; readonly refresh: string }> {
  const answer = await post(which, '/auth/token', { ...client, grant_type: 'client_credentials' });
  const { access_token, refresh_token } = answer.body;
  return { access: String(access_token), refresh: String(refresh_token) };
}

const refreshAt = (which: number, refresh_token: string) =>
  post(which, '/auth/refresh', { refresh_token, grant_type: 'refresh_token' });

/** Everything that a token can be used for: reading, writing, and ending tokens. */
type Use = (which: number, token: string) => Promise<Answer>;
const askModel: Use = (which, token) =>
  send('GET', which, `/api/v1/orgs/${ORG}/apps/web/model-selection`, undefined, bearer(token));
const endNothing: Use = (which, token) =>
  post(which, '/auth/revoke', { token: 'none.such.token' }, token);
const USES: readonly Use[] = [
  askModel,
  endNothing,
  (which, token) =>
    post(
      which,
      `/api/v1/orgs/${ORG}/apps/web/usage`,
      {
        request_id: randomUUID(),
        model_label: 'premium',
        bedrock_model_id: 'amazon.nova-pro-v1:0',
        input_tokens: 1,
        output_tokens: 1,
        status: 'OK',
        timestamp: AT,
      },
      token,
    ),
];

/** Uses a token at all processes at once, again and again, until it is told to stop. */
function hammer(token: string) {
  const state = { revoked: false, stopped: false };
  const before: number[] = [];
  const after: number[] = [];
  const worker = async (which: number, use: Use): Promise<void> => {
    while (!state.stopped) {
      const list = state.revoked ? after : before;
      list.push((await use(which, token)).status);
    }
  };
  const workers = [0, 1, 2].flatMap((which) => USES.map((use) => worker(which, use)));
  return {
    before,
    after,
    /** Resolves when there are so many answers of either time. */
    reached: async (list: readonly number[], count: number) => {
      while (list.length < count) await new Promise((done) => setImmediate(done));
    },
    revoked: () => void (state.revoked = true),
    stop: async () => {
      state.stopped = true;
      await Promise.all(workers);
    },
  };
}

const ENOUGH = 60;

describe('over three processes', () => {
  it.each([0, 1, 2])(
    'a token ends everywhere when process %s has answered its revocation',
    async (which) => {
      const { access } = await newTokens(which);
      const calls = hammer(access);
      await calls.reached(calls.before, ENOUGH);
      expect(calls.before.filter((status) => status >= 300)).toEqual([]);
      const by = (await newTokens()).access;
      const { status } = await post(which, '/auth/revoke', { token: access }, by);
      calls.revoked();
      expect(status).toBe(204);
      await calls.reached(calls.after, ENOUGH);
      await calls.stop();
      expect(calls.after.filter((each) => each !== 401)).toEqual([]);
    },
    MINUTE_MS,
  );

  it(
    'the children of a refresh token end with it, wherever they were made, and it makes no more',
    async () => {
      const { access, refresh } = await newTokens(0);
      const children = await Promise.all(
        [0, 1, 2].map(async (which) =>
          String((await refreshAt(which, refresh)).body['access_token']),
        ),
      );
      const family = [access, ...children];
      const all = family.map(hammer);
      for (const calls of all) await calls.reached(calls.before, ENOUGH);
      expect(all.flatMap(({ before }) => before.filter((status) => status >= 300))).toEqual([]);
      const by = (await newTokens(2)).access;
      const { status } = await post(1, '/auth/revoke', { token: refresh }, by);
      for (const calls of all) calls.revoked();
      expect(status).toBe(204);
      const again = await Promise.all([0, 1, 2].map((which) => refreshAt(which, refresh)));
      expect(again.map((each) => each.status)).toEqual([401, 401, 401]);
      for (const calls of all) await calls.reached(calls.after, ENOUGH);
      for (const calls of all) await calls.stop();
      expect(all.flatMap(({ after }) => after.filter((each) => each !== 401))).toEqual([]);
      // It was this family that ended, and not the client.
      const other = await Promise.all([0, 1, 2].map((which) => askModel(which, by)));
      expect(other.map((each) => each.status)).toEqual([200, 200, 200]);
    },
    MINUTE_MS,
  );

  it(
    'a race of refreshing and revoking leaves no living child',
    async () => {
      const by = (await newTokens()).access;
      for (let round = 0; round < 10; round++) {
        const { refresh } = await newTokens(round % 3);
        const refreshing = [0, 1, 2, 0, 1, 2].map((which) => refreshAt(which, refresh));
        const revoking = post(round % 3, '/auth/revoke', { token: refresh }, by);
        const answers = await Promise.all(refreshing);
        expect((await revoking).status).toBe(204);
        const born = answers.filter(({ status }) => status === 200);
        for (const { body } of born) {
          const uses = [0, 1, 2].map((which) => endNothing(which, String(body['access_token'])));
          const statuses = (await Promise.all(uses)).map((each) => each.status);
          expect(statuses).toEqual([401, 401, 401]);
        }
      }
    },
    MINUTE_MS,
  );

  it(
    'a new secret works everywhere at once, and an old one ends with its grace',
    async () => {
      const path = `/api/v1/orgs/${ORG}/apps/web/credentials/rotate`;
      const key = { 'x-api-key': processes.provisioningKey };
      const rotated = await send('POST', 1, path, { grace_period_hours: 0 }, key);
      const fresh = String(rotated.body['client_secret']);
      const ask = async (which: number, client_secret: string) => {
        const body = { ...client, client_secret, grant_type: 'client_credentials' };
        return (await post(which, '/auth/token', body)).status;
      };
      const old = await Promise.all([0, 1, 2].map((which) => ask(which, client.client_secret)));
      expect(old).toEqual([401, 401, 401]);
      expect(await Promise.all([0, 1, 2].map((which) => ask(which, fresh)))).toEqual([
        200, 200, 200,
      ]);
      client = { ...client, client_secret: fresh };
    },
    MINUTE_MS,
  );

  it(
    'new signing keys count everywhere at once, and so does dropping the old ones',
    async () => {
      const path = '/api/v1/signing-keys/rotate';
      const key = { 'x-api-key': processes.provisioningKey };
      const { access } = await newTokens(0);
      const used = () =>
        Promise.all([0, 1, 2].map(async (which) => (await askModel(which, access)).status));
      expect((await send('POST', 1, path, {}, key)).status).toBe(200);
      expect(await used()).toEqual([200, 200, 200]);
      expect((await send('POST', 2, path, { revoke_old: true }, key)).status).toBe(200);
      expect(await used()).toEqual([401, 401, 401]);
      const next = (await newTokens(0)).access;
      const statuses = [0, 1, 2].map(async (which) => (await askModel(which, next)).status);
      expect(await Promise.all(statuses)).toEqual([200, 200, 200]);
    },
    MINUTE_MS,
  );
});
