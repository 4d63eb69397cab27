/** Keys of an issuer: when they are looked for, how seldom, and which of them verify what. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpDocuments } from '../../../src/adapters/issuers/http-documents.ts';
import {
  BRAKE_MS,
  FRESH_MS,
  IssuerKeys,
  STALE_MS,
} from '../../../src/credentials/people/issuer-keys.ts';
import type { IssuerDocument } from '../../../src/ports/issuer-documents.ts';
import { testClock, type TestClock } from '../../admin/control-plane.ts';
import { issuerOf, keyOf, startIssuer, type IssuerDesk } from './issuer-desk.ts';

let clock: TestClock;
let pool: IssuerDesk;

beforeEach(async () => {
  clock = testClock();
  pool = await startIssuer(() => clock.now());
});
afterEach(() => pool.close());

const documents = httpDocuments({ timeoutMs: 5_000, bytesMax: 100_000 });
const keysOf = (members: object = {}) =>
  new IssuerKeys(issuerOf(pool.url, members), { documents, clock });
const kindOf = async (keys: IssuerKeys, kid: string | undefined, algorithm = 'RS256') =>
  (await keys.find(kid, algorithm)).kind;

describe('keys are looked for', () => {
  it('by discovery, once for all who ask at the same time', async () => {
    const keys = keysOf();
    const found = await Promise.all(Array.from({ length: 20 }, () => kindOf(keys, 'key-1')));
    expect(new Set(found)).toEqual(new Set(['key']));
    expect(pool.asked).toMatchObject({ discovery: 1, keys: 1 });
  });

  it('where the settings say, without discovery', async () => {
    expect(await kindOf(keysOf({ jwks_uri: `${pool.url}/keys` }), 'key-1')).toBe('key');
    expect(pool.asked).toMatchObject({ discovery: 0, keys: 1 });
  });

  it('again for a key id that is not known, but once in ten seconds whatever comes', async () => {
    const keys = keysOf();
    await keys.find('key-1', 'RS256');
    for (let n = 0; n < 1_000; n++) expect(await kindOf(keys, `x-${n}`)).toBe('unknown_key');
    expect(pool.asked.keys).toBe(1);
    clock.advance(BRAKE_MS);
    const storm = Array.from({ length: 1_000 }, (_, n) => kindOf(keys, `y-${n}`));
    expect(new Set(await Promise.all(storm))).toEqual(new Set(['unknown_key']));
    expect(pool.asked.keys).toBe(2);
  });

  it('so that a new key counts as soon as the brake lets it', async () => {
    const keys = keysOf();
    await keys.find('key-1', 'RS256');
    const next = await keyOf('key-2', 'ES256');
    pool.publish(pool.first, next);
    expect(await kindOf(keys, 'key-2', 'ES256')).toBe('unknown_key');
    clock.advance(BRAKE_MS);
    expect(await kindOf(keys, 'key-2', 'ES256')).toBe('key');
    expect(await kindOf(keys, 'key-1')).toBe('key');
  });

  it('while somebody is given a key, who is told which keys it was among', async () => {
    const { alg: _, ...jwk } = pool.first.jwk;
    const next = await keyOf('key-2');
    const published = [[jwk], [next.jwk]];
    const served = {
      get: () => {
        const keys = published.length > 1 ? published.shift() : published[0];
        return Promise.resolve({ kind: 'answered', status: 200, body: { keys } } as const);
      },
    };
    const issuer = issuerOf(pool.url, { jwks_uri: `${pool.url}/keys` });
    const keys = new IssuerKeys(issuer, { documents: served, clock });
    await keys.find('key-1', 'RS256');
    const { generation } = keys;
    clock.advance(BRAKE_MS);
    // It is read for the first time for this algorithm, and that takes a moment.
    const finding = keys.find('key-1', 'PS256');
    expect(await kindOf(keys, 'key-2')).toBe('key');
    expect(keys.generation).toBeGreaterThan(generation);
    expect(await finding).toMatchObject({ kind: 'key', generation });
  });

  it('again when they have grown old; a key that was withdrawn no longer counts', async () => {
    const keys = keysOf();
    await keys.find('key-1', 'RS256');
    const { generation } = keys;
    pool.publish(await keyOf('key-2'));
    clock.advance(FRESH_MS);
    expect(keys.isFresh).toBe(false);
    expect(await kindOf(keys, 'key-2')).toBe('key');
    expect(await kindOf(keys, 'key-1')).toBe('unknown_key');
    expect(keys.generation).toBeGreaterThan(generation);
  });

  it('in vain while the issuer is down: old keys count for an hour, and no longer', async () => {
    const keys = keysOf();
    await keys.find('key-1', 'RS256');
    const { generation } = keys;
    pool.goDown(true);
    clock.advance(STALE_MS - 1);
    expect(await kindOf(keys, 'key-1')).toBe('key');
    expect(keys.counts).toBe(true);
    clock.advance(1);
    expect(keys.counts).toBe(false);
    clock.advance(BRAKE_MS);
    expect(await kindOf(keys, 'key-1')).toBe('unavailable');
    pool.goDown(false);
    clock.advance(BRAKE_MS);
    expect(await kindOf(keys, 'key-1')).toBe('key');
    // The same keys: what was verified by them still is.
    expect(keys.generation).toBe(generation);
  });
});

describe('a key verifies', () => {
  it('only what is signed by an algorithm of its kind and its own', async () => {
    const keys = keysOf();
    for (const algorithm of ['HS256', 'ES256', 'PS256', 'RS512', 'none', 'EdDSA']) {
      expect(await kindOf(keys, 'key-1', algorithm)).toBe('unknown_key');
    }
  });

  it('what names no key only where there is no choice', async () => {
    const keys = keysOf();
    expect(await kindOf(keys, undefined)).toBe('key');
    pool.publish(pool.first, await keyOf('key-2'));
    clock.advance(FRESH_MS);
    await keys.find('key-2', 'RS256');
    expect(await kindOf(keys, undefined)).toBe('unknown_key');
  });

  it('nothing if it is for encryption, a secret, broken or private', async () => {
    const encrypting = await keyOf('enc');
    const secret = { kty: 'oct', k: 'c2VjcmV0', kid: 'oct', alg: 'RS256' };
    const broken = { kty: 'RSA', e: 'AQAB', kid: 'broken' };
    pool.publish(
      { ...encrypting, jwk: { ...encrypting.jwk, use: 'enc' } },
      { ...encrypting, jwk: secret },
      { ...encrypting, jwk: broken },
    );
    const keys = keysOf();
    for (const kid of ['enc', 'oct', 'broken']) expect(await kindOf(keys, kid)).toBe('unknown_key');
  });
});

describe('a document is not believed', () => {
  const answering = (body: unknown) => {
    const asked: string[] = [];
    const get = (url: string): Promise<IssuerDocument> => {
      asked.push(url);
      return Promise.resolve({ kind: 'answered', status: 200, body });
    };
    const issuer = issuerOf('https://issuer.example/pool');
    return { keys: new IssuerKeys(issuer, { documents: { get }, clock }), asked };
  };

  it.each([
    [
      'that says it is another issuer’s',
      { issuer: 'https://other.example', jwks_uri: 'https://x' },
    ],
    [
      'that sends us where there is no TLS',
      { issuer: 'https://issuer.example/pool', jwks_uri: 'http://x' },
    ],
    ['that names no keys', { issuer: 'https://issuer.example/pool' }],
    ['that is none', 'hello'],
    ['that is empty', undefined],
  ])('%s', async (_what, body) => {
    const { keys, asked } = answering(body);
    expect(await kindOf(keys, 'key-1')).toBe('unavailable');
    expect(asked).toEqual(['https://issuer.example/pool/.well-known/openid-configuration']);
  });
});
