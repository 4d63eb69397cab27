/**
 * What our tokens claim. Both kinds name the client, their own id and the generation of the client
 * that they belong to; an access token also says whose it is and which refresh token it came with.
 */
import { CLIENT_SCOPES, type ClientScope } from '@tollkeeper/contract';

interface Common {
  /** Client id. */
  readonly sub: string;
  /** Seconds since the epoch, as in RFC 7519. */
  readonly iat: number;
  readonly exp: number;
  readonly iss: string;
  readonly jti: string;
  /** Tokens of a generation that is over are revoked. */
  readonly generation: number;
  readonly scope: readonly ClientScope[];
}

export interface AccessClaims extends Common {
  readonly token_type: 'access';
  readonly org_id: string;
  readonly app_id: string | null;
  /** `jti` of the refresh token. */
  readonly family: string;
}

export interface RefreshClaims extends Common {
  readonly token_type: 'refresh';
}

export type Claims = AccessClaims | RefreshClaims;

/** The claims of a token whose signature is good; undefined: they are not as ours are. */
export function claimsFrom(payload: unknown, issuer: string): Claims | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const given = payload as Readonly<Record<string, unknown>>;
  const { sub, iat, exp, iss, jti, generation, token_type, scope } = given;
  if (!isText(sub) || !isText(jti) || iss !== issuer || !isScopes(scope)) return undefined;
  if (!isWhole(iat) || !isWhole(exp) || !isWhole(generation)) return undefined;
  const common = { sub, iat, exp, iss: issuer, jti, generation, scope };
  if (token_type === 'refresh') return { ...common, token_type };
  const { org_id, app_id, family } = given;
  if (token_type !== 'access' || !isText(org_id) || !isText(family)) return undefined;
  if (app_id !== null && !isText(app_id)) return undefined;
  return { ...common, token_type, org_id, app_id, family };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value);
}

function isScopes(value: unknown): value is readonly ClientScope[] {
  return Array.isArray(value) && value.every((each) => CLIENT_SCOPES.includes(each as ClientScope));
}
