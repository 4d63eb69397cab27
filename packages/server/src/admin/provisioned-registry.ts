/**
 * The memory of who made what in the AWS account. A request is durable before AWS is asked, so that
 * its repetition asks for the very same; what was made is its maker's organization's to call.
 */
import { parseBedrockArn, type Begun, type Making, type Registry } from '@tollkeeper/core';
import {
  ownerOf,
  ownerRecord,
  requestDocument,
  resourceDocument,
  type ProvisionedRequestRecord,
  type ProvisionedResourceRecord,
} from '../catalog/provisioned-records.ts';
import { grantDocument, NO_PARENT, type GrantRecord } from '../catalog/records.ts';
import type { CatalogItem } from '../ports/catalog-store.ts';
import type { Visitor } from './access.ts';
import { auditRecord } from './audit-record.ts';
import { replace, withdraw } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { toApiTime } from './time.ts';

const RESOURCE = 'provisioned_resource';
const REQUEST = 'provisioned_request';
/** How often a write is tried again because somebody else wrote the same request. */
const TRIES_MAX = 20;

/** The registry as one visitor changes it: its name goes into the audit log. */
export function registryFor(deps: AdminDependencies, visitor: Visitor): Registry {
  const { catalog } = deps;
  const find = (id: string) => catalog.get<ProvisionedResourceRecord>(RESOURCE, id);
  return {
    async ownerOf(arn) {
      const item = await find(documentOf(arn));
      return item?.value.arn === arn ? ownerOf(item.value) : undefined;
    },
    async arnWithId(resource, id) {
      return (await find(resourceDocument(resource, id)))?.value.arn;
    },
    async known(making) {
      const item = await requestOf(deps, making);
      return item === undefined ? undefined : standing(item.value, making);
    },
    begin: (making) => begin(deps, making),
    async refused(making) {
      const item = await requestOf(deps, making);
      if (item === undefined || item.value.arn !== null) return;
      await catalog.remove(REQUEST, item.id, { expected: item.revision, quiet: true });
    },
    made: (making, arn) => keep(deps, visitor, making, arn),
    deleted: (arn) => forget(deps, visitor, arn),
    async tagged(arn, { tags, removed }) {
      const item = await find(documentOf(arn));
      if (item === undefined) return;
      const id = documentOf(arn);
      const change = { visitor, org_id: item.value.org_id, resource_id: arn };
      // What AWS has is the truth; this is the record of who changed it.
      const values = { before: null, after: { tags, removed } };
      const audit = auditRecord(deps, change, { kind: RESOURCE, id }, values);
      const { parent, value } = item;
      await catalog.put({ kind: RESOURCE, id, parent, value, quiet: true, audit });
    },
  };
}

async function begin(deps: AdminDependencies, making: Making): Promise<Begun> {
  const { resource, asked, request, owner } = making;
  const record = { ...ownerRecord(owner), resource, asked, request, arn: null };
  const id = requestDocument(ownerRecord(owner), making.token);
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const item = await requestOf(deps, making);
    if (item !== undefined) return standing(item.value, making);
    const value: ProvisionedRequestRecord = { ...record, created_at: toApiTime(deps.clock.now()) };
    const place = { kind: REQUEST, id, parent: owner.orgId ?? NO_PARENT } as const;
    const put = await deps.catalog.put({ ...place, value, expected: 0, quiet: true });
    if (put.kind === 'put') return { kind: 'begun', request };
  }
  throw new Error('The request was neither kept nor found.');
}

function requestOf(
  { catalog }: AdminDependencies,
  { owner, token }: Making,
): Promise<CatalogItem<ProvisionedRequestRecord> | undefined> {
  return catalog.get<ProvisionedRequestRecord>(REQUEST, requestDocument(ownerRecord(owner), token));
}

function standing(record: ProvisionedRequestRecord, { asked }: Making): Begun {
  if (record.asked !== asked) return { kind: 'other' };
  if (record.arn !== null) return { kind: 'made', arn: record.arn };
  return { kind: 'begun', request: record.request };
}

async function keep(
  deps: AdminDependencies,
  visitor: Visitor,
  making: Making,
  arn: string,
): Promise<void> {
  const { resource, owner } = making;
  const org_id = owner.orgId;
  const parent = org_id ?? NO_PARENT;
  const item = await requestOf(deps, making);
  const request = item?.value.request ?? making.request;
  const created_at = toApiTime(deps.clock.now());
  const record = { ...ownerRecord(owner), arn, resource, request, created_at };
  const id = documentOf(arn);
  const change = { visitor, org_id, resource_id: arn };
  const audit = auditRecord(deps, change, { kind: RESOURCE, id }, { before: null, after: record });
  const place = { kind: RESOURCE, id, parent } as const;
  // Expected to be new: of two repetitions at once, the second finds what the first has kept.
  await deps.catalog.put({ ...place, value: record, expected: 0, quiet: true, audit });
  if (item !== undefined) {
    const value = { ...item.value, arn };
    await deps.catalog.put({ kind: REQUEST, id: item.id, parent, value, quiet: true });
  }
  if (org_id !== null) await grant(deps, visitor, org_id, arn);
}

/** Its organization may call what it has made. */
async function grant(
  deps: AdminDependencies,
  visitor: Visitor,
  org_id: string,
  arn: string,
): Promise<void> {
  const grant_id = grantIdOf(arn);
  await replace<GrantRecord>(
    deps,
    { kind: 'grant', id: grantDocument(org_id, grant_id), parent: org_id },
    { visitor, org_id, resource_id: grant_id },
    () => ({
      ...{ org_id, grant_id, kind: 'arn', value: arn, region: null },
      created_at: toApiTime(deps.clock.now()),
    }),
  );
}

async function forget(deps: AdminDependencies, visitor: Visitor, arn: string): Promise<void> {
  const id = documentOf(arn);
  const item = await deps.catalog.get<ProvisionedResourceRecord>(RESOURCE, id);
  if (item === undefined) return;
  const { org_id } = item.value;
  const change = { visitor, org_id, resource_id: arn };
  const values = { before: item.value, after: null };
  const audit = auditRecord(deps, change, { kind: RESOURCE, id }, values);
  await deps.catalog.remove(RESOURCE, id, { expected: item.revision, quiet: true, audit });
  const granted = { kind: 'grant', id: grantDocument(org_id ?? '', grantIdOf(arn)) } as const;
  if (org_id === null || (await deps.catalog.get('grant', granted.id)) === undefined) return;
  await withdraw(deps, granted, { visitor, org_id, resource_id: grantIdOf(arn) }, 'The grant');
}

function grantIdOf(arn: string): string {
  return `made-${parseBedrockArn(arn)?.id ?? ''}`.slice(0, 64);
}

function documentOf(arn: string): string {
  const parsed = parseBedrockArn(arn);
  return `${parsed?.resource ?? ''}/${parsed?.id ?? ''}`;
}
