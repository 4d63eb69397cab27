/** Issuers whose tokens sign people in: what the settings say of each. */
import type { Permission, Role } from './roles.ts';

export type IssuerKind = 'oidc' | 'hs256' | 'introspection';
export type TokenUse = 'id' | 'access';

/** Who has a role or a permission: members of a group, or owners of a verified e-mail. */
export interface Bearers {
  readonly groups: readonly string[];
  /** As `comparedEmail` writes them. */
  readonly emails: readonly string[];
}

/** Where a token says what: names of claims, or paths of members such as `app_metadata.tenant`. */
export interface ClaimNames {
  readonly tenant: string;
  readonly user: string;
  readonly email: string;
  readonly email_verified: string;
  readonly groups: string;
  /** Null: everybody calls for the default application. */
  readonly application: string | null;
}

/** One issuer. Its members are spelt as in the settings file. */
export interface TrustedIssuer {
  readonly id: string;
  /** `iss` of its tokens, to the letter. */
  readonly issuer: string;
  readonly kind: IssuerKind;
  /** Null: found by OpenID Connect discovery. */
  readonly jwks_uri: string | null;
  /** What a token must name as `aud`, or as `client_id` if it has no `aud`. */
  readonly client_ids: readonly string[];
  /** Null: both. */
  readonly token_use: readonly TokenUse[] | null;
  readonly algorithms: readonly string[];
  /** Name of the environment variable that holds the secret. */
  readonly hs256_secret_env: string | null;
  readonly introspection_url: string | null;
  /** Name of the environment variable that holds the key for the introspection URL. */
  readonly service_key_env: string | null;
  readonly claims: ClaimNames;
  /** Tenant claims that count: tenant ids, and UUIDs of organizations in lower case. Null: all. */
  readonly tenants: readonly string[] | null;
  readonly default_application: string;
  readonly roles: { readonly [role in Role]?: Bearers };
  /** Null: who has no role by group or e-mail is refused. */
  readonly default_role: Role | null;
  readonly permissions: { readonly [permission in Permission]?: Bearers };
}

/**
 * An e-mail address as it is compared: with its ASCII letters in lower case. No others: Unicode has
 * letters whose lower case is an ASCII letter, and the address of somebody else is not to be one's
 * own by them.
 */
export function comparedEmail(email: string): string {
  return email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
