/** What the claims of a token make of its person, by the rules of its issuer. */
import { comparedEmail, type Bearers, type TrustedIssuer } from '../../config/trusted-issuers.ts';
import { PERMISSIONS, ROLES, type Permission, type Role } from './person.ts';
import { claimAt, type TokenClaims } from './token-claims.ts';

/** A person as a token states it; whether there is such an organization is another question. */
export interface StatedPerson {
  readonly subject: string;
  readonly tenant: string | null;
  readonly app_id: string;
  readonly user_id: string;
  /** Null unless verified. As `comparedEmail` writes it. */
  readonly email: string | null;
  /** Null: none. */
  readonly role: Role | null;
  readonly permissions: readonly Permission[];
}

const APP_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TENANT = /^[!-~]{1,128}$/;
// eslint-disable-next-line no-control-regex -- what users are called has none of them.
const USER = /^[^\x00-\x1f\x7f-\x9f]{1,256}$/;
const EMAIL_MAX = 320;
const GROUPS_MAX = 1_000;

/** Undefined: a claim that must be there is not, or is not what it should be. */
export function statedPerson(issuer: TrustedIssuer, claims: TokenClaims): StatedPerson | undefined {
  const { sub } = claims;
  const names = issuer.claims;
  const email = verifiedEmail(issuer, claims);
  const identifying = (name: string): unknown => {
    const claim = claimAt(claims, name);
    return name === names.email && claim !== undefined && email === null ? UNVERIFIED : claim;
  };
  const user = identifying(names.user);
  const application = names.application === null ? undefined : identifying(names.application);
  const app_id = application ?? issuer.default_application;
  if (!isName(sub) || !isName(user)) return undefined;
  if (typeof app_id !== 'string' || !APP_ID.test(app_id)) return undefined;
  const tenant = identifying(names.tenant);
  const groups = groupsIn(claimAt(claims, names.groups));
  const isOf = (bearers: Bearers | undefined): boolean =>
    bearers !== undefined &&
    (groups.some((group) => bearers.groups.includes(group)) ||
      (email !== null && bearers.emails.includes(email)));
  return {
    subject: sub,
    tenant: typeof tenant === 'string' && TENANT.test(tenant) ? tenant : null,
    app_id,
    user_id: user,
    email,
    role: ROLES.find((role) => isOf(issuer.roles[role])) ?? issuer.default_role,
    permissions: PERMISSIONS.filter((permission) => isOf(issuer.permissions[permission])),
  };
}

/** Stands for an address that nobody has verified: it is no name of anything. */
const UNVERIFIED = false;

/**
 * What somebody can be called. Half of a character (a lone surrogate) is no text: stores write each
 * of them as the same.
 */
function isName(claim: unknown): claim is string {
  return typeof claim === 'string' && USER.test(claim) && claim.isWellFormed();
}

/** Anybody may type anybody's address: it says who somebody is only once it was verified. */
function verifiedEmail({ claims: names }: TrustedIssuer, claims: TokenClaims): string | null {
  const email = claimAt(claims, names.email);
  const verified = claimAt(claims, names.email_verified);
  if (typeof email !== 'string' || email === '' || email.length > EMAIL_MAX) return null;
  // Cognito writes it as text where the attribute was mapped from another provider.
  return verified === true || verified === 'true' ? comparedEmail(email) : null;
}

function groupsIn(claim: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(claim) ? claim.slice(0, GROUPS_MAX) : [claim];
  return listed.filter((group) => typeof group === 'string');
}
