/** API keys: make, list and revoke. */
import type { Handlers, RESOURCES } from '@tollkeeper/contract';
import type { ApiKeyRecord } from '../catalog/records.ts';
import { mintApiKey } from '../credentials/api-key.ts';
import type { Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import type { AdminDependencies } from './dependencies.ts';
import { keepNewKey, newKeyRecord, pageOfKeys, revokeKeyOf } from './key-record.ts';
import { organizationOf } from './organizations.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['keys'];

export function keyHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    createKey: async ({ params, body }, visitor) => {
      await organizationOf(deps, params.org_id);
      await applicationOf(deps, params.org_id, params.app_id);
      const { key_id, api_key, hash } = mintApiKey(deps.ids);
      const now = toApiTime(deps.clock.now());
      const record: ApiKeyRecord = { ...newKeyRecord(params, body, key_id, now), hash };
      await keepNewKey(deps, 'api_key', record, visitor);
      return { status: 201, body: { key_id, api_key } };
    },
    listKeys: async (asked) => ({ status: 200, body: await pageOfKeys(deps, 'api_key', asked) }),
    revokeKey: async ({ params }, visitor) => {
      await revokeKeyOf(deps, 'api_key', params.key_id, visitor);
      return { status: 204, body: undefined };
    },
  };
}
