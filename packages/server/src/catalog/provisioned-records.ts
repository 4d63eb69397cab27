/** What the catalogue keeps of resources that people made in the AWS account. */
import type { MadeResource, Owner } from '@tollkeeper/core';

/** Whose it is, in the names of the API. */
export interface OwnerRecord {
  readonly org_id: string | null;
  readonly issuer_id: string | null;
  readonly user_id: string | null;
}

/** A resource that was made. AWS says what it is now; this says whose. */
export interface ProvisionedResourceRecord extends OwnerRecord {
  readonly arn: string;
  readonly resource: MadeResource;
  /** What AWS was asked for, tags included. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly created_at: string;
}

/** A request to make something, kept before AWS is asked. */
export interface ProvisionedRequestRecord extends OwnerRecord {
  readonly resource: MadeResource;
  readonly asked: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** Null: AWS has not said that it made it. */
  readonly arn: string | null;
  readonly created_at: string;
}

/** Document id of a resource, from the end of its ARN: unique in an account and region. */
export function resourceDocument(resource: MadeResource, id: string): string {
  return `${resource}/${id}`;
}

/** Document id of a request: tokens are each user's own. */
export function requestDocument(owner: OwnerRecord, token: string): string {
  const parts = [owner.org_id, owner.issuer_id, owner.user_id, token];
  return parts.map((part) => (part === null ? '-' : `=${encodeURIComponent(part)}`)).join('/');
}

export function ownerRecord({ orgId, issuerId, userId }: Owner): OwnerRecord {
  return { org_id: orgId, issuer_id: issuerId, user_id: userId };
}

export function ownerOf({ org_id, issuer_id, user_id }: OwnerRecord): Owner {
  return { orgId: org_id, issuerId: issuer_id, userId: user_id };
}
