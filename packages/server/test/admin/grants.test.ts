/** Grants: per organization, of three kinds, with effect from the next call on. */
import type { ApiRequest } from '@tollkeeper/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane, type Tenant } from './control-plane.ts';

let plane: ControlPlane;
let tenant: Tenant;
beforeEach(async () => {
  plane = await startControlPlane();
  tenant = await plane.tenant();
});
afterEach(() => plane.close());

type Body = ApiRequest<'putGrant'>['body'];
const put = (grant_id: string, body: Body) =>
  plane.client.putGrant({ params: { org_id: tenant.org_id, grant_id }, body });

it('reaches the callers of the organization at once, and leaves them at once', async () => {
  const grantsOfCaller = async () => {
    const answer = await plane.credentials.authenticate(tenant.api_key);
    return answer.kind === 'key' ? answer.caller.grants : answer.kind;
  };
  expect(await grantsOfCaller()).toEqual([]);
  const body: Body = { kind: 's3_prefix', value: 's3://videos/in/', region: 'us-east-1' };
  expect(await put('videos', body)).toMatchObject({ grant_id: 'videos', ...body });
  expect(await grantsOfCaller()).toEqual([{ grant_id: 'videos', ...body }]);
  await plane.client.deleteGrant({ params: { org_id: tenant.org_id, grant_id: 'videos' } });
  expect(await grantsOfCaller()).toEqual([]);
});

it('gives a caller every grant, however many pages they fill', async () => {
  for (let i = 0; i < 205; i++) await put(`g${i}`, { kind: 'model', value: `m${i}` });
  const answer = await plane.credentials.resolve(tenant.api_key);
  expect(answer.kind === 'key' && answer.caller.grants).toHaveLength(205);
});

it('keeps grants of the same name in two organizations apart', async () => {
  const other = await plane.tenant();
  await put('g', { kind: 'model', value: 'ours' });
  const params = { org_id: other.org_id, grant_id: 'g' };
  expect(await refusalOf(plane.client.getGrant({ params }))).toMatchObject({ status: 404 });
  expect(await refusalOf(plane.client.deleteGrant({ params }))).toMatchObject({ status: 404 });
  expect((await plane.client.listGrants({ params })).grants).toEqual([]);
});

it.each<[Body['kind'], string]>([
  ['arn', 'anthropic.claude'],
  ['arn', 'arn:aws:bedrock:us-east-1:123456789012:*'],
  ['s3_prefix', 's3://'],
  ['s3_prefix', 's3://bucket'],
  ['s3_prefix', 'https://bucket/key'],
  ['model', '*'],
])('refuses a grant of kind %s for %s', async (kind, value) => {
  expect(await refusalOf(put('g', { kind, value }))).toMatchObject({ status: 400 });
});

it.each<[Body['kind'], string]>([
  ['arn', 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc'],
  ['arn', 'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:guardrail/abc'],
  ['s3_prefix', 's3://bucket/'],
  ['s3_prefix', 's3://bucket/a/b'],
  ['model', 'us.anthropic.claude-3-haiku-20240307-v1:0'],
])('takes a grant of kind %s for %s', async (kind, value) => {
  expect(await put('g', { kind, value })).toMatchObject({ kind, value, region: null });
});
