/** Two processes over one catalogue: what each knows of a token, and when it learns of changes. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ClientRecord } from '../../../src/catalog/client-records.ts';
import type { OAuth } from '../../../src/credentials/oauth.ts';
import { masterKeyBox } from '../../../src/credentials/secret-box.ts';
import { aProcess, masterKeysOf, surroundings, type Surroundings } from '../memory-catalog.ts';

/** Any text. */
const TEXT: unknown = expect.any(String);
let around: Surroundings;
let here: OAuth;
let there: OAuth;
const CLIENT: ClientRecord = {
  client_id: 'org-o-app-web',
  org_id: 'o',
  app_id: 'web',
  generation: 0,
  salt: '',
  secrets: [],
  created_at: '2026-11-22T14:33:00.000Z',
  updated_at: '2026-11-22T14:33:00.000Z',
};

beforeEach(async () => {
  around = surroundings();
  const box = masterKeyBox(masterKeysOf(around.ids, 1), around.ids);
  here = aProcess(around, { box });
  there = aProcess(around, { box });
  await putClient(CLIENT);
});

const putClient = (value: ClientRecord) =>
  around.catalog.put({ kind: 'oauth_client', id: value.client_id, parent: value.org_id, value });
const end = (jti: string) =>
  around.catalog.put({ kind: 'revoked_token', id: jti, parent: '', value: {} });
async function kinds(token: string): Promise<readonly (string | undefined)[]> {
  return [(await here.tokens.resolve(token)).kind, (await there.tokens.resolve(token)).kind];
}
async function principalOf(token: string) {
  const answer = await here.tokens.resolve(token);
  if (answer.kind !== 'client') throw new Error(answer.kind);
  return answer.client;
}

it('tells whose a token is, in every process', async () => {
  const { access_token } = await here.issuer.issue(CLIENT, ['write:costs']);
  expect(await there.tokens.resolve(access_token)).toEqual({
    kind: 'client',
    client: {
      client_id: 'org-o-app-web',
      org_id: 'o',
      app_id: 'web',
      scopes: ['write:costs'],
      jti: TEXT,
      family: TEXT,
    },
    revision: await around.catalog.revision(),
  });
});

describe('peek', () => {
  it('knows only what was resolved, and states by which revision', async () => {
    const { access_token } = await here.issuer.issue(CLIENT);
    expect(here.tokens.peek(access_token)).toBeUndefined();
    const answer = await here.tokens.resolve(access_token);
    expect(here.tokens.peek(access_token)).toEqual(answer);
    expect(here.tokens.catalogRevision).toBe(await around.catalog.revision());
  });

  it('forgets with a newer revision', async () => {
    const { access_token } = await here.issuer.issue(CLIENT);
    await here.tokens.resolve(access_token);
    here.tokens.refresh(here.tokens.catalogRevision + 1);
    expect(here.tokens.peek(access_token)).toBeUndefined();
  });

  it('never says of an expired token that it is good', async () => {
    const { access_token } = await here.issuer.issue(CLIENT);
    await here.tokens.resolve(access_token);
    around.clock.advance(3_600_000);
    expect(here.tokens.peek(access_token)).toEqual({ kind: 'expired' });
    expect(await kinds(access_token)).toEqual(['expired', 'expired']);
  });
});

describe('a revocation', () => {
  it('of a token counts on the next question in every process', async () => {
    const { access_token } = await here.issuer.issue(CLIENT);
    expect(await kinds(access_token)).toEqual(['client', 'client']);
    await end((await principalOf(access_token)).jti);
    expect(await kinds(access_token)).toEqual(['revoked', 'revoked']);
  });

  it('of a refresh token counts for every access token that came from it', async () => {
    const { access_token, refresh_token } = await here.issuer.issue(CLIENT);
    const inspected = await here.tokens.inspect(refresh_token);
    if (inspected.kind !== 'token' || inspected.claims.token_type !== 'refresh') {
      throw new Error(inspected.kind);
    }
    const child = await there.issuer.access(CLIENT, inspected.claims);
    const other = (await here.issuer.issue(CLIENT)).access_token;
    expect((await principalOf(child)).family).toBe(inspected.claims.jti);
    await end(inspected.claims.jti);
    expect(await kinds(access_token)).toEqual(['revoked', 'revoked']);
    expect(await kinds(child)).toEqual(['revoked', 'revoked']);
    expect(await kinds(other)).toEqual(['client', 'client']);
    expect(await there.tokens.inspect(refresh_token)).toEqual({ kind: 'revoked' });
  });

  it('of a generation counts for all tokens of the client', async () => {
    const { access_token, refresh_token } = await here.issuer.issue(CLIENT);
    expect(await kinds(access_token)).toEqual(['client', 'client']);
    const next = { ...CLIENT, generation: 1 };
    await putClient(next);
    expect(await kinds(access_token)).toEqual(['revoked', 'revoked']);
    expect(await here.tokens.inspect(refresh_token)).toEqual({ kind: 'revoked' });
    expect(await kinds((await here.issuer.issue(next)).access_token)).toEqual(['client', 'client']);
  });
});

describe('is not taken in', () => {
  it('by a token of a client that is not there', async () => {
    const { access_token } = await here.issuer.issue({ ...CLIENT, client_id: 'gone' });
    expect(await kinds(access_token)).toEqual(['invalid', 'invalid']);
  });

  it('by a refresh token', async () => {
    const { refresh_token } = await here.issuer.issue(CLIENT);
    expect(await kinds(refresh_token)).toEqual(['invalid', 'invalid']);
  });

  it('by tokens of another issuer or of another key', async () => {
    const terms = { issuer: 'another', accessSeconds: 60, refreshSeconds: 60 };
    const box = masterKeyBox(masterKeysOf(around.ids, 1), around.ids);
    const issuedElsewhere = await aProcess(surroundings(), { box }).issuer.issue(CLIENT);
    expect(await kinds(issuedElsewhere.access_token)).toEqual(['invalid', 'invalid']);
    const misnamed = await aProcess(around, { ...parts(), terms }).issuer.issue(CLIENT);
    expect(await kinds(misnamed.access_token)).toEqual(['invalid', 'invalid']);
  });

  it('by what is no token, or is too long to be one', async () => {
    for (const token of ['', 'x', 'a.b', 'a.b.c', 'eyJ.e.e', `e.e.${'e'.repeat(5000)}`]) {
      expect(await kinds(token)).toEqual(['invalid', 'invalid']);
      expect(here.tokens.peek(token)).toBeUndefined();
    }
  });
});

/** The box of this installation, which alone opens its signing keys. */
function parts() {
  return { box: here.box };
}
