/**
 * The tokens that Tollkeeper gives out, and how they are kept.
 *
 *   tk_<key_id>_<secret>   an API key: spends, and sees what its scopes allow
 *   tkp_<secret>           the provisioning key: administers, never spends
 *
 * Only SHA-256 of the whole token is stored. A slow hash protects secrets that people choose;
 * these hold 256 bits from the system's secure source, which no search can go through, so a fast
 * hash gives nothing away and a key can be checked on every call.
 */
import { hash as digestOf, timingSafeEqual } from 'node:crypto';
import type { Ids } from '../ports/ids.ts';
import { base32 } from './base32.ts';

/** Longest token that is looked at, in characters. Longer ones are no token of ours. */
export const TOKEN_LENGTH_MAX = 256;

const KEY_ID_BYTES = 10;
const SECRET_BYTES = 32;
/** Characters that 32 bytes take in base 62. */
const SECRET_LENGTH = 43;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const API_KEY = /^tk_([a-z2-7]{16})_[0-9A-Za-z]{43}$/;
const PROVISIONING_KEY = /^tkp_[0-9A-Za-z]{43}$/;

/** A new token with what is stored of it. The token itself is shown once and kept nowhere. */
export interface MintedApiKey {
  readonly key_id: string;
  readonly api_key: string;
  /** SHA-256 of `api_key`, lower-case hex. */
  readonly hash: string;
}

/** Makes an API key: a 16-character id and 256 bits of secret. */
export function mintApiKey(ids: Ids): MintedApiKey {
  const keyId = base32(ids.secret(KEY_ID_BYTES));
  const token = `tk_${keyId}_${base62(ids.secret(SECRET_BYTES))}`;
  return { key_id: keyId, api_key: token, hash: hashToken(token) };
}

/** Makes a provisioning key. */
export function mintProvisioningKey(ids: Ids): { provisioning_key: string; hash: string } {
  const token = `tkp_${base62(ids.secret(SECRET_BYTES))}`;
  return { provisioning_key: token, hash: hashToken(token) };
}

/** SHA-256 of a token, lower-case hex. */
export function hashToken(token: string): string {
  return digestOf('sha256', token, 'hex');
}

/** Whether two hashes are equal, in time that does not depend on where they differ. */
export function sameHash(presented: string, stored: string): boolean {
  const left = Buffer.from(presented, 'hex');
  const right = Buffer.from(stored, 'hex');
  return left.length === right.length && timingSafeEqual(left, right);
}

/** What a presented token looks like, before anything is read. */
export type TokenForm =
  | { readonly kind: 'api_key'; readonly key_id: string }
  | { readonly kind: 'provisioning_key' }
  /** A credential of another make; `what` names it for the message. */
  | { readonly kind: 'foreign'; readonly what: string }
  | { readonly kind: 'malformed' };

const FOREIGN: readonly { readonly form: RegExp; readonly what: string }[] = [
  { form: /^(ABSK|bedrock-api-key-)/, what: 'an Amazon Bedrock API key' },
  { form: /^(AKIA|ASIA)[A-Z0-9]{12,}/, what: 'an AWS access key' },
  { form: /^eyJ[\w-]*\.[\w-]+\./, what: 'a JSON web token' },
  { form: /^sk-/, what: "a model provider's API key" },
];

/** Tells the kinds of token apart by their form. */
export function formOf(token: string): TokenForm {
  if (token.length <= TOKEN_LENGTH_MAX) {
    const keyId = API_KEY.exec(token)?.[1];
    if (keyId !== undefined) return { kind: 'api_key', key_id: keyId };
    if (PROVISIONING_KEY.test(token)) return { kind: 'provisioning_key' };
  }
  const foreign = FOREIGN.find(({ form }) => form.test(token));
  return foreign === undefined ? { kind: 'malformed' } : { kind: 'foreign', what: foreign.what };
}

/** The bytes as one number in base 62, padded to a fixed length. */
function base62(bytes: Uint8Array): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  while (rest > 0n) {
    text = BASE62.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text.padStart(SECRET_LENGTH, '0');
}
