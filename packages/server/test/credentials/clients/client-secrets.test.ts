/** What is promised of secrets: who is let in, and what a stranger can learn or hold up. */
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ClientRecord } from '../../../src/catalog/client-records.ts';
import {
  ClientSecrets,
  withNewSecret,
  type CheckBounds,
  type MintedSecret,
} from '../../../src/credentials/clients/client-secrets.ts';
import { scryptHash, type SlowHash } from '../../../src/credentials/clients/slow-hash.ts';
import { surroundings, type Surroundings } from '../memory-catalog.ts';

const OWNER = { org_id: 'o', app_id: null };
const HOUR_MS = 3_600_000;
const BOUNDS = { runningMax: 2, waitingMax: 20, failuresMax: 5 };

let around: Surroundings;
let secrets: ClientSecrets;
beforeEach(() => {
  around = surroundings();
  secrets = secretsWith(scryptHash(2), BOUNDS);
});

function secretsWith(hash: SlowHash, bounds: CheckBounds): ClientSecrets {
  return new ClientSecrets({ ...around, hash, bounds });
}

async function put(record: ClientRecord): Promise<void> {
  await around.catalog.put({
    kind: 'oauth_client',
    id: record.client_id,
    parent: record.org_id,
    value: record,
  });
}

async function rotated(
  before: ClientRecord | undefined,
  graceMs: number,
): Promise<{ record: ClientRecord; secret: string }> {
  const minted: MintedSecret = await secrets.mint(before?.salt);
  const now = around.clock.now();
  const terms = { minted, now, graceEndsAt: now + graceMs, revokeTokens: false };
  const record = withNewSecret(before, OWNER, terms);
  await put(record);
  return { record, secret: minted.client_secret };
}

const check = (client_secret: string, address = '1.1.1.1', client_id = 'org-o') =>
  secrets.check({ client_id, client_secret, address });
const lets = async (secret: string) => (await check(secret)).kind === 'client';

it('makes secrets of 32 random bytes in base64, and keeps a hash of them', async () => {
  const { record, secret } = await rotated(undefined, 0);
  expect(Buffer.from(secret, 'base64')).toHaveLength(32);
  expect(JSON.stringify(record)).not.toContain(secret);
  expect(await lets(secret)).toBe(true);
  expect(await lets(`${secret} `)).toBe(false);
});

it('lets an old secret in until its grace ends', async () => {
  const first = await rotated(undefined, 0);
  const second = await rotated(first.record, HOUR_MS);
  around.clock.advance(HOUR_MS - 1);
  expect([await lets(first.secret), await lets(second.secret)]).toEqual([true, true]);
  around.clock.advance(1);
  expect([await lets(first.secret), await lets(second.secret)]).toEqual([false, true]);
});

it('never lengthens a grace, and a rotation without one ends every earlier secret', async () => {
  const first = await rotated(undefined, 0);
  const second = await rotated(first.record, HOUR_MS);
  const third = await rotated(second.record, 10 * HOUR_MS);
  around.clock.advance(HOUR_MS);
  const now = [first, second, third].map(({ secret }) => lets(secret));
  expect(await Promise.all(now)).toEqual([false, true, true]);
  const last = await rotated(third.record, 0);
  const later = [second, third, last].map(({ secret }) => lets(secret));
  expect(await Promise.all(later)).toEqual([false, false, true]);
  expect(last.record.secrets).toHaveLength(1);
});

describe('against a flood of wrong secrets', () => {
  /** A slow hash that ends when it is told to, and counts how many run. */
  function heldHash() {
    const waiting: (() => void)[] = [];
    const state = { running: 0, most: 0, done: 0 };
    const hash: SlowHash = async (secret, salt) => {
      state.running += 1;
      state.most = Math.max(state.most, state.running);
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await promise;
      state.running -= 1;
      state.done += 1;
      return fastHash(secret, salt);
    };
    return { hash, state, letOne: () => waiting.shift()?.() };
  }
  /** No thread has a part in it: a turn of the event loop is enough. */
  const fastHash: SlowHash = (secret, salt) =>
    Promise.resolve(
      createHash('sha256')
        .update(salt + secret)
        .digest(),
    );
  const settle = () => new Promise((done) => setImmediate(done));

  it('the client gets in from elsewhere, though it is stopped from there', async () => {
    const { secret } = await rotated(undefined, 0);
    for (let i = 0; i < BOUNDS.failuresMax; i++) await check('wrong', '6.6.6.6');
    expect(await check(secret, '6.6.6.6')).toMatchObject({ kind: 'wait' });
    expect(await check(secret, '1.1.1.1')).toMatchObject({ kind: 'client' });
  });

  it.each([
    ['one address', () => '6.6.6.6'],
    ['one IPv6 network', (i: number) => `2001:db8:6:6::${i.toString(16)}`],
  ])('from %s, an honest address waits for few of the few hashes that may run', async (_, from) => {
    secrets = secretsWith(fastHash, BOUNDS);
    const { secret } = await rotated(undefined, 0);
    const held = heldHash();
    secrets = secretsWith(held.hash, { ...BOUNDS, failuresMax: 1_000 });
    const flood = Array.from({ length: 500 }, (_, i) => check(`wrong ${i}`, from(i)));
    const honest = check(secret, '1.1.1.1');
    const state = { in: false, over: false };
    void honest.then(() => (state.in = true));
    void Promise.all(flood).then(() => (state.over = true));
    await settle();
    for (let i = 0; i < 20 && !state.in; i++) {
      held.letOne();
      await settle();
    }
    expect(await honest).toMatchObject({ kind: 'client' });
    // Two ran when it came, one took its turn before it, and it was the next.
    expect(held.state.done).toBeLessThanOrEqual(5);
    while (!state.over) {
      held.letOne();
      await settle();
    }
    expect(held.state.most).toBe(BOUNDS.runningMax);
    const kinds = (await Promise.all(flood)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'crowded').length).toBeGreaterThan(400);
  });

  it('known and unknown clients take the same look-ups and hashes', async () => {
    await rotated(undefined, 0);
    const work = { reads: 0, hashes: 0 };
    const { get } = around.catalog;
    around = {
      ...around,
      catalog: {
        ...around.catalog,
        get: (kind, id) => {
          work.reads += 1;
          return get(kind, id);
        },
      },
    };
    const cheap = scryptHash(2);
    secrets = secretsWith((secret, salt) => {
      work.hashes += 1;
      return cheap(secret, salt);
    }, BOUNDS);
    for (const [client, total] of [
      ['org-o', 1],
      ['org-nobody', 2],
    ] as const) {
      expect(await check('wrong', '1.1.1.1', client)).toEqual({ kind: 'refused' });
      expect(work).toEqual({ reads: total, hashes: total });
    }
  });
});
