/**
 * Text under a key: AES-256-GCM (NIST SP 800-38D), written as `<iv>.<text and tag>` in base64url.
 * What was changed on the way, or belongs to another purpose, does not open.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Ids } from '../ports/ids.ts';

/** Bytes of a key. */
export const SEAL_KEY_BYTES = 32;

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals a text for a purpose under a key of 32 bytes. */
export function sealText(ids: Ids, key: Uint8Array, purpose: string, text: string): string {
  const iv = ids.secret(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(purpose));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${Buffer.from(iv).toString('base64url')}.${sealed.toString('base64url')}`;
}

/** The text again; undefined when key or purpose are others, or it is no sealed text. */
export function openText(key: Uint8Array, purpose: string, sealed: string): string | undefined {
  const [iv = Buffer.alloc(0), bytes = Buffer.alloc(0)] = sealed
    .split('.')
    .map((part) => Buffer.from(part, 'base64url'));
  if (iv.length !== IV_BYTES || bytes.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(0, -TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    // The tag does not fit: this is how a wrong key shows.
    return undefined;
  }
}
