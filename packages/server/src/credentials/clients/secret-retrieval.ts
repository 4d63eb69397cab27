/**
 * A secret that can be fetched once more, by a token. The token is chance and stored nowhere: under
 * which id the secret is kept, and the key it is kept under, both follow from it. So the store
 * alone gives no secret away.
 */
import { createHmac } from 'node:crypto';
import type { Ids } from '../../ports/ids.ts';
import { hashToken } from '../api-key.ts';
import { openText, sealText } from '../sealed-text.ts';

const TOKEN_BYTES = 32;
const PURPOSE = 'secret retrieval';

/** A token with what is kept. */
export interface MintedRetrieval {
  readonly token: string;
  /** Document id. */
  readonly id: string;
  readonly sealed: string;
}

/** Makes a secret of a client ready to be fetched. */
export function mintRetrieval(ids: Ids, clientId: string, secret: string): MintedRetrieval {
  const token = Buffer.from(ids.secret(TOKEN_BYTES)).toString('base64url');
  const sealed = sealText(ids, keyOf(token), `${PURPOSE} ${clientId}`, secret);
  return { token, id: retrievalDocument(token), sealed };
}

/** Document id of the secret that a token fetches. */
export function retrievalDocument(token: string): string {
  return hashToken(`${PURPOSE} ${token}`);
}

/** The secret; undefined: the token is not the one that it was sealed for. */
export function openRetrieval(token: string, clientId: string, sealed: string): string | undefined {
  return openText(keyOf(token), `${PURPOSE} ${clientId}`, sealed);
}

function keyOf(token: string): Buffer {
  return createHmac('sha256', token).update(PURPOSE).digest();
}
