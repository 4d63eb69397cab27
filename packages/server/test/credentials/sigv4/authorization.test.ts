/** The header of a signature: what is read of it, and what is refused and how. */
import { expect, test } from 'vitest';
import { isSignature, parseAuthorization } from '../../../src/credentials/sigv4/authorization.ts';

const SIGNATURE = 'a'.repeat(64);
const CREDENTIAL = 'Credential=TKIAEXAMPLE/20261122/us-east-1/bedrock/aws4_request';
const HEADERS = 'SignedHeaders=:authority;host;x-amz-date';
const whole = `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}, Signature=${SIGNATURE}`;

test('a header as SDKs write it is read, in any order and spacing', () => {
  const claim = {
    kind: 'claim',
    accessKeyId: 'TKIAEXAMPLE',
    date: '20261122',
    region: 'us-east-1',
    service: 'bedrock',
    signedHeaders: [':authority', 'host', 'x-amz-date'],
    signature: SIGNATURE,
  };
  expect(parseAuthorization(whole)).toEqual(claim);
  const turned = `AWS4-HMAC-SHA256 Signature=${SIGNATURE},${HEADERS},${CREDENTIAL}`;
  expect(parseAuthorization(turned)).toEqual(claim);
});

test.each([
  ['no members', 'AWS4-HMAC-SHA256', 'name=value'],
  ['another algorithm', whole.replace('HMAC', 'ECDSA-P256'), 'AWS4-ECDSA-P256-SHA256'],
  ['no credential', `AWS4-HMAC-SHA256 ${HEADERS}, Signature=${SIGNATURE}`, "'Credential'"],
  ['no signed headers', `AWS4-HMAC-SHA256 ${CREDENTIAL}, Signature=${SIGNATURE}`, 'SignedHeaders'],
  ['no signature', `AWS4-HMAC-SHA256 ${CREDENTIAL}, ${HEADERS}`, "'Signature'"],
  ['a member twice', `${whole}, Signature=${SIGNATURE}`, 'each once'],
  ['a short scope', whole.replace('/bedrock', ''), 'exactly 5'],
  ['a long scope', whole.replace('/bedrock', '/a/bedrock'), 'exactly 5'],
  ['another end of the scope', whole.replace('aws4_request', 'aws5_request'), 'exactly 5'],
  ['a date that is none', whole.replace('20261122', '2026-11-22'), 'exactly 5'],
  ['a header name in capitals', whole.replace(';host', ';Host'), 'lower-case'],
  ['another pseudo-header', whole.replace(';host', ';:path'), 'lower-case'],
  ['an empty header name', whole.replace(';host', ';'), 'lower-case'],
  ['too many headers', whole.replace(';host', ';host'.repeat(100)), 'lower-case'],
  ['a short signature', whole.slice(0, -1), '64'],
  ['a signature in capitals', whole.replace(SIGNATURE, 'A'.repeat(64)), '64'],
])('%s is incomplete, and the message says why', (_what, header, message) => {
  const read = parseAuthorization(header);
  expect(read).toMatchObject({ kind: 'fault', error: 'IncompleteSignatureException' });
  if (read.kind === 'fault') expect(read.message).toContain(message);
});

test('signatures of every version are told from other schemes', () => {
  expect([whole, 'AWS4-ECDSA-P256-SHA256 x', 'Bearer AWS4-', 'Basic x'].map(isSignature)) //
    .toEqual([true, true, false, false]);
});
