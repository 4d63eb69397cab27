/** Verification against AWS's published signatures, and the rules around the signature. */
import { createHash, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SigningKeys, type SigningScope } from '../../../src/credentials/sigv4/signing-keys.ts';
import type { SignatureClaim } from '../../../src/credentials/sigv4/authorization.ts';
import { claimFault, verifySignature } from '../../../src/credentials/sigv4/verify.ts';
import { SECRET, VECTORS, type Vector } from './vectors.ts';

const SCOPE = { date: '20150830', region: 'us-east-1', service: 'service' };
const NOW = Date.UTC(2015, 7, 30, 12, 36);
const MINUTE_MS = 60_000;

function claimOf(vector: Vector): SignatureClaim {
  const signedHeaders = Object.keys(vector.headers).toSorted();
  const { signature } = vector;
  return { kind: 'claim', accessKeyId: 'AKIDEXAMPLE', ...SCOPE, signedHeaders, signature };
}

function signingKey(scope: SigningScope): KeyObject {
  const key = new SigningKeys().of(scope, () => SECRET);
  if (key === undefined) throw new Error('There is a secret, so there is a key.');
  return key;
}

function verified(vector: Vector, claim = claimOf(vector)): string {
  const key = signingKey(claim);
  const { method, target, headers } = vector;
  const request = { method, target, header: (name: string) => headers[name] };
  const proof = verifySignature(claim, request, key);
  const fault = typeof proof === 'function' ? proof(Buffer.from(vector.body)) : proof;
  return fault === undefined ? 'good' : fault.error;
}

describe('a published signature', () => {
  test.each(VECTORS)('$name is good, and no longer when anything differs', (vector) => {
    expect(verified(vector)).toBe('good');
    const wrong = 'InvalidSignatureException';
    expect(verified({ ...vector, body: `${vector.body} ` })).toBe(wrong);
    expect(verified({ ...vector, method: 'PUT' })).toBe(wrong);
    expect(verified({ ...vector, target: `/a${vector.target}` })).toBe(wrong);
    const headers = { ...vector.headers, host: 'example.org' };
    expect(verified({ ...vector, headers })).toBe(wrong);
    expect(verified({ ...vector, signature: vector.signature.replace(/^./, '0') })).toBe(wrong);
    expect(verified(vector, { ...claimOf(vector), region: 'us-west-1' })).toBe(wrong);
  });
});

describe('a stated hash of the body', () => {
  const key = signingKey({ accessKeyId: 'A', ...SCOPE });
  const [vector] = VECTORS;
  const stating = (stated: string) => {
    if (vector === undefined) throw new Error('There are no vectors.');
    const headers: Readonly<Record<string, string>> = {
      ...vector.headers,
      'x-amz-content-sha256': stated,
    };
    const { method, target } = vector;
    // The signature is over the hash, whether or not the header that states it is signed.
    return verifySignature(
      claimOf(vector),
      { method, target, header: (name) => headers[name] },
      key,
    );
  };
  const empty = createHash('sha256').digest('hex');

  test('lets the signature be judged before the body has come', () => {
    expect(stating('0'.repeat(64))).toMatchObject({ error: 'InvalidSignatureException' });
    expect(typeof stating(empty)).toBe('function');
  });

  test('must be that of the body', () => {
    const proof = stating(empty);
    if (typeof proof !== 'function') throw new Error('It did not ask for the body.');
    expect(proof(Buffer.alloc(0))).toBeUndefined();
    expect(proof(Buffer.from('x'))).toMatchObject({ reason: 'signature_body_hash' });
  });
});

describe('before the body is read', () => {
  const [vector] = VECTORS;
  if (vector === undefined) throw new Error('There are no vectors.');
  const rules = { region: 'us-east-1', service: 'service', arrivedAt: NOW, encrypted: false };
  const judged = (
    over: {
      readonly claim?: Partial<SignatureClaim>;
      readonly headers?: Readonly<Record<string, string>>;
      readonly rules?: Partial<typeof rules>;
    } = {},
  ): string => {
    const headers: Readonly<Record<string, string>> = { ...vector.headers, ...over.headers };
    const fault = claimFault(
      { ...claimOf(vector), ...over.claim },
      {
        method: 'GET',
        target: '/',
        header: (name) => headers[name],
        headerNames: () => Object.keys(headers),
      },
      { ...rules, ...over.rules },
    );
    return fault === undefined ? 'good' : fault.reason;
  };

  test.each([
    ['at the same moment', 0, 'good'],
    ['five minutes old', 5 * MINUTE_MS, 'good'],
    ['a millisecond older', 5 * MINUTE_MS + 1, 'signature_expired'],
    ['five minutes early', -5 * MINUTE_MS, 'good'],
    ['a millisecond earlier', -5 * MINUTE_MS - 1, 'signature_not_yet_current'],
  ])('a date %s is %s', (_when, ms, verdict) => {
    expect(judged({ rules: { arrivedAt: NOW + ms } })).toBe(verdict);
  });

  test.each([
    ['another region', { claim: { region: 'eu-west-1' } }, 'signature_scope'],
    ['another service', { claim: { service: 's3' } }, 'signature_scope'],
    ['the date of another day', { claim: { date: '20150831' } }, 'signature_scope'],
    ['no signed host', { claim: { signedHeaders: ['x-amz-date'] } }, 'signature_header_unsigned'],
    ['no signed date', { claim: { signedHeaders: ['host'] } }, 'signature_header_unsigned'],
    [
      'an unsigned tier',
      { headers: { 'x-amzn-bedrock-service-tier': 'priority' } },
      'signature_header_unsigned',
    ],
    ['a date that is none', { headers: { 'x-amz-date': '2015-08-30' } }, 'signature_incomplete'],
    ['a 31st of June', { headers: { 'x-amz-date': '20150631T000000Z' } }, 'signature_incomplete'],
    ['two dates', { headers: { 'x-amz-date': 'a, b' } }, 'signature_incomplete'],
    [
      'an unsigned body',
      { headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      'signature_unsigned_payload',
    ],
    [
      'a body in signed chunks',
      { headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' } },
      'signature_streaming_payload',
    ],
    ['a hash that is none', { headers: { 'x-amz-content-sha256': 'x' } }, 'signature_body_hash'],
  ])('%s is refused', (_what, over, verdict) => {
    expect(judged(over)).toBe(verdict);
  });

  test('an unsigned body is accepted over TLS, and :authority in place of host', () => {
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    expect(judged({ headers, rules: { encrypted: true } })).toBe('good');
    expect(judged({ claim: { signedHeaders: [':authority', 'x-amz-date'] } })).toBe('good');
  });
});
