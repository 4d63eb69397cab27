/** API keys: make, list and revoke. */
import { PAGE_LIMIT_DEFAULT, type Handlers, type RESOURCES } from '@tollkeeper/contract';
import { applicationDocument, type ApiKeyRecord } from '../catalog/records.ts';
import { mintApiKey } from '../credentials/api-key.ts';
import type { Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import { page, replace } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { keyToApi, newKeyRecord, revokeKeyOf } from './key-record.ts';
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
      const record = { ...newKeyRecord(params, body, key_id, now), hash };
      const parent = applicationDocument(params.org_id, params.app_id);
      const place = { kind: 'api_key', id: key_id, parent } as const;
      const change = { visitor, org_id: params.org_id };
      await replace<ApiKeyRecord>(deps, place, change, (before) => {
        // 80 random bits: this is a broken source of chance, not bad luck.
        if (before !== undefined) throw new Error('A new key id is already in use.');
        return record;
      });
      return { status: 201, body: { key_id, api_key } };
    },
    listKeys: async ({ params, query }) => {
      const organization = await organizationOf(deps, params.org_id);
      await applicationOf(deps, params.org_id, params.app_id);
      const parent = applicationDocument(params.org_id, params.app_id);
      const { items, next_cursor } = await page<ApiKeyRecord>(
        deps,
        'api_key',
        parent,
        query,
        PAGE_LIMIT_DEFAULT,
      );
      const now = deps.clock.now();
      const keys = items.map((record) => keyToApi(record, organization, now));
      return { status: 200, body: { keys, next_cursor } };
    },
    revokeKey: async ({ params }, visitor) => {
      await revokeKeyOf(deps, 'api_key', params.key_id, visitor);
      return { status: 204, body: undefined };
    },
  };
}
