/**
 * What the catalogue keeps, kind by kind: the shape of each document, its id and its parent.
 * Applications and grants are named by their organization, so their document ids carry it:
 * `org_id/app_id`.
 */
import type { Grant, KeyPolicy, RateLimits, Scope } from '@tollkeeper/core';

/** An organization. Times are RFC 3339, UTC. */
export interface OrganizationRecord {
  readonly org_id: string;
  readonly org_name: string | null;
  /** How tokens of people name it, besides its UUID; absent or null: by that alone. */
  readonly tenant_id?: string | null;
  /** IANA time zone. */
  readonly timezone: string;
  /** Who said so, if it was not the organization: the settings file or the product. */
  readonly timezone_source?: 'file' | 'default';
  readonly rate_limits: RateLimits;
  /**
   * What keys that state no policy of their own get; members left out are the product's defaults.
   */
  readonly key_policy: Partial<KeyPolicy>;
  readonly quota_scope: 'ORG' | 'APP' | null;
  /** Fixed when the organization first had quotas. */
  readonly agg_shard_count?: number;
  readonly model_ordering: readonly string[] | null;
  /** Micro-USD a day by label. */
  readonly quotas: Readonly<Record<string, number>> | null;
  readonly overrides: Readonly<Record<string, number | boolean>> | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Whose a tenant id is; the document's id is the tenant id. */
export interface TenantRecord {
  readonly org_id: string;
}

/** An application of an organization. Null members are inherited. */
export interface ApplicationRecord {
  readonly org_id: string;
  readonly app_id: string;
  readonly app_name: string | null;
  readonly rate_limits: RateLimits;
  readonly model_ordering: readonly string[] | null;
  readonly quotas: Readonly<Record<string, number>> | null;
  readonly overrides: Readonly<Record<string, number | boolean>> | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What is kept of a key that spends, whatever its kind. */
export interface KeyRecord {
  readonly key_id: string;
  readonly org_id: string;
  readonly app_id: string;
  readonly name: string | null;
  readonly user_id: string | null;
  readonly scopes: readonly Scope[];
  readonly models: readonly string[] | null;
  readonly policy: Partial<KeyPolicy>;
  readonly rate_limits: RateLimits;
  readonly expires_at: string | null;
  readonly created_at: string;
  readonly revoked_at: string | null;
}

/** An API key, without its secret: only the hash of the whole token is kept. */
export interface ApiKeyRecord extends KeyRecord {
  /** SHA-256 of the token, lower-case hex. */
  readonly hash: string;
}

/** An access key. Nothing is kept of its secret, which follows from a master key and the id. */
export type AccessKeyRecord = KeyRecord;

/** That a master key is in use, and by what it is known again. */
export interface MasterKeyRecord {
  readonly version: number;
  /** Follows from the key; the key does not follow from it. */
  readonly fingerprint: string;
  readonly created_at: string;
}

/** Parent of the settings that record master keys. */
export const MASTER_KEY_PARENT = 'master_key';

/** Document id of the setting that records a master key. */
export function masterKeyDocument(version: number): string {
  return `${MASTER_KEY_PARENT}/${version}`;
}

/** A grant of an organization. */
export interface GrantRecord extends Grant {
  readonly org_id: string;
  readonly created_at: string;
}

/** An inference profile that an application names in submissions. */
export interface InferenceProfileRecord {
  readonly org_id: string;
  readonly app_id: string;
  readonly profile_label: string;
  readonly inference_profile_arn: string;
  readonly description: string | null;
  readonly created_at: string;
}

/** Document id of an inference profile; its parent is its application. */
export function profileDocument(orgId: string, appId: string, label: string): string {
  return `${applicationDocument(orgId, appId)}/${label}`;
}

/** The one provisioning key. */
export interface ProvisioningKeyRecord {
  /** SHA-256 of the token, lower-case hex. */
  readonly hash: string;
  readonly created_at: string;
}

/** Id of the setting that holds the provisioning key's hash. */
export const PROVISIONING_KEY_SETTING = 'provisioning_key';

/** Parent of documents that have none. */
export const NO_PARENT = '';

/** Document id of an application, and the parent of its keys. */
export function applicationDocument(orgId: string, appId: string): string {
  return `${orgId}/${appId}`;
}

/** Document id of a grant. */
export function grantDocument(orgId: string, grantId: string): string {
  return `${orgId}/${grantId}`;
}
