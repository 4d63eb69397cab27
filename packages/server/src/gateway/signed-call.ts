/**
 * Calls signed with an access key (SigV4): first what is known without their body, then - as a
 * continuation - what the body must agree with. What attributes or prices a call must be signed.
 */
import { keyIdOf, secretAccessKeyOf } from '../credentials/access-key.ts';
import type { Authenticated, Caller } from '../credentials/authority.ts';
import {
  parseAuthorization,
  type SignatureClaim,
  type SignatureFault,
} from '../credentials/sigv4/authorization.ts';
import { claimFault, unsignedHeader, verifySignature } from '../credentials/sigv4/verify.ts';
import type { Exchange } from '../http/exchange.ts';
import { refused, type Call, type Refused } from './call.ts';
import type { Gateway } from './gateway.ts';

/** AWS's signing name of Bedrock, of the runtime too. */
const SERVICE = 'bedrock';

/** What of a call its signature is about. */
type SignedCallParts = Parameters<typeof claimFault>[1];

/** A signature that may be right: its form, scope, date and headers are. */
export interface Signed {
  readonly kind: 'signed';
  readonly claim: SignatureClaim;
  readonly keyId: string;
  readonly parts: SignedCallParts;
}

/** Looks at everything that needs neither the catalogue, the secret nor the body. */
export function signedBy(gateway: Gateway, call: Call, authorization: string): Signed | Refused {
  const claim = parseAuthorization(authorization);
  if (claim.kind === 'fault') return asRefused(claim);
  const keyId = keyIdOf(claim.accessKeyId);
  if (keyId === undefined) return unknownAccessKey(claim.accessKeyId);
  if (call.exchange.header('x-amz-security-token') !== undefined) {
    return refused(
      'UnrecognizedClientException',
      'session_token',
      'The security token included in the request is invalid: access keys of this gateway have ' +
        'none. Unset AWS_SESSION_TOKEN.',
    );
  }
  const parts = partsOf(call);
  const fault = claimFault(claim, parts, {
    region: gateway.settings.region,
    service: SERVICE,
    arrivedAt: call.startedAt,
    encrypted: gateway.settings.encrypted,
  });
  return fault === undefined ? { kind: 'signed', claim, keyId, parts } : asRefused(fault);
}

/**
 * Verifies the signature of a caller whose access key is good. Undefined: it is right. A function:
 * it can be told only of the body.
 */
export function provenBy(
  gateway: Gateway,
  call: Call,
  signed: Signed,
  caller: Caller,
): Refused | undefined | ((body: Uint8Array) => Refused | undefined) {
  const { claim, keyId, parts } = signed;
  const signingKey = gateway.signingKeys.of(claim, () =>
    secretAccessKeyOf(gateway.masterKeys, keyId),
  );
  if (signingKey === undefined) {
    return refused(
      'UnrecognizedClientException',
      'master_key_gone',
      'The security token included in the request is invalid: this access key was made under a ' +
        'master key that this gateway no longer has. Ask for a new one.',
    );
  }
  const user = unsignedUser(call.exchange, claim, caller);
  if (user !== undefined) return asRefused(user);
  const proof = verifySignature(claim, parts, signingKey);
  if (typeof proof !== 'function') return proof === undefined ? undefined : asRefused(proof);
  return (body) => {
    const fault = proof(body);
    return fault === undefined ? undefined : asRefused(fault);
  };
}

/** What an access key turned out to be, when that is no caller. */
export function refusedAccessKey(answer: Exclude<Authenticated, { kind: 'key' }>): Refused {
  switch (answer.kind) {
    case 'expired':
      return refused(
        'ExpiredTokenException',
        'key_expired',
        'This access key has expired. Ask for a new one.',
      );
    case 'revoked':
      return refused(
        'AccessDeniedException',
        'key_revoked',
        'This access key has been revoked. Ask for a new one.',
      );
    default:
      return refused(
        'UnrecognizedClientException',
        'key_unknown',
        'The security token included in the request is invalid: the access key is not known ' +
          'here. Check that it was copied whole, and that the endpoint is right.',
      );
  }
}

/** The header that names the end user counts only if nobody on the way can have written it. */
function unsignedUser(
  exchange: Exchange,
  claim: SignatureClaim,
  { principal }: Caller,
): SignatureFault | undefined {
  const { user_id, policy } = principal;
  if (user_id !== null || policy.user_header === null) return undefined;
  const name = policy.user_header.toLowerCase();
  if (exchange.header(name) === undefined || claim.signedHeaders.includes(name)) return undefined;
  return unsignedHeader(policy.user_header);
}

/**
 * Over HTTP/2 some clients sign `host`, which is sent as `:authority`. One that sends both, and not
 * the same, is signed for neither.
 */
function partsOf({ exchange, signedTarget }: Call): SignedCallParts {
  const authority = exchange.header(':authority');
  const host = exchange.header('host');
  const other = authority !== undefined && host !== undefined && authority !== host;
  return {
    method: exchange.method,
    target: signedTarget,
    header: (name) => {
      if (name !== 'host' && name !== ':authority') return exchange.header(name);
      if (other) return undefined;
      return name === 'host' ? (host ?? authority) : authority;
    },
    headerNames: () => Object.keys(exchange.request.headers),
  };
}

function unknownAccessKey(accessKeyId: string): Refused {
  const what = /^A[KS]IA/.test(accessKeyId)
    ? 'The request is signed with AWS credentials, which this gateway does not know.'
    : 'The access key is not known here.';
  return refused(
    'UnrecognizedClientException',
    'wrong_scheme',
    `The security token included in the request is invalid. ${what} Use an access key of this ` +
      'gateway (TKIA...), or put a Tollkeeper API key into AWS_BEARER_TOKEN_BEDROCK.',
  );
}

function asRefused({ error, reason, message }: SignatureFault): Refused {
  return refused(error, reason, message);
}
