/** The last step of AWS Signature Version 4, the same for whoever signs and whoever verifies. */
import { createHmac, hash, type KeyObject } from 'node:crypto';

/** The name of the algorithm, as `Authorization` headers and strings to sign begin with it. */
export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** What a signature is made for beside the request: `20260131T235959Z`, and what scopes the key. */
export interface SignatureScope {
  readonly stamp: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** The scope as it stands in the string to sign and in `Credential`. */
export function scopeText({ date, region, service }: Omit<SignatureScope, 'stamp'>): string {
  return `${date}/${region}/${service}/aws4_request`;
}

/** The signature of a canonical request, as bytes. */
export function signatureOf(canonical: string, scope: SignatureScope, key: KeyObject): Buffer {
  const hashed = hash('sha256', canonical, 'hex');
  const toSign = `${ALGORITHM}\n${scope.stamp}\n${scopeText(scope)}\n${hashed}`;
  return createHmac('sha256', key).update(toSign).digest();
}
