/** Access keys: make, list and revoke. The secret is shown once and stored nowhere. */
import { PAGE_LIMIT_DEFAULT, type Handlers, type RESOURCES } from '@tollkeeper/contract';
import { applicationDocument, type AccessKeyRecord } from '../catalog/records.ts';
import { accessKeyIdOf, mintAccessKey } from '../credentials/access-key.ts';
import type { Visitor } from './access.ts';
import { applicationOf } from './applications.ts';
import { page, replace } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { keyToApi, newKeyRecord, revokeKeyOf } from './key-record.ts';
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
      const parent = applicationDocument(params.org_id, params.app_id);
      const place = { kind: 'access_key', id: minted.key_id, parent } as const;
      const change = { visitor, org_id: params.org_id };
      await replace<AccessKeyRecord>(deps, place, change, (before) => {
        // 72 random bits: this is a broken source of chance, not bad luck.
        if (before !== undefined) throw new Error('A new key id is already in use.');
        return record;
      });
      return { status: 201, body: minted };
    },
    listAccessKeys: async ({ params, query }) => {
      const organization = await organizationOf(deps, params.org_id);
      await applicationOf(deps, params.org_id, params.app_id);
      const parent = applicationDocument(params.org_id, params.app_id);
      const { items, next_cursor } = await page<AccessKeyRecord>(
        deps,
        'access_key',
        parent,
        query,
        PAGE_LIMIT_DEFAULT,
      );
      const now = deps.clock.now();
      const keys = items.map((record) => {
        const { key_id, ...rest } = keyToApi(record, organization, now);
        return { key_id, access_key_id: accessKeyIdOf(key_id), ...rest };
      });
      return { status: 200, body: { access_keys: keys, next_cursor } };
    },
    revokeAccessKey: async ({ params }, visitor) => {
      await revokeKeyOf(deps, 'access_key', params.key_id, visitor);
      return { status: 204, body: undefined };
    },
  };
}
