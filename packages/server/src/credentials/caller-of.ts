/** Puts together what a call is authorised by: the caller, and what its owners say of it. */
import { DEFAULT_KEY_POLICY, type Grant, type KeyPolicy, type Principal } from '@tollkeeper/core';
import type {
  ApplicationRecord,
  GrantRecord,
  KeyRecord,
  OrganizationRecord,
} from '../catalog/records.ts';
import type { EffectiveConfig } from '../keeper/effective.ts';
import type { CatalogItem, CatalogStore } from '../ports/catalog-store.ts';
import type { Caller } from './authority.ts';

interface GrantPage {
  readonly items: readonly CatalogItem<GrantRecord>[];
  readonly next_cursor: string | null;
}

const GRANTS_PAGE = 200;

/** Every grant of an organization. */
export async function grantsOf(catalog: CatalogStore, orgId: string): Promise<readonly Grant[]> {
  const grants: Grant[] = [];
  let cursor: string | undefined;
  do {
    const page: GrantPage = await catalog.list<GrantRecord>('grant', {
      parent: orgId,
      limit: GRANTS_PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    });
    grants.push(...page.items.map(({ value }) => grantOf(value)));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return grants;
}

function grantOf({ grant_id, kind, value, region }: GrantRecord): Grant {
  return { grant_id, kind, value, region };
}

/** The policy of a key: its own members first, then its organization's, then the product's. */
export function effectivePolicy(
  key: Pick<KeyRecord, 'policy'>,
  organization: Pick<OrganizationRecord, 'key_policy'>,
): KeyPolicy {
  return { ...DEFAULT_KEY_POLICY, ...organization.key_policy, ...key.policy };
}

/** What a credential itself says: a key's record, or a person's token. */
export type Credential = Omit<Principal, 'policy'> &
  Pick<KeyRecord, 'name' | 'policy' | 'rate_limits'>;

/** `application` is undefined where nobody registered it, which only people may do without. */
export function callerOf(
  credential: Credential,
  organization: OrganizationRecord,
  application: ApplicationRecord | undefined,
  grants: readonly Grant[],
  keeping: EffectiveConfig,
): Caller {
  const { org_id, app_id, key_id, user_id, scopes, models } = credential;
  const policy = effectivePolicy(credential, organization);
  return {
    principal: { org_id, app_id, key_id, user_id, scopes, models, policy },
    keyName: credential.name,
    grants,
    rateLimits: {
      key: credential.rate_limits,
      application: application?.rate_limits ?? {},
      organization: organization.rate_limits,
    },
    tenantId: organization.tenant_id ?? null,
    orgTimezone: organization.timezone,
    keeping: keeping.ordering.length === 0 ? null : keeping,
  };
}
