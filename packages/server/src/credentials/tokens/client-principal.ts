/** Who an access token of an OAuth client speaks for, and what it is good for. */
import type { ClientScope } from '@tollkeeper/contract';

/** What a verified access token resolves to. */
export interface ClientPrincipal {
  readonly client_id: string;
  readonly org_id: string;
  /** Null: the organization's own client, which acts for all its applications. */
  readonly app_id: string | null;
  readonly scopes: readonly ClientScope[];
  /** Id of the token. */
  readonly jti: string;
  /** Id of the refresh token that it was made with: both end together. */
  readonly family: string;
}

/** The id of the client of an organization, or of one of its applications. */
export function clientIdOf(orgId: string, appId: string | null): string {
  return appId === null ? `org-${orgId}` : `org-${orgId}-app-${appId}`;
}

/** Whose a client's tokens are, as `scope` of the answer says it (RFC 6749, section 5.1). */
export function ownerScope(orgId: string, appId: string | null): string {
  return appId === null ? `org:${orgId}` : `org:${orgId} app:${appId}`;
}
