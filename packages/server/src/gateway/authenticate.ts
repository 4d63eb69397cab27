/** First step: whose credential is this? Nothing of the body has been read yet. */
import type { Authenticated, Caller } from '../credentials/authority.ts';
import { isJwt, TOKEN_FAULTS, type PersonAnswer } from '../credentials/people/person.ts';
import { isSignature } from '../credentials/sigv4/authorization.ts';
import type { Exchange } from '../http/exchange.ts';
import { StoreUnavailable } from '../ports/ledger-store.ts';
import { refused, type Call, type Refused } from './call.ts';
import type { Gateway } from './gateway.ts';
import { provenBy, refusedAccessKey, signedBy, type Signed } from './signed-call.ts';

export interface Authorized {
  readonly kind: 'authenticated';
  readonly caller: Caller;
  /** Revision of the catalogue by which the caller was read. */
  readonly revision: number;
  /** Only of signed calls: nothing is to be done for the caller before this has been asked. */
  readonly refusedFor?: (body: Uint8Array) => Refused | undefined;
}

type Answer = Authorized | Refused | Promise<Authorized | Refused>;

/**
 * Reads `Authorization` - a bearer token, or the signature of an access key - else `x-api-key`.
 * Answers from memory when it can, unless `afresh`: then the answer is that of the catalogue as it
 * is now.
 */
export function authenticate(
  gateway: Gateway,
  call: Call,
  { afresh = false }: { readonly afresh?: boolean } = {},
): Answer {
  const answer = ofCredential(gateway, call, afresh);
  if (call.door === undefined || call.door === 'apportioning') return answer;
  return answer instanceof Promise ? answer.then(forPeople) : forPeople(answer);
}

/** At a door for people, words about keys would lead whoever reads them astray. */
function forPeople(answer: Authorized | Refused): Authorized | Refused {
  if (answer.kind !== 'refused') return answer;
  return { ...answer, message: WORDS_FOR_PEOPLE[answer.reason] ?? answer.message };
}

const WORDS_FOR_PEOPLE: Readonly<Record<string, string>> = {
  missing_credential: 'No token was sent. Sign in, and send it as Authorization: Bearer <token>.',
  wrong_scheme: 'The Authorization header should read "Bearer <token>". Sign in to have one.',
  key_unknown: 'The token is not known here. Sign in, and send it whole.',
  token_unknown_issuer: 'The token is of an issuer that is not trusted here. Sign in at another.',
};

function ofCredential(gateway: Gateway, call: Call, afresh: boolean): Answer {
  const token = tokenOf(call.exchange);
  if (token.kind === 'refused') return token;
  if (token.kind === 'signature') return authenticateSigned(gateway, call, token.text, afresh);
  if (token.kind === 'jwt') return authenticatePerson(gateway, token.text, afresh);
  const known = afresh ? undefined : gateway.authority.peek(token.text);
  if (known !== undefined) return judge(known);
  return gateway.authority.resolve(token.text).then(judge, unavailable);
}

function authenticatePerson({ people }: Gateway, token: string, afresh: boolean): Answer {
  const known = afresh ? undefined : people.peek(token);
  if (known !== undefined) return judgePerson(known);
  return people.resolve(token).then(judgePerson, unavailable);
}

function authenticateSigned(
  gateway: Gateway,
  call: Call,
  authorization: string,
  afresh: boolean,
): Answer {
  const signed = signedBy(gateway, call, authorization);
  if (signed.kind === 'refused') return signed;
  const known = afresh ? undefined : gateway.authority.peekAccessKey(signed.keyId);
  if (known !== undefined) return judgeSigned(gateway, call, signed, known);
  return gateway.authority
    .resolveAccessKey(signed.keyId)
    .then((answer) => judgeSigned(gateway, call, signed, answer), unavailable);
}

function judgeSigned(
  gateway: Gateway,
  call: Call,
  signed: Signed,
  answer: Authenticated,
): Authorized | Refused {
  if (answer.kind !== 'key') return refusedAccessKey(answer);
  const proof = provenBy(gateway, call, signed, answer.caller);
  if (proof !== undefined && typeof proof !== 'function') return proof;
  const judged = judge(answer);
  if (judged.kind === 'refused' || proof === undefined) return judged;
  return { ...judged, refusedFor: proof };
}

function unavailable(error: unknown): Refused {
  if (error instanceof StoreUnavailable) return storeUnavailable();
  throw error;
}

/** The refusal while the ledger cannot be written: nothing may be sent unrecorded. */
export function storeUnavailable(): Refused {
  return refused(
    'ServiceUnavailableException',
    'store_unavailable',
    'The ledger cannot be written at the moment, so the call was not sent. Try again shortly.',
    1,
  );
}

type Credential =
  | { readonly kind: 'token'; readonly text: string }
  /** Of a person; only as bearer. */
  | { readonly kind: 'jwt'; readonly text: string }
  /** The `Authorization` header as it came. */
  | { readonly kind: 'signature'; readonly text: string };

