/**
 * The slow hash of client secrets: scrypt (RFC 7914), off the event loop. Secrets hold 256 random
 * bits, which no search can go through; the hash is slow as well because that is promised.
 */
import { scrypt } from 'node:crypto';

/** Hashes a secret with a salt. Replaced where hashes are counted, or only have to be there. */
export type SlowHash = (secret: string, salt: string) => Promise<Buffer>;

/** N of scrypt: with r = 8 a hash takes 16 MiB and some 50 ms of one core. */
export const SCRYPT_COST = 2 ** 14;
const BLOCK_SIZE = 8;
const HASH_BYTES = 32;

/** scrypt of a cost, a power of two. */
export function scryptHash(cost = SCRYPT_COST): SlowHash {
  return (secret, salt) =>
    new Promise((resolve, reject) => {
      const options = { N: cost, r: BLOCK_SIZE, p: 1 };
      scrypt(secret, Buffer.from(salt, 'base64'), HASH_BYTES, options, (error, hash) =>
        error === null ? resolve(hash) : reject(error),
      );
    });
}
