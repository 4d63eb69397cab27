/**
 * The `Authorization` header of AWS Signature Version 4, and AWS's words for what can be wrong with
 * a signature.
 */
import { ALGORITHM } from './signature.ts';

const TERMINATOR = 'aws4_request';
const SIGNED_HEADERS_MAX = 100;

/** What the header claims; nothing of it has been verified. */
export interface SignatureClaim {
  readonly kind: 'claim';
  readonly accessKeyId: string;
  /** The day of the signing key, `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Lower-case names in the order of the header. */
  readonly signedHeaders: readonly string[];
  /** 64 lower-case hexadecimal digits. */
  readonly signature: string;
}

/** Why a signature is refused: AWS's name, a stable word for counters, and a message for people. */
export interface SignatureFault {
  readonly kind: 'fault';
  readonly error:
    'IncompleteSignatureException' | 'InvalidSignatureException' | 'UnrecognizedClientException';
  readonly reason: string;
  readonly message: string;
}

/** Builds a fault. */
export function fault(
  error: SignatureFault['error'],
  reason: string,
  message: string,
): SignatureFault {
  return { kind: 'fault', error, reason, message };
}

/** Whether an `Authorization` header is meant as an AWS signature of any version. */
export function isSignature(authorization: string): boolean {
  return authorization.startsWith('AWS4-');
}

/** Reads the header. Members may come in any order; each exactly once. Never throws. */
export function parseAuthorization(authorization: string): SignatureClaim | SignatureFault {
  const [algorithm, rest = ''] = splitOnce(authorization.trim(), ' ');
  if (algorithm !== ALGORITHM) {
    return incomplete(
      `The signing algorithm ${quoted(algorithm)} is not supported. Sign with ${ALGORITHM}.`,
    );
  }
  const members = membersOf(rest);
  if (members === undefined) {
    return incomplete('The Authorization header is not a list of name=value pairs, each once.');
  }
  for (const name of ['Credential', 'SignedHeaders', 'Signature']) {
    if ((members.get(name) ?? '') === '') {
      return incomplete(`Authorization header requires '${name}' parameter.`);
    }
  }
  const scope = (members.get('Credential') ?? '').split('/');
  const [accessKeyId = '', date = '', region = '', service = '', terminator] = scope;
  if (scope.length !== 5 || terminator !== TERMINATOR || !/^\d{8}$/.test(date)) {
    return incomplete(
      'Credential must have exactly 5 slash-delimited elements, ' +
        `e.g. keyid/date/region/service/${TERMINATOR}.`,
    );
  }
  const signedHeaders = (members.get('SignedHeaders') ?? '').split(';');
  if (signedHeaders.length > SIGNED_HEADERS_MAX || !signedHeaders.every(isHeaderName)) {
    return incomplete('SignedHeaders must be lower-case header names, separated by semicolons.');
  }
  const signature = members.get('Signature') ?? '';
  if (!/^[0-9a-f]{64}$/.test(signature)) {
    return incomplete('Signature must be 64 lower-case hexadecimal digits.');
  }
  return { kind: 'claim', accessKeyId, date, region, service, signedHeaders, signature };
}

/** Of the pseudo-headers of HTTP/2, SDKs sign `:authority`, and no other. */
function isHeaderName(name: string): boolean {
  return name === ':authority' || /^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

function membersOf(text: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>();
  for (const part of text.split(',')) {
    const [name, value] = splitOnce(part.trim(), '=');
    if (value === undefined || members.has(name)) return undefined;
    members.set(name, value);
  }
  return members;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function incomplete(message: string): SignatureFault {
  return fault('IncompleteSignatureException', 'signature_incomplete', message);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
