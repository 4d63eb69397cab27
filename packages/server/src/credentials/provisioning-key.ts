/**
 * The one key that administers: how it comes into being. It is shown once, by whoever calls this.
 */
import {
  NO_PARENT,
  PROVISIONING_KEY_SETTING,
  type ProvisioningKeyRecord,
} from '../catalog/records.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import { mintProvisioningKey } from './api-key.ts';

/**
 * Makes the provisioning key and stores its hash. Undefined when there is one already, unless
 * `replace`: then the old one is refused from this moment on.
 */
export async function createProvisioningKey(
  parts: { readonly catalog: CatalogStore; readonly clock: Clock; readonly ids: Ids },
  options: { readonly replace?: boolean } = {},
): Promise<string | undefined> {
  const { provisioning_key, hash } = mintProvisioningKey(parts.ids);
  const value: ProvisioningKeyRecord = {
    hash,
    created_at: new Date(parts.clock.now()).toISOString(),
  };
  const result = await parts.catalog.put({
    kind: 'setting',
    id: PROVISIONING_KEY_SETTING,
    parent: NO_PARENT,
    value,
    ...(options.replace === true ? {} : { expected: 0 }),
  });
  return result.kind === 'put' ? provisioning_key : undefined;
}
