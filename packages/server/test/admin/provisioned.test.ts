/** Provisioned throughput over the API: the same rules by other names, answers by their schemas. */
import { createClient, resultProblems, type Client } from '@tollkeeper/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openAccount, SONNET, tags, type AwsAccount } from './aws-account.ts';
import { refusalOf } from './control-plane.ts';

let account: AwsAccount;
let ada: Client;
const PURCHASE = { model_id: SONNET, model_units: 1 };

beforeEach(async () => {
  account = await openAccount({ unitHour: 1_500_000_000_000n });
  ada = await clientOf(await account.buyer('ada'));
});
afterEach(() => account.close());

async function clientOf(accessToken: string): Promise<Client> {
  return createClient({ endpoint: account.plane.endpoint, accessToken, fetch });
}

it('is bought, read, listed, tagged and deleted', async () => {
  const bought = await ada.createProvisionedThroughput({
    body: { ...PURCHASE, name: 'support', tags: { project: 'one' } },
  });
  expect(resultProblems('createProvisionedThroughput', bought)).toEqual([]);
  expect(bought).toMatchObject({ dry_run: false, plan: null });
  const provisioned_id = bought.provisioned_id ?? '';
  expect(provisioned_id).toMatch(/^[a-z0-9]{12}$/);
  const arn = bought.provisioned_model_arn ?? '';

  // By id, by name and by ARN.
  for (const called of [provisioned_id, 'support', arn]) {
    const read = await ada.getProvisionedThroughput({ params: { provisioned_id: called } });
    expect(resultProblems('getProvisionedThroughput', read)).toEqual([]);
    expect(read).toMatchObject({
      ...{ provisioned_id, provisioned_model_arn: arn, name: 'support', status: 'InService' },
      ...{ model_units: 1, commitment: null, commitment_expires_at: null, user_id: 'ada' },
      tags: { project: 'one', CreatedBy: 'Tollkeeper' },
    });
  }
  const params = { provisioned_id };
  const tagged = await ada.tagProvisioned({ params, body: { tags: { project: 'two', a: '' } } });
  expect(tagged.tags).toMatchObject({ project: 'two', a: '' });
  await ada.untagProvisioned({ params, query: { names: 'a' } });
  const shown = await ada.getProvisionedTags({ params });
  expect(Object.keys(shown.tags).toSorted()).toEqual(
    ['CreatedAt', 'CreatedBy', 'Source', 'project', 'userId'].toSorted(),
  );
  const found = await ada.listProvisionedThroughput({ query: { tag: 'project=two,userId=ada' } });
  expect(resultProblems('listProvisionedThroughput', found)).toEqual([]);
  expect(found.provisioned_throughput).toMatchObject([{ name: 'support' }]);
  const none = await ada.listProvisionedThroughput({ query: { user_id: 'grace' } });
  expect(none.provisioned_throughput).toEqual([]);

  await ada.deleteProvisionedThroughput({ params, query: { dry_run: true } });
  await ada.deleteProvisionedThroughput({ params });
  expect(await refusalOf(ada.getProvisionedThroughput({ params }))).toMatchObject({
    status: 404,
    code: 'NOT_FOUND',
  });
});

it('asks for a commitment to be confirmed, and shows what it comes to', async () => {
  const body = { ...PURCHASE, commitment: 'one_month' } as const;
  const refused = await refusalOf(ada.createProvisionedThroughput({ body }));
  if (refused === 'none') throw new Error('It was bought.');
  // 720 hours from 22 November to 22 December at 1.50 USD.
  expect(refused).toMatchObject({
    ...{ status: 409, code: 'CONFIRMATION_REQUIRED' },
    details: { price: { total_usd: '1080', hours: 720, unit_hour_usd: '1.5' } },
  });
  expect(account.sent()).toEqual([]);
  const plan = await ada.createProvisionedThroughput({ body: { ...body, dry_run: true } });
  expect(resultProblems('createProvisionedThroughput', plan)).toEqual([]);
  expect(plan.plan).toMatchObject({ commitment: 'one_month', price: { total_usd: '1080' } });
  const confirmation = plan.plan?.confirmation?.token ?? '';
  expect(account.sent()).toEqual([]);
  const { provisioned_id } = await ada.createProvisionedThroughput({
    body: { ...body, confirmation },
  });
  const params = { provisioned_id: provisioned_id ?? '' };
  const read = await ada.getProvisionedThroughput({ params });
  expect(read.commitment).toBe('one_month');
  expect(await refusalOf(ada.deleteProvisionedThroughput({ params }))).toMatchObject({
    ...{ status: 400, code: 'INVALID_CONFIG' },
  });
});

it('is made once for a client token', async () => {
  const body = { ...PURCHASE, client_token: 'order-7' };
  const first = await ada.createProvisionedThroughput({ body });
  expect(await ada.createProvisionedThroughput({ body })).toEqual(first);
  const other = ada.createProvisionedThroughput({ body: { ...body, model_units: 2 } });
  expect(await refusalOf(other)).toMatchObject({ status: 409, code: 'ALREADY_EXISTS' });
});

it('refuses too many tags, and tags of ours, as invalid requests', async () => {
  for (const bad of [tags(47), { userId: 'eve' }]) {
    const refused = ada.createProvisionedThroughput({ body: { ...PURCHASE, tags: bad } });
    expect(await refusalOf(refused)).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  }
  expect(account.sent()).toEqual([]);
});

it('is bought by no key of an application, but by the operator, with no user on it', async () => {
  const tenant = await account.plane.tenant();
  const byKey = account.plane.as(tenant.api_key).createProvisionedThroughput({ body: PURCHASE });
  expect(await refusalOf(byKey)).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  const { client } = account.plane;
  const { provisioned_id } = await client.createProvisionedThroughput({ body: PURCHASE });
  const params = { provisioned_id: provisioned_id ?? '' };
  expect((await client.getProvisionedThroughput({ params })).user_id).toBeNull();
  expect(await refusalOf(ada.getProvisionedThroughput({ params }))).toMatchObject({ status: 404 });
});

it('shows the models that AWS offers, and which can be provisioned', async () => {
  const { models } = await ada.listFoundationModels({ query: { inference_type: 'PROVISIONED' } });
  expect(models.length).toBeGreaterThan(0);
  expect(models.every((model) => model.inference_types.includes('PROVISIONED'))).toBe(true);
  const model = await ada.getFoundationModel({ params: { model_id: SONNET } });
  expect(resultProblems('getFoundationModel', model)).toEqual([]);
  expect(model).toMatchObject({ model_id: SONNET, provider: 'Anthropic' });
});
