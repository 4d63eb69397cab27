/**
 * The one key that administers: how it comes into being. It is shown once, by whoever calls this.
 */
import {
  NO_PARENT,
  PROVISIONING_KEY_SETTING,
  type ProvisioningKeyRecord,
} from '../catalog/records.ts';
import type { AuditActor, AuditRecord } from '../ports/audit.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import { mintProvisioningKey } from './api-key.ts';

interface Parts {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** Who is meant when nobody is named. */
const SOMEBODY_HERE: AuditActor = { kind: 'cli', id: 'local' };

/**
 * Makes the provisioning key and stores its hash, and in the same step the record of that.
 * Undefined when there is one already, unless `replace`: then the old one is refused from this
 * moment on.
 */
export async function createProvisioningKey(
  parts: Parts,
  options: { readonly replace?: boolean; readonly actor?: AuditActor } = {},
): Promise<string | undefined> {
  const { catalog, clock, ids } = parts;
  for (;;) {
    const before = await catalog.get<ProvisioningKeyRecord>('setting', PROVISIONING_KEY_SETTING);
    if (before !== undefined && options.replace !== true) return undefined;
    const { provisioning_key, hash } = mintProvisioningKey(ids);
    const value: ProvisioningKeyRecord = {
      hash,
      created_at: new Date(clock.now()).toISOString(),
    };
    const result = await catalog.put({
      kind: 'setting',
      id: PROVISIONING_KEY_SETTING,
      parent: NO_PARENT,
      value,
      expected: before?.revision ?? 0,
      audit: recordOf(parts, options.actor ?? SOMEBODY_HERE, before?.value, value),
    });
    if (result.kind === 'put') return provisioning_key;
  }
}

/** Of the key itself nothing is told but when it was made. */
function recordOf(
  { clock, ids }: Parts,
  actor: AuditActor,
  before: ProvisioningKeyRecord | undefined,
  after: ProvisioningKeyRecord,
): AuditRecord {
  return {
    audit_id: ids.uuid(),
    at: clock.now(),
    actor,
    action: before === undefined ? 'createProvisioningKey' : 'replaceProvisioningKey',
    request_id: null,
    source_ip: null,
    resource: 'setting',
    resource_id: PROVISIONING_KEY_SETTING,
    org_id: null,
    before: before === undefined ? null : { created_at: before.created_at },
    after: { created_at: after.created_at },
  };
}
