/** Tokens: got, refreshed before they expire, once for everybody who waits. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authorised, NotAuthorised, TokenSource } from '../src/tokens.ts';
import { handClock, type HandClock } from './hand-clock.ts';
import { refusal, scriptedApi, type ScriptedApi } from './scripted-api.ts';

let api: ScriptedApi;
let clock: HandClock;
let tokens: TokenSource;

beforeEach(async () => {
  api = await scriptedApi();
  clock = handClock();
  const { outside } = clock;
  const { endpoint } = api;
  const client = { clientId: 'org-o', clientSecret: 's3cret', endpoint };
  tokens = new TokenSource({ ...client, fetch, outside });
});
afterEach(() => api.close());

const SECOND = 1000;

describe('a token', () => {
  it('is asked for once, however many want it', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => tokens.token()));
    expect(new Set(all)).toEqual(new Set(['access-1']));
    expect(api.asked).toMatchObject([
      {
        path: '/auth/token',
        body: { client_id: 'org-o', client_secret: 's3cret', grant_type: 'client_credentials' },
      },
    ]);
  });

  it('is refreshed a minute before it expires, and not earlier', async () => {
    await tokens.token();
    clock.advance(3539 * SECOND);
    expect(await tokens.token()).toBe('access-1');
    clock.advance(SECOND);
    expect(await tokens.token()).toBe('access-2');
    expect(api.of('/auth/refresh')).toMatchObject([
      { body: { grant_type: 'refresh_token', refresh_token: 'refresh-1' } },
    ]);
    expect(api.of('/auth/token')).toHaveLength(1);
  });

  it('is got by the secret again when the refresh token is refused or has expired', async () => {
    await tokens.token();
    api.script = ({ path }) =>
      path === '/auth/refresh' ? refusal(401, 'UNAUTHORIZED') : undefined;
    clock.advance(3600 * SECOND);
    expect(await tokens.token()).toBe('access-2');
    expect(api.of('/auth/refresh')).toHaveLength(1);
    clock.advance(604_800 * SECOND);
    expect(await tokens.token()).toBe('access-3');
    expect(api.of('/auth/refresh')).toHaveLength(1);
  });

  it('of a refused secret is not asked for again at once, as an attacker would', async () => {
    api.script = () => refusal(401, 'UNAUTHORIZED');
    await expect(tokens.token()).rejects.toThrow(NotAuthorised);
    await expect(tokens.token()).rejects.toThrow(/org-o: because of UNAUTHORIZED/);
    expect(api.asked).toHaveLength(1);
    api.script = () => undefined;
    clock.advance(60 * SECOND);
    expect(await tokens.token()).toBe('access-1');
  });

  it('is asked for again when the service said so', async () => {
    api.script = () => ({
      ...refusal(429, 'RATE_LIMIT_EXCEEDED'),
      headers: { 'retry-after': '7' },
    });
    await expect(tokens.token()).rejects.toMatchObject({ status: 429, retryAfter: '7' });
    clock.advance(6 * SECOND);
    await expect(tokens.token()).rejects.toThrow(NotAuthorised);
    expect(api.asked).toHaveLength(1);
    clock.advance(SECOND);
    await expect(tokens.token()).rejects.toThrow(NotAuthorised);
    expect(api.asked).toHaveLength(2);
  });

  it('is never in what is thrown, nor is the secret', async () => {
    api.script = () => refusal(401, 'UNAUTHORIZED');
    const error: unknown = await tokens.token().catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cret');
  });
});

describe('a call', () => {
  const url = (): string => `${api.endpoint}/api/v1/usage/batch`;
  const call = () =>
    authorised(fetch, tokens)(url(), { method: 'POST', headers: {}, body: '{"requests":[]}' });

  it('whose token is refused is made once more with a new one', async () => {
    await tokens.token();
    api.script = ({ headers }) =>
      headers.authorization === 'Bearer access-1' ? refusal(401, 'UNAUTHORIZED') : undefined;
    expect((await call()).status).toBe(207);
    expect(api.of('/batch').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer access-1',
      'Bearer access-2',
    ]);
  });

  it('that is refused with a new token too is not made a third time', async () => {
    api.script = ({ path }) => (path.endsWith('/batch') ? refusal(401, 'UNAUTHORIZED') : undefined);
    expect((await call()).status).toBe(401);
    expect(api.of('/batch')).toHaveLength(2);
  });
});
