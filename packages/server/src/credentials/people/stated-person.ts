/** What the claims of a token make of its person, by the rules of its issuer. */
import type { Bearers, TrustedIssuer } from '../../config/trusted-issuers.ts';
import { PERMISSIONS, ROLES, type Permission, type Role } from './person.ts';
import { claimAt, type TokenClaims } from './token-claims.ts';

/** A person as a token states it; whether there is such an organization is another question. */
export interface StatedPerson {
  readonly subject: string;
  readonly tenant: string | null;
  readonly app_id: string;
  readonly user_id: string;
  /** Null unless verified. In lower case. */
  readonly email: string | null;
  /** Null: none. */
  readonly role: Role | null;
  readonly permissions: readonly Permission[];
}

const APP_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TENANT = /^[!-~]{1,128}$/;
// eslint-disable-next-line no-control-regex -- what users are called has none of them.
const USER = /^[^\x00-\x1f\x7f]{1,256}$/;
const EMAIL_MAX = 320;
const GROUPS_MAX = 1_000;

/** Undefined: a claim that must be there is not, or is not what it should be. */
export function statedPerson(issuer: TrustedIssuer, claims: TokenClaims): StatedPerson | undefined {
  const { sub } = claims;
  const names = issuer.claims;
  const user = claimAt(claims, names.user);
  const application = names.application === null ? undefined : claimAt(claims, names.application);
  const app_id = application ?? issuer.default_application;
  if (typeof sub !== 'string' || typeof user !== 'string' || !USER.test(user)) return undefined;
  if (typeof app_id !== 'string' || !APP_ID.test(app_id)) return undefined;
  const tenant = claimAt(claims, names.tenant);
  const email = verifiedEmail(issuer, claims);
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

/** Anybody may type anybody's address: it says who somebody is only once it was verified. */
function verifiedEmail({ claims: names }: TrustedIssuer, claims: TokenClaims): string | null {
  const email = claimAt(claims, names.email);
  const verified = claimAt(claims, names.email_verified);
  if (typeof email !== 'string' || email === '' || email.length > EMAIL_MAX) return null;
  // Cognito writes it as text where the attribute was mapped from another provider.
  return verified === true || verified === 'true' ? email.toLowerCase() : null;
}

function groupsIn(claim: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(claim) ? claim.slice(0, GROUPS_MAX) : [claim];
  return listed.filter((group) => typeof group === 'string');
}
