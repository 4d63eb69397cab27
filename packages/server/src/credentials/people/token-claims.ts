/** What a token says of itself: read without belief, and judged once it was found genuine. */
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { TokenUse, TrustedIssuer } from '../../config/trusted-issuers.ts';
import type { TokenFault } from './person.ts';

export type TokenClaims = Readonly<Record<string, unknown>>;

/** A token as it reads. Nothing of it is proven. */
export interface ReadToken {
  readonly algorithm: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
  readonly claims: TokenClaims;
}

/** How far the clock of an issuer may be ahead of ours, in seconds. */
const AHEAD_MAX = 60;
/** Longest subject: OpenID Connect Core 1.0, section 2. */
const SUBJECT_MAX = 255;
/** `typ` of identity tokens and of access tokens (RFC 9068). Others are made for other ends. */
const TYPES = ['jwt', 'at+jwt', 'application/at+jwt'];

/** Undefined: it is no signed JSON web token. */
export function readToken(token: string): ReadToken | undefined {
  try {
    // Whoever made the token has written them: they may be anything.
    const { alg, kid, typ }: { alg?: unknown; kid?: unknown; typ?: unknown } =
      decodeProtectedHeader(token);
    if (typeof alg !== 'string' || !isTextOrNone(kid) || !isTextOrNone(typ)) return undefined;
    return { algorithm: alg, kid, typ, claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

function isTextOrNone(member: unknown): member is string | undefined {
  return member === undefined || typeof member === 'string';
}

/**
 * What is wrong with a genuine token, if anything. `now` in milliseconds. Expiry is the caller's:
 * it is asked on every use.
 */
export function faultOf(
  issuer: TrustedIssuer,
  { typ, claims }: ReadToken,
  now: number,
): TokenFault | undefined {
  const { iss, sub, exp, nbf, iat, events } = claims;
  if (iss !== issuer.issuer) return 'claims';
  if (typeof sub !== 'string' || sub === '' || sub.length > SUBJECT_MAX) return 'claims';
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return 'claims';
  for (const from of [nbf, iat]) {
    if (from === undefined) continue;
    if (typeof from !== 'number') return 'claims';
    if (from > now / 1_000 + AHEAD_MAX) return 'not_yet_valid';
  }
  // A logout token has the same issuer and audience as an identity token.
  if (events !== undefined) return 'token_use';
  if (typ !== undefined && !TYPES.includes(typ.toLowerCase())) return 'token_use';
  const use = useOf(typ, claims);
  if (use === 'other') return 'token_use';
  if (issuer.token_use !== null && (use === undefined || !issuer.token_use.includes(use))) {
    return 'token_use';
  }
  return isFor(issuer.client_ids, claims) ? undefined : 'audience';
}

/** What a token is for, where it says so; Cognito and Keycloak have a claim for it. */
function useOf(typ: string | undefined, claims: TokenClaims): TokenUse | 'other' | undefined {
  const { token_use } = claims;
  if (token_use !== undefined) {
    return token_use === 'id' || token_use === 'access' ? token_use : 'other';
  }
  if (typ?.toLowerCase().endsWith('at+jwt') === true) return 'access';
  switch (claims['typ']) {
    case undefined:
      return undefined;
    case 'ID':
      return 'id';
    case 'Bearer':
      return 'access';
    default:
      return 'other';
  }
}

/** Cognito's access tokens have no audience: they name the client instead. */
function isFor(clientIds: readonly string[], { aud, client_id }: TokenClaims): boolean {
  const named: unknown = aud ?? client_id;
  const audiences: readonly unknown[] = Array.isArray(named) ? named : [named];
  return audiences.some((each) => typeof each === 'string' && clientIds.includes(each));
}

/**
 * The claim of a name, which may have dots in it; else what the path leads to, such as
 * `app_metadata.tenant_id`.
 */
export function claimAt(claims: TokenClaims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let found: unknown = claims;
  for (const member of name.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, member)) {
      return undefined;
    }
    found = Reflect.get(found, member);
  }
  return found;
}
