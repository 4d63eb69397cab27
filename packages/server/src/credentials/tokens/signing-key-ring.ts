/**
 * The keys that sign access tokens: ES256 (RFC 7518), kept in one document whose private parts are
 * in the secret box. The first is made by one conditional write, so that processes which start
 * together agree. After a rotation the new key is published at once and signs a little later, when
 * whoever keeps a copy of the public keys has had time to fetch them; older keys verify until what
 * they signed has expired.
 */
import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import {
  SIGNING_KEYS,
  type SigningKeyRecord,
  type SigningKeysRecord,
} from '../../catalog/client-records.ts';
import { NO_PARENT } from '../../catalog/records.ts';
import type { CatalogStore } from '../../ports/catalog-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { SecretBox } from '../../ports/secret-box.ts';

export interface SigningKeyParts {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly box: SecretBox;
}

/** A public key as JWKS shows it (RFC 7517). */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'ES256';
}

/** Most keys at once: more rotations within a week than anybody needs. */
export const SIGNING_KEYS_MAX = 16;

const CURVE = 'prime256v1';
const COORDINATE_BYTES = 32;

/** The keys as of the catalogue's revision by which they were read. */
export class SigningKeyRing {
  readonly #parts: SigningKeyParts;
  readonly #verifiers = new Map<string, KeyObject>();
  #read: { readonly revision: number; readonly keys: Promise<readonly SigningKeyRecord[]> } | null =
    null;
  #signer: { readonly kid: string; readonly key: KeyObject } | null = null;

  constructor(parts: SigningKeyParts) {
    this.#parts = parts;
  }

  /** What a key signed is verified with; undefined: there is no such key, or it has retired. */
  async verifier(kid: string, revision: number): Promise<KeyObject | undefined> {
    const record = (await this.#keysAt(revision)).find((each) => each.kid === kid);
    if (record === undefined || this.#isRetired(record)) return undefined;
    let key = this.#verifiers.get(kid);
    if (key === undefined) {
      key = createPublicKey({ key: { ...jwkOf(record) }, format: 'jwk' });
      this.#verifiers.set(kid, key);
    }
    return key;
  }

  /** The key that signs now; made if there is none. Throws when its master key is gone. */
  async signer(): Promise<{ readonly kid: string; readonly key: KeyObject }> {
    const now = this.#parts.clock.now();
    const keys = await this.#ensured();
    const record = keys.find(({ signs_from }) => Date.parse(signs_from) <= now) ?? keys.at(-1);
    if (record === undefined) throw new Error('There is no signing key, though one was made.');
    if (this.#signer?.kid === record.kid) return this.#signer;
    this.#signer = { kid: record.kid, key: this.#privateKey(record) };
    return this.#signer;
  }

  /** Every key that still verifies, newest first; made if there is none. */
  async published(): Promise<readonly SigningKeyRecord[]> {
    return (await this.#ensured()).filter((record) => !this.#isRetired(record));
  }

  async #ensured(): Promise<readonly SigningKeyRecord[]> {
    const { catalog, clock } = this.#parts;
    const found = await this.#keysAt(await catalog.revision());
    if (found.length > 0) return found;
    const value: SigningKeysRecord = { keys: [newSigningKey(this.#parts, clock.now())] };
    // Whoever comes second uses what the first has put.
    await catalog.put({
      kind: 'signing_key',
      id: SIGNING_KEYS,
      parent: NO_PARENT,
      value,
      expected: 0,
    });
    return this.#keysAt(await catalog.revision());
  }

  #keysAt(revision: number): Promise<readonly SigningKeyRecord[]> {
    if (this.#read !== null && this.#read.revision >= revision) return this.#read.keys;
    const keys = this.#parts.catalog
      .get<SigningKeysRecord>('signing_key', SIGNING_KEYS)
      .then((item) => item?.value.keys ?? []);
    const read = { revision, keys };
    this.#read = read;
    // A reading that failed is not kept.
    keys.catch(() => {
      if (this.#read === read) this.#read = null;
    });
    return keys;
  }

  #isRetired({ retires_at }: SigningKeyRecord): boolean {
    return retires_at !== null && Date.parse(retires_at) <= this.#parts.clock.now();
  }

  #privateKey(record: SigningKeyRecord): KeyObject {
    const d = this.#parts.box.open(purposeOf(record.kid), record.sealed);
    if (d === undefined) {
      throw new Error(
        'The key that signs tokens was sealed under a master key that is not here. Put that ' +
          'master key back, or make a new signing key: tollkeeper signing-keys rotate.',
      );
    }
    return createPrivateKey({ key: { ...jwkOf(record), d }, format: 'jwk' });
  }
}

/** The public part of a key. */
export function jwkOf({ kid, x, y }: SigningKeyRecord): PublicJwk {
  return { kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: 'ES256' };
}

/** How a rotation goes: all in milliseconds. */
export interface RotationTimes {
  readonly now: number;
  /** From the publication of a key until it signs. */
  readonly leadMs: number;
  /** How long what a key signed can be used. */
  readonly lifetimeMs: number;
  /** Drop the old keys at once: what they signed is refused. */
  readonly revokeOld: boolean;
}

/** The keys after a rotation: a new one, and those before it until what they sign has expired. */
export function rotatedKeys(
  parts: Pick<SigningKeyParts, 'ids' | 'box'>,
  before: SigningKeysRecord | undefined,
  { now, leadMs, lifetimeMs, revokeOld }: RotationTimes,
): SigningKeysRecord {
  const old = (before?.keys ?? []).filter(
    ({ retires_at }) => retires_at === null || Date.parse(retires_at) > now,
  );
  // With nothing before it there is nobody whose copy is old.
  if (revokeOld || old.length === 0) return { keys: [newSigningKey(parts, now)] };
  const signsFrom = now + leadMs;
  const retires_at = new Date(signsFrom + lifetimeMs).toISOString();
  const fresh = { ...newSigningKey(parts, now), signs_from: new Date(signsFrom).toISOString() };
  return {
    keys: [fresh, ...old.map((key) => ({ ...key, retires_at: key.retires_at ?? retires_at }))],
  };
}

/** A new key that signs from now on. */
function newSigningKey(
  { ids, box }: Pick<SigningKeyParts, 'ids' | 'box'>,
  now: number,
): SigningKeyRecord {
  const kid = ids.uuid();
  const { d, x, y } = newKeyPair(ids);
  const at = new Date(now).toISOString();
  const sealed = box.seal(purposeOf(kid), d);
  return { kid, x, y, sealed, created_at: at, signs_from: at, retires_at: null };
}

function purposeOf(kid: string): string {
  return `signing key ${kid}`;
}

/** Chance comes in as an argument; not every 32 bytes are a key, so it may take another draw. */
function newKeyPair(ids: Ids): { readonly d: string; readonly x: string; readonly y: string } {
  for (;;) {
    const d = Buffer.from(ids.secret(COORDINATE_BYTES));
    const ecdh = createECDH(CURVE);
    try {
      ecdh.setPrivateKey(d);
    } catch {
      continue;
    }
    // One byte says that the point is written in full; then its coordinates.
    const point = ecdh.getPublicKey();
    const x = point.subarray(1, 1 + COORDINATE_BYTES);
    const y = point.subarray(1 + COORDINATE_BYTES);
    return {
      d: d.toString('base64url'),
      x: x.toString('base64url'),
      y: y.toString('base64url'),
    };
  }
}
