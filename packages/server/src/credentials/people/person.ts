/** People who sign in at a trusted issuer: who a token speaks for, and what that person may do. */
import type { Scope } from '@tollkeeper/core';
import { PERMISSIONS, ROLES, type Permission, type Role } from '../../config/roles.ts';
import type { Caller } from '../authority.ts';

export { PERMISSIONS, ROLES, type Permission, type Role };

/** What each role may do with the calls and the usage of its own organization. */
export const ROLE_SCOPES: { readonly [role in Role]: readonly Scope[] } = Object.freeze({
  platform_administrator: ['invoke', 'usage:org'],
  finance: ['usage:org'],
  tenant_administrator: ['invoke', 'usage:org'],
  developer: ['invoke', 'usage:app'],
  viewer: ['usage:org'],
});

/** Roles that are not bound to one organization: they see the usage of all. */
export function seesAll(role: Role): boolean {
  return role === 'platform_administrator' || role === 'finance';
}

/** What a verified token resolves to. */
export interface Person {
  /** `id` of the issuer in the settings. */
  readonly issuer_id: string;
  /** `sub` of the token. */
  readonly subject: string;
  /** Null only of roles that see all organizations. */
  readonly org_id: string | null;
  /** The tenant as the token names it: the organization's tenant id, or its UUID. */
  readonly tenant: string | null;
  readonly app_id: string;
  readonly user_id: string;
  /** Null unless the token says that it is verified. */
  readonly email: string | null;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly permissions: readonly Permission[];
}

/** Why a token is not good, by a stable word; and in words for whoever must put it right. */
export const TOKEN_FAULTS = {
  form: 'it has not the form of a signed JSON web token',
  too_long: 'it is too long',
  algorithm: 'its issuer does not sign by its algorithm',
  unknown_key: 'its issuer publishes no key of its key id',
  signature: 'its signature is wrong',
  audience: 'it was made for another client',
  token_use: 'it is of a kind that is not taken here',
  not_yet_valid: 'it is not valid yet',
  claims: 'a claim is missing, or not what it should be',
  not_recognised: 'its issuer does not recognise it',
} as const;

export type TokenFault = keyof typeof TOKEN_FAULTS;

/** What a token of a person turned out to be. */
export type PersonAnswer =
  /**
   * `caller` is what the gateway calls by: null of a person without an organization. `revision` is
   * that of the catalogue by which both were read.
   */
  | {
      readonly kind: 'person';
      readonly person: Person;
      readonly caller: Caller | null;
      readonly revision: number;
    }
  | { readonly kind: 'invalid'; readonly fault: TokenFault }
  | { readonly kind: 'expired' }
  /** No trusted issuer says that it made the token. */
  | { readonly kind: 'unknown_issuer' }
  /** The token is good, but names no organization that is here and that its issuer speaks for. */
  | { readonly kind: 'no_tenant' }
  /** The token is good, but gives its person no role. */
  | { readonly kind: 'no_role' }
  /** The issuer cannot be asked at the moment. */
  | { readonly kind: 'unavailable' };

const JWT = /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/;

/** Whether a credential has the form of a JSON web token, and so is not one of our keys. */
export function isJwt(credential: string): boolean {
  return JWT.test(credential);
}
