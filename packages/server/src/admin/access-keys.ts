/** Access keys: make, list and revoke. The secret is shown once and stored nowhere. */
import type { Handlers, RESOURCES } from '@tollkeeper/contract';
import { accessKeyIdOf, mintAccessKey } from '../credentials/access-key.ts';
import type { Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import type { AdminDependencies } from './dependencies.ts';
import { keepNewKey, newKeyRecord, pageOfKeys, revokeKeyOf } from './key-record.ts';
import { organizationOf } from './organizations.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['accessKeys'];

export function accessKeyHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    createAccessKey: async ({ params, body }, visitor) => {
      await organizationOf(deps, params.org_id);
      await applicationOf(deps, params.org_id, params.app_id);
      const minted = mintAccessKey(deps.ids, deps.masterKeys);
      const record = newKeyRecord(params, body, minted.key_id, toApiTime(deps.clock.now()));
      await keepNewKey(deps, 'access_key', record, visitor);
      return { status: 201, body: minted };
    },
    listAccessKeys: async (asked) => {
      const { keys, next_cursor } = await pageOfKeys(deps, 'access_key', asked);
      const access_keys = keys.map(({ key_id, ...rest }) => ({
        key_id,
        access_key_id: accessKeyIdOf(key_id),
        ...rest,
      }));
      return { status: 200, body: { access_keys, next_cursor } };
    },
    revokeAccessKey: async ({ params }, visitor) => {
      await revokeKeyOf(deps, 'access_key', params.key_id, visitor);
      return { status: 204, body: undefined };
    },
  };
}
