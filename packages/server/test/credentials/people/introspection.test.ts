/** Tokens whose issuer is asked about them, as older Supabase projects are. */
import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpDocuments } from '../../../src/adapters/issuers/http-documents.ts';
import { hashToken } from '../../../src/credentials/api-key.ts';
import {
  ASKING_MAX,
  COUNTS_MS,
  Introspection,
  KEPT_MAX,
  WAITING_MAX,
} from '../../../src/credentials/people/introspection.ts';
import { proverOf } from '../../../src/credentials/people/provers.ts';
import { readToken } from '../../../src/credentials/people/token-claims.ts';
import { testClock, type TestClock } from '../../admin/control-plane.ts';
import { issuerOf, startIssuer, type IssuerDesk } from './issuer-desk.ts';

let clock: TestClock;
let supabase: IssuerDesk;

beforeEach(async () => {
  clock = testClock();
  supabase = await startIssuer(() => clock.now());
});
afterEach(() => supabase.close());

const documents = httpDocuments({ timeoutMs: 5_000, bytesMax: 100_000 });
const issuer = () =>
  issuerOf(supabase.url, {
    kind: 'introspection',
    introspection_url: `${supabase.url}/auth/v1/user`,
    service_key_env: 'SERVICE_KEY',
  });
const desk = () => new Introspection(issuer(), { documents, clock, secret: 'service-key' });
const ask = async (it: Introspection, token: string) =>
  (await it.ask(token, hashToken(token))).kind;

/** An issuer that answers when it is told to: it knows the token `good` and no other. */
function heldDocuments() {
  const waiting: (() => void)[] = [];
  let most = 0;
  const answerOne = (): void => waiting.shift()?.();
  return {
    get: async (_url: string, headers: Readonly<Record<string, string>> = {}) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
      });
      return headers['authorization'] === 'Bearer good'
        ? ({ kind: 'answered', status: 200, body: { id: 'u' } } as const)
        : ({ kind: 'answered', status: 401, body: {} } as const);
    },
    running: () => waiting.length,
    most: () => most,
    answerOne,
    answerAll: async (): Promise<void> => {
      while (waiting.length > 0) {
        answerOne();
        await settled();
      }
    },
  };
}

/** Lets everything happen that waits for nothing else. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('an issuer is asked about a token', () => {
  it('with the token and the service key, and its answer counts for a minute', async () => {
    const asking = desk();
    supabase.user('t', { id: 'u' });
    expect(await asking.ask('t', hashToken('t'))).toEqual({ kind: 'user', user: { id: 'u' } });
    expect(supabase.userHeaders).toMatchObject({
      authorization: 'Bearer t',
      apikey: 'service-key',
    });
    supabase.forget();
    clock.advance(COUNTS_MS - 1);
    expect([await ask(asking, 't'), asking.counts(hashToken('t'))]).toEqual(['user', true]);
    clock.advance(1);
    expect([asking.counts(hashToken('t')), await ask(asking, 't')]).toEqual([false, 'refused']);
    expect(supabase.asked.user).toBe(2);
  });

  it('once for all who bring it at the same time, and not again while it is refused', async () => {
    const asking = desk();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(asking, 'bad')));
    expect(new Set(answers)).toEqual(new Set(['refused']));
    expect(await ask(asking, 'bad')).toBe('refused');
    expect(supabase.asked.user).toBe(1);
  });

  it('about so many at the same time and no more; so many wait, and no more', async () => {
    const held = heldDocuments();
    const asking = new Introspection(issuer(), { documents: held, clock, secret: undefined });
    const count = ASKING_MAX + WAITING_MAX + 10;
    const answers = Promise.all(Array.from({ length: count }, (_, n) => ask(asking, `t${n}`)));
    expect(held.running()).toBe(ASKING_MAX);
    await held.answerAll();
    expect((await answers).filter((kind) => kind === 'unavailable')).toHaveLength(10);
    expect(held.most()).toBe(ASKING_MAX);
  });

  it('that was good before without waiting behind all that nobody knows', async () => {
    const held = heldDocuments();
    const asking = new Introspection(issuer(), { documents: held, clock, secret: undefined });
    const first = ask(asking, 'good');
    await held.answerAll();
    expect(await first).toBe('user');
    clock.advance(COUNTS_MS);
    const flood = Array.from({ length: 2 * WAITING_MAX }, (_, n) => ask(asking, `junk${n}`));
    const again = ask(asking, 'good');
    const more = Array.from({ length: 2 * WAITING_MAX }, (_, n) => ask(asking, `more${n}`));
    // Those that run already, and the next of both lanes.
    for (let n = 0; n < ASKING_MAX + 2; n++) {
      held.answerOne();
      await settled();
    }
    await expect(again).resolves.toBe('user');
    await held.answerAll();
    await Promise.all([...flood, ...more]);
  });

  it('that is good once for a minute, whatever else is refused meanwhile', async () => {
    const held = heldDocuments();
    const asking = new Introspection(issuer(), { documents: held, clock, secret: undefined });
    const first = ask(asking, 'good');
    await held.answerAll();
    await first;
    for (let n = 0; n <= KEPT_MAX; n++) {
      const refused = ask(asking, `junk${n}`);
      held.answerOne();
      await refused;
    }
    expect(asking.counts(hashToken('good'))).toBe(true);
  });

  it('and says nothing of it while it is down', async () => {
    const asking = desk();
    supabase.goDown(true);
    expect(await ask(asking, 't')).toBe('unavailable');
    supabase.goDown(false);
    supabase.user('t', { id: 'u' });
    expect(await ask(asking, 't')).toBe('user');
  });
});

describe('what it says of the user', () => {
  const USER = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
  async function proven(user: object) {
    const token = await new SignJWT({ sub: USER, email: 'old@x.example', iss: supabase.url })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.alloc(32, 1));
    supabase.user(token, user);
    const read = readToken(token);
    if (read === undefined) throw new Error('It cannot be read.');
    const prover = proverOf(issuer(), { documents, clock, secretOf: () => 'service-key' });
    return prover.prove(token, hashToken(token), read);
  }

  it('goes before what the token says, and only a confirmed address is verified', async () => {
    const email = 'new@x.example';
    const app_metadata = { tenant_id: 'tenant-1' };
    const confirmed = { id: USER, email, app_metadata, email_confirmed_at: '2026-01-01T00:00:00Z' };
    expect(await proven(confirmed)).toMatchObject({
      kind: 'proven',
      claims: { email, app_metadata, email_verified: true },
    });
    for (const email_confirmed_at of [null, undefined, '', true]) {
      const user = { id: USER, email, user_metadata: { email_verified: true }, email_confirmed_at };
      expect(await proven(user)).toMatchObject({ claims: { email_verified: false } });
    }
  });

  it('counts only if it is the user that the token says', async () => {
    expect(await proven({ id: 'another' })).toEqual({ kind: 'invalid', fault: 'claims' });
  });
});