function tokenOf(exchange: Exchange): Credential | Refused {
  const authorization = exchange.header('authorization');
  const apiKey = exchange.header('x-api-key');
  if (authorization !== undefined) {
    const bearer = /^bearer +(\S+)$/i.exec(authorization);
    if (bearer?.[1] !== undefined) {
      return { kind: isJwt(bearer[1]) ? 'jwt' : 'token', text: bearer[1] };
    }
    if (isSignature(authorization) && (apiKey === undefined || isOurs(authorization))) {
      return { kind: 'signature', text: authorization };
    }
    if (apiKey === undefined) return wrongScheme();
  }
  if (apiKey !== undefined && apiKey !== '') return { kind: 'token', text: apiKey };
  return refused(
    'MissingAuthenticationTokenException',
    'missing_credential',
    'No credential was sent. Put a Tollkeeper API key into AWS_BEARER_TOKEN_BEDROCK, sign with ' +
      'an access key of this gateway, or send an API key as Authorization: Bearer or x-api-key.',
  );
}

/** An SDK may sign with whatever AWS credentials it finds beside the API key that is meant. */
function isOurs(authorization: string): boolean {
  return authorization.includes('Credential=TKIA');
}

function wrongScheme(): Refused {
  return refused(
    'UnrecognizedClientException',
    'wrong_scheme',
    'The Authorization header should read "Bearer <Tollkeeper API key>", or be an AWS signature.',
  );
}

/** Whether a target carries its signature in the query. */
export function isPresigned(target: string): boolean {
  return /[?&]X-Amz-(Algorithm|Signature|Credential)=/i.test(target);
}

/** The refusal of a URL that carries its signature: it would be good for whoever sees it. */
export function presigned(): Refused {
  return refused(
    'MissingAuthenticationTokenException',
    'presigned',
    'Presigned URLs (X-Amz-Signature in the query) are not accepted. Send the signature in the ' +
      'Authorization header.',
  );
}

function judge(answer: Authenticated): Authorized | Refused {
  switch (answer.kind) {
    case 'key':
      return answer.caller.principal.scopes.includes('invoke')
        ? { kind: 'authenticated', caller: answer.caller, revision: answer.revision }
        : refused(
            'AccessDeniedException',
            'scope_missing',
            'This key may not call models: it lacks the scope "invoke".',
          );
    case 'provisioning':
      return refused(
        'AccessDeniedException',
        'wrong_kind_of_key',
        'The provisioning key administers; it never calls models. Use an API key of an ' +
          'application.',
      );
    case 'expired':
      return refused(
        'ExpiredTokenException',
        'key_expired',
        'This API key has expired. Ask for a new one.',
      );
    case 'revoked':
      return refused(
        'AccessDeniedException',
        'key_revoked',
        'This API key has been revoked. Ask for a new one.',
      );
    case 'wrong_kind':
      return refused(
        'UnrecognizedClientException',
        'wrong_kind_of_key',
        `The credential is ${answer.what}. This gateway takes Tollkeeper API keys (tk_...).`,
      );
    case 'unknown':
      return refused(
        'UnrecognizedClientException',
        'key_unknown',
        'The API key is not known here. Check that it was copied whole, and that the endpoint is ' +
          'right.',
      );
  }
}

/** What a person's token comes to. Why it is not good is told: it helps nobody who has no other. */
function judgePerson(answer: PersonAnswer): Authorized | Refused {
  switch (answer.kind) {
    case 'person':
      return judgeCaller(answer);
    case 'invalid':
      return refused(
        'UnrecognizedClientException',
        'token_invalid',
        `The token is not valid here: ${TOKEN_FAULTS[answer.fault]}.`,
      );
    case 'expired':
      return refused(
        'ExpiredTokenException',
        'token_expired',
        'The token has expired. Sign in again.',
      );
    case 'unknown_issuer':
      return refused(
        'UnrecognizedClientException',
        'token_unknown_issuer',
        'The credential is a JSON web token of an issuer that is not trusted here. This gateway ' +
          'takes Tollkeeper API keys (tk_...), and tokens of its trusted issuers.',
      );
    case 'no_tenant':
      return withoutTenant();
    case 'no_role':
      return refused(
        'AccessDeniedException',
        'token_without_role',
        'The token is good, but gives its owner no role here.',
      );
    case 'unavailable':
      return refused(
        'ServiceUnavailableException',
        'issuer_unavailable',
        'The issuer of the token cannot be asked at the moment. Try again shortly.',
        1,
      );
  }
}

function judgeCaller({
  person,
  caller,
  revision,
}: Extract<PersonAnswer, { kind: 'person' }>): Authorized | Refused {
  if (caller === null) return withoutTenant();
  if (person.scopes.includes('invoke')) return { kind: 'authenticated', caller, revision };
  return refused(
    'AccessDeniedException',
    'scope_missing',
    `The role ${person.role} does not call models.`,
  );
}

function withoutTenant(): Refused {
  return refused(
    'UnrecognizedClientException',
    'token_without_tenant',
    'The token is good, but names no organization that is here.',
  );
}
