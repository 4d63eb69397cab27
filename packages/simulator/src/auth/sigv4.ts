/**
 * Verification of AWS Signature Version 4 as Bedrock does it: the path is encoded once more than
 * it was sent, the body's real hash counts whether or not a header repeats it, and over HTTP/2
 * `:authority` may be signed in place of `host`.
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { Failure } from '../wire/failure.ts';

/** An access key that the simulator knows. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What is signed of a request. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they were sent. */
  readonly target: string;
  /** The value of a header by its lower-case name, pseudo-headers included. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

/** What a signature is checked against. */
export interface Trust {
  readonly credentials: readonly Credentials[];
  /** The only region that credentials may be scoped to; null: any. */
  readonly region: string | null;
  readonly skewMs: number | null;
  readonly nowMs: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SERVICE = 'bedrock';
const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS ' +
  'Secret Access Key and signing method. Consult the service documentation for details.';

interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Passes when the signature is good, throws the exception that AWS gives otherwise. */
export function verifySignature(authorization: string, request: SignedRequest, trust: Trust): void {
  const claimed = parseAuthorization(authorization);
  const credentials = trust.credentials.find(
    (candidate) =>
      candidate.accessKeyId === claimed.accessKeyId &&
      candidate.sessionToken === request.header('x-amz-security-token'),
  );
  if (credentials === undefined) {
    throw new Failure(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  checkScope(claimed, trust);
  const date = request.header('x-amz-date') ?? '';
  checkDate(date, claimed, trust);
  const bodyHash = hash('sha256', request.body, 'hex');
  const stated = request.header('x-amz-content-sha256');
  if (stated !== undefined && stated !== bodyHash) throw mismatch(MISMATCH);
  checkSignedHeaders(claimed, request);
  const canonical = canonicalRequest(request, claimed.signedHeaders, bodyHash);
  const scope = `${claimed.date}/${claimed.region}/${claimed.service}/aws4_request`;
  const toSign = [ALGORITHM, date, scope, hash('sha256', canonical, 'hex')].join('\n');
  const key = signingKey(credentials.secretAccessKey, claimed);
  const expected = createHmac('sha256', key).update(toSign).digest();
  const given = Buffer.from(claimed.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw mismatch(MISMATCH);
  }
}

function mismatch(message: string): Failure {
  return new Failure('InvalidSignatureException', message);
}

function parseAuthorization(authorization: string): Authorization {
  const fields = new Map<string, string>();
  for (const part of authorization.slice(ALGORITHM.length).split(',')) {
    const [name = '', ...value] = part.trim().split('=');
    fields.set(name, value.join('='));
  }
  for (const name of ['Credential', 'SignedHeaders', 'Signature']) {
    if (!fields.get(name)) {
      throw new Failure(
        'IncompleteSignatureException',
        `Authorization header requires '${name}' parameter. (Hashed with SHA-256 and encoded)`,
      );
    }
  }
  const scope = (fields.get('Credential') ?? '').split('/');
  const [accessKeyId = '', date = '', region = '', service = '', terminator = ''] = scope;
  if (scope.length !== 5 || terminator !== 'aws4_request') {
    throw new Failure(
      'IncompleteSignatureException',
      'Credential must have exactly 5 slash-delimited elements, ' +
        'e.g. keyid/date/region/service/term',
    );
  }
  const signedHeaders = (fields.get('SignedHeaders') ?? '').split(';');
  const signature = fields.get('Signature') ?? '';
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

function checkScope(claimed: Authorization, trust: Trust): void {
  if (claimed.service !== SERVICE) {
    throw mismatch(`Credential should be scoped to correct service: '${SERVICE}'.`);
  }
  if (trust.region !== null && claimed.region !== trust.region) {
    throw mismatch('Credential should be scoped to a valid region.');
  }
}

function checkDate(date: string, claimed: Authorization, trust: Trust): void {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  if (parts === null) {
    throw new Failure(
      'IncompleteSignatureException',
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  if (!date.startsWith(claimed.date)) {
    throw mismatch(
      'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date',
    );
  }
  if (trust.skewMs === null) return;
  const [, year, month, day, hour, minute, second] = parts.map(Number);
  const sentMs = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  const minutes = Math.round(trust.skewMs / 60_000);
  if (sentMs < trust.nowMs - trust.skewMs) {
    throw mismatch(`Signature expired: ${date} is more than ${minutes} min. ago.`);
  }
  if (sentMs > trust.nowMs + trust.skewMs) {
    throw mismatch(`Signature not yet current: ${date} is more than ${minutes} min. from now.`);
  }
}

/** Host and date must be signed, and nothing may be signed that was not sent. */
function checkSignedHeaders(claimed: Authorization, request: SignedRequest): void {
  const names = claimed.signedHeaders;
  const signsHost = names.includes('host') || names.includes(':authority');
  if (!signsHost || !names.includes('x-amz-date')) {
    throw mismatch("'Host' or ':authority' and 'x-amz-date' must be a 'SignedHeader'.");
  }
  if (names.some((name) => request.header(name) === undefined)) throw mismatch(MISMATCH);
}

function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  bodyHash: string,
): string {
  const [path, query] = splitOnce(request.target, '?');
  const lines = signedHeaders.map(
    (name) => `${name}:${(request.header(name) ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    lines.join(''),
    signedHeaders.join(';'),
    bodyHash,
  ].join('\n');
}

function splitOnce(value: string, separator: string): [string, string] {
  const at = value.indexOf(separator);
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
}

function encode(value: string): string {
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  return query
    .split('&')
    .map((pair) =>
      splitOnce(pair, '=')
        .map((part) => encode(decodeURIComponent(part)))
        .join('='),
    )
    .sort()
    .join('&');
}

const SIGNING_KEYS_MAX = 1000;
const signingKeys = new Map<string, Buffer>();

function signingKey(secret: string, claimed: Authorization): Buffer {
  const name = `${secret}\0${claimed.date}\0${claimed.region}`;
  const before = signingKeys.get(name);
  if (before !== undefined) return before;
  const steps = [claimed.date, claimed.region, claimed.service, 'aws4_request'];
  const key = steps.reduce<Buffer>(
    (from, step) => createHmac('sha256', from).update(step).digest(),
    Buffer.from(`AWS4${secret}`),
  );
  if (signingKeys.size >= SIGNING_KEYS_MAX) signingKeys.clear();
  signingKeys.set(name, key);
  return key;
}
