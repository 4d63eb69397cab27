/**
 * Verification of AWS Signature Version 4 in two halves: what can be judged before the body is
 * read - form, scope, date, what has to be signed - and the signature itself. Who states the hash
 * of the body in a header (`x-amz-content-sha256`) is verified before the body is read, too; then
 * only the hash is compared.
 */
import { hash, timingSafeEqual, type KeyObject } from 'node:crypto';
import { fault, type SignatureClaim, type SignatureFault } from './authorization.ts';
import { canonicalRequest, type SignedParts } from './canonical-request.ts';
import { signatureOf } from './signature.ts';

/** What a signature must be scoped to, and when it came. */
export interface SignatureRules {
  readonly region: string;
  readonly service: string;
  /** When the request arrived: milliseconds since the epoch. */
  readonly arrivedAt: number;
  /** Whether it came over TLS: only then may its body be left unsigned. */
  readonly encrypted: boolean;
}

/** How far a client's clock may be off, either way; as AWS has it. */
const SKEW_MS = 5 * 60_000;
const UNSIGNED = 'UNSIGNED-PAYLOAD';
/** Headers of Bedrock that change what a call costs or where its cost is shown. */
const BILLED_PREFIX = 'x-amzn-bedrock-';

/** What is wrong with a claim before the body and the secret are looked at; undefined: nothing. */
export function claimFault(
  claim: SignatureClaim,
  request: SignedParts & { readonly headerNames: () => readonly string[] },
  rules: SignatureRules,
): SignatureFault | undefined {
  return (
    scopeFault(claim, rules) ??
    dateFault(claim, request.header('x-amz-date'), rules.arrivedAt) ??
    bodyHashFault(request.header('x-amz-content-sha256'), rules.encrypted) ??
    unsignedFault(claim, request.headerNames())
  );
}

/** The fault of a header that decides something but is not among the signed ones. */
export function unsignedHeader(name: string): SignatureFault {
  return fault(
    'InvalidSignatureException',
    'signature_header_unsigned',
    `The header ${name} must be a 'SignedHeader' in the AWS Authorization: it decides whom or ` +
      'what the call is charged to.',
  );
}

/**
 * Verifies a signature. Answers with a fault, with undefined when it is good, or - when the body
 * has to be known first - with what is to be asked once it is.
 */
export function verifySignature(
  claim: SignatureClaim,
  request: SignedParts,
  signingKey: KeyObject,
): SignatureFault | undefined | ((body: Uint8Array) => SignatureFault | undefined) {
  const stated = request.header('x-amz-content-sha256');
  if (stated === undefined) {
    return (body) => signatureFault(claim, request, signingKey, hash('sha256', body, 'hex'));
  }
  const wrong = signatureFault(claim, request, signingKey, stated);
  if (wrong !== undefined || stated === UNSIGNED) return wrong;
  return (body) => (hash('sha256', body, 'hex') === stated ? undefined : otherBody());
}

function signatureFault(
  claim: SignatureClaim,
  request: SignedParts,
  signingKey: KeyObject,
  bodyHash: string,
): SignatureFault | undefined {
  const canonical = canonicalRequest(request, claim.signedHeaders, bodyHash);
  if (canonical === undefined) return mismatch();
  const stamp = request.header('x-amz-date') ?? '';
  const expected = signatureOf(canonical, { ...claim, stamp }, signingKey);
  const given = Buffer.from(claim.signature, 'hex');
  const same = given.length === expected.length && timingSafeEqual(given, expected);
  return same ? undefined : mismatch();
}

function scopeFault(claim: SignatureClaim, rules: SignatureRules): SignatureFault | undefined {
  if (claim.service !== rules.service) {
    return invalid('scope', `Credential should be scoped to correct service: '${rules.service}'.`);
  }
  if (claim.region === rules.region) return undefined;
  return invalid(
    'scope',
    `Credential should be scoped to a valid region: this gateway is '${rules.region}'. Set the ` +
      'region of the client (AWS_REGION) to it.',
  );
}

function dateFault(
  claim: SignatureClaim,
  stated: string | undefined,
  arrivedAt: number,
): SignatureFault | undefined {
  const sentAt = instantOf(stated ?? '');
  if (stated === undefined || sentAt === undefined) {
    return fault(
      'IncompleteSignatureException',
      'signature_incomplete',
      "Authorization header requires existence of an 'X-Amz-Date' header, such as " +
        '20260131T235959Z.',
    );
  }
  if (!stated.startsWith(claim.date)) {
    return invalid(
      'scope',
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.',
    );
  }
  const now = () => `the gateway's clock reads ${new Date(arrivedAt).toISOString()}`;
  if (sentAt < arrivedAt - SKEW_MS) {
    return invalid('expired', `Signature expired: ${stated} is more than 5 min. ago; ${now()}.`);
  }
  if (sentAt <= arrivedAt + SKEW_MS) return undefined;
  return invalid(
    'not_yet_current',
    `Signature not yet current: ${stated} is more than 5 min. from now; ${now()}.`,
  );
}

function instantOf(date: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const instant = Date.parse(`${written}Z`);
  // A 31st of June would be read as the 1st of July.
  const real = !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(written);
  return real ? instant : undefined;
}

function bodyHashFault(stated: string | undefined, encrypted: boolean): SignatureFault | undefined {
  if (stated === undefined || /^[0-9a-f]{64}$/.test(stated)) return undefined;
  if (stated === UNSIGNED) {
    if (encrypted) return undefined;
    return invalid(
      'unsigned_payload',
      'UNSIGNED-PAYLOAD is accepted over TLS only. Sign the body.',
    );
  }
  if (stated.startsWith('STREAMING-')) {
    const kind = stated.slice(0, 50);
    return invalid('streaming_payload', `Bodies signed in chunks (${kind}) are not accepted.`);
  }
  return invalid(
    'body_hash',
    'x-amz-content-sha256 must be the SHA-256 of the body in lower-case hexadecimal digits.',
  );
}

function unsignedFault(
  claim: SignatureClaim,
  headerNames: readonly string[],
): SignatureFault | undefined {
  const { signedHeaders } = claim;
  if (!signedHeaders.includes('host') && !signedHeaders.includes(':authority')) {
    return invalid(
      'header_unsigned',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  if (!signedHeaders.includes('x-amz-date')) {
    return invalid(
      'header_unsigned',
      "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.",
    );
  }
  const unsigned = headerNames.find(
    (name) => name.startsWith(BILLED_PREFIX) && !signedHeaders.includes(name),
  );
  return unsigned === undefined ? undefined : unsignedHeader(unsigned);
}

function invalid(reason: string, message: string): SignatureFault {
  return fault('InvalidSignatureException', `signature_${reason}`, message);
}

function mismatch(): SignatureFault {
  return invalid(
    'mismatch',
    'The request signature we calculated does not match the signature you provided. Check your ' +
      'AWS Secret Access Key and signing method, and that nothing between changes path, Host or ' +
      'body.',
  );
}

function otherBody(): SignatureFault {
  return invalid(
    'body_hash',
    "The provided 'x-amz-content-sha256' header does not match what was computed of the body " +
      'that arrived.',
  );
}
