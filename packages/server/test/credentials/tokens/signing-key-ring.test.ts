/** Signing keys: made once, published before they sign, and retired after all they signed. */
import { createPublicKey, sign, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { SIGNING_KEYS, type SigningKeysRecord } from '../../../src/catalog/client-records.ts';
import { masterKeyBox } from '../../../src/credentials/secret-box.ts';
import {
  jwkOf,
  rotatedKeys,
  SigningKeyRing,
} from '../../../src/credentials/tokens/signing-key-ring.ts';
import { masterKeysOf, surroundings } from '../memory-catalog.ts';

const LEAD_MS = 300_000;
const LIFETIME_MS = 1_000_000;

function aRing(
  around = surroundings(),
  box = masterKeyBox(masterKeysOf(around.ids, 1), around.ids),
) {
  const parts = { ...around, box };
  const ring = new SigningKeyRing(parts);
  const stored = async () =>
    (await around.catalog.get<SigningKeysRecord>('signing_key', SIGNING_KEYS))?.value;
  return {
    ...around,
    box,
    ring,
    stored,
    another: () => new SigningKeyRing(parts),
    rotate: async (revokeOld = false) => {
      const now = around.clock.now();
      const times = { now, leadMs: LEAD_MS, lifetimeMs: LIFETIME_MS, revokeOld };
      const value = rotatedKeys(parts, await stored(), times);
      await around.catalog.put({ kind: 'signing_key', id: SIGNING_KEYS, parent: '', value });
    },
    verifies: async (kid: string) =>
      (await ring.verifier(kid, await around.catalog.revision())) !== undefined,
  };
}

it('makes one key, however many processes start at once', async () => {
  const { ring, another } = aRing();
  const rings = [ring, another(), another(), another()];
  const kids = await Promise.all(rings.map(async (each) => (await each.signer()).kid));
  expect(new Set(kids).size).toBe(1);
});

it('signs with the private key of what it publishes', async () => {
  const { ring } = aRing();
  const { key } = await ring.signer();
  const [published] = await ring.published();
  if (published === undefined) throw new Error('Nothing is published.');
  const signature = sign('sha256', Buffer.from('text'), key);
  const publicKey = createPublicKey({ key: { ...jwkOf(published) }, format: 'jwk' });
  expect(verify('sha256', Buffer.from('text'), publicKey, signature)).toBe(true);
});

it('keeps no private key in the store that would be of use without the master key', async () => {
  const { ring, stored, another, ids } = aRing();
  const { key } = await ring.signer();
  const { d } = key.export({ format: 'jwk' });
  expect(d).toHaveLength(43);
  expect(JSON.stringify(await stored())).not.toContain(d);
  const { catalog, clock } = aRing();
  const other = masterKeyBox(masterKeysOf(ids, 1), ids);
  await catalog.put({ kind: 'signing_key', id: SIGNING_KEYS, parent: '', value: await stored() });
  const thief = new SigningKeyRing({ catalog, clock, ids, box: other });
  await expect(thief.signer()).rejects.toThrow('signing-keys rotate');
  expect((await another().signer()).kid).toBe((await ring.signer()).kid);
});

it('publishes a new key before it signs, and keeps the old one while it is needed', async () => {
  const { ring, rotate, clock, verifies } = aRing();
  const first = (await ring.signer()).kid;
  await rotate();
  const published = (await ring.published()).map(({ kid }) => kid);
  expect(published).toHaveLength(2);
  const [second = ''] = published;
  expect((await ring.signer()).kid).toBe(first);
  clock.advance(LEAD_MS);
  expect((await ring.signer()).kid).toBe(second);
  clock.advance(LIFETIME_MS - 1);
  expect(await verifies(first)).toBe(true);
  clock.advance(1);
  expect([await verifies(first), await verifies(second)]).toEqual([false, true]);
  expect((await ring.published()).map(({ kid }) => kid)).toEqual([second]);
});

it('drops old keys at once when they are to be revoked', async () => {
  const { ring, rotate, verifies } = aRing();
  const first = (await ring.signer()).kid;
  await rotate(true);
  expect(await verifies(first)).toBe(false);
  const { kid } = await ring.signer();
  expect(kid).not.toBe(first);
  expect(await verifies(kid)).toBe(true);
});

it('forgets keys that have retired when it rotates again', async () => {
  const { ring, rotate, clock, stored } = aRing();
  await ring.signer();
  await rotate();
  clock.advance(LEAD_MS + LIFETIME_MS);
  await rotate();
  expect((await stored())?.keys).toHaveLength(2);
});

it('knows no key that is not there', async () => {
  const { verifies } = aRing();
  expect(await verifies('none')).toBe(false);
});
