/**
 * Access keys in the form of AWS's own, for clients that sign their requests (SigV4).
 *
 *   key id          16 characters of base 32: the version of a master key in one byte, then chance
 *   access key id   TKIA and the key id in capitals: 20 characters, public
 *   secret          follows from that master key and the key id, and is stored nowhere
 */
import type { Ids } from '../ports/ids.ts';
import { base32, firstByte } from './base32.ts';
import type { MasterKeys } from './master-keys.ts';

const PREFIX = 'TKIA';
const ACCESS_KEY_ID = /^TKIA([A-Z2-7]{16})$/;
const RANDOM_BYTES = 9;
/** As many characters as AWS's secrets have: 240 bits. */
const SECRET_LENGTH = 40;
const PURPOSE = 'access key secret';

/** A new access key. The secret is shown once; it can be derived again, but never looked up. */
export interface MintedAccessKey {
  readonly key_id: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

/** Makes an access key under the newest master key. */
export function mintAccessKey(ids: Ids, masterKeys: MasterKeys): MintedAccessKey {
  const keyId = base32(Uint8Array.of(masterKeys.newest, ...ids.secret(RANDOM_BYTES)));
  const secret = secretAccessKeyOf(masterKeys, keyId);
  if (secret === undefined) throw new Error('The newest master key is not there.');
  return { key_id: keyId, access_key_id: accessKeyIdOf(keyId), secret_access_key: secret };
}

/** The access key id under which a key id is known to AWS SDKs. */
export function accessKeyIdOf(keyId: string): string {
  return PREFIX + keyId.toUpperCase();
}

/** The key id behind an access key id; undefined when it is none of ours. */
export function keyIdOf(accessKeyId: string): string | undefined {
  return ACCESS_KEY_ID.exec(accessKeyId)?.[1]?.toLowerCase();
}

/** The version of the master key that an access key was made under. */
export function masterKeyVersionOf(keyId: string): number {
  return firstByte(keyId);
}

/** The secret of a key id. Undefined: its master key is not here. */
export function secretAccessKeyOf(masterKeys: MasterKeys, keyId: string): string | undefined {
  const bits = masterKeys.derive(masterKeyVersionOf(keyId), PURPOSE, keyId);
  return bits?.toString('base64url').slice(0, SECRET_LENGTH);
}
