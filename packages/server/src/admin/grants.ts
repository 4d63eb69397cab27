/** Grants of an organization: create, replace, read, list and withdraw. */
import {
  PAGE_LIMIT_DEFAULT,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import { grantDocument, type GrantRecord } from '../catalog/records.ts';
import type { Visitor } from './access.ts';
import { page, replace, withdraw } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { invalidMember, notFound } from './fault.ts';
import { organizationOf } from './organizations.ts';
import { toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['grants'];
type Body = ApiRequest<'putGrant'>['body'];

/** What a value of each kind looks like. A prefix without a bucket would grant every bucket. */
const FORMS: { readonly [kind in Body['kind']]: { form: RegExp; words: string } } = {
  arn: { form: /^arn:aws[a-z-]*:[a-z0-9-]+:[^*?]*$/, words: 'must be an ARN without wildcards' },
  s3_prefix: {
    form: /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.*$/,
    words: 'must be an S3 location such as s3://bucket/prefix',
  },
  model: { form: /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/, words: 'must be a model id' },
};

export function grantHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    putGrant: async ({ params, body }, visitor) => {
      const { org_id, grant_id } = params;
      await organizationOf(deps, org_id);
      const { form, words } = FORMS[body.kind];
      if (!form.test(body.value)) throw invalidMember('body.value', words);
      const { record, created } = await replace<GrantRecord>(
        deps,
        { kind: 'grant', id: grantDocument(org_id, grant_id), parent: org_id },
        { visitor, org_id, resource_id: grant_id },
        (before) => ({
          org_id,
          grant_id,
          kind: body.kind,
          value: body.value,
          region: body.region ?? null,
          created_at: before?.created_at ?? toApiTime(deps.clock.now()),
        }),
      );
      return { status: created ? 201 : 200, body: toApi(record) };
    },
    getGrant: async ({ params }) => {
      const id = grantDocument(params.org_id, params.grant_id);
      const item = await deps.catalog.get<GrantRecord>('grant', id);
      if (item === undefined) throw notFound('The grant');
      return { status: 200, body: toApi(item.value) };
    },
    listGrants: async ({ params, query }) => {
      await organizationOf(deps, params.org_id);
      const { items, next_cursor } = await page<GrantRecord>(
        deps,
        'grant',
        params.org_id,
        query,
        PAGE_LIMIT_DEFAULT,
      );
      return { status: 200, body: { grants: items.map(toApi), next_cursor } };
    },
    deleteGrant: async ({ params }, visitor) => {
      const { org_id, grant_id } = params;
      const place = { kind: 'grant', id: grantDocument(org_id, grant_id) } as const;
      await withdraw(deps, place, { visitor, org_id, resource_id: grant_id }, 'The grant');
      return { status: 204, body: undefined };
    },
  };
}

function toApi(record: GrantRecord): ApiResult<'getGrant'> {
  const { grant_id, org_id, kind, value, region, created_at } = record;
  return { grant_id, org_id, kind, value, region, created_at };
}
