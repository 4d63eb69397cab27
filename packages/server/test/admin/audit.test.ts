/** The audit log through the API: every change leaves a record, and nobody takes one away. */
import { OPERATION_NAMES, operation, type OperationName } from '@tollkeeper/contract';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane, type Tenant } from './control-plane.ts';

let plane: ControlPlane;
let tenant: Tenant;
beforeEach(async () => {
  plane = await startControlPlane();
  tenant = await plane.tenant();
});
afterEach(() => plane.close());

const listed = async (query: Parameters<ControlPlane['client']['listAudit']>[0] = {}) =>
  (await plane.client.listAudit(query)).records;

/** Everything that an administrator can change, once. */
async function changeEverything(): Promise<void> {
  const { org_id } = tenant;
  const params = { org_id, app_id: 'web', grant_id: 'g', budget_id: 'b' };
  await plane.client.putOrganization({ params, body: { org_name: 'Acme' } });
  await plane.client.putApplication({ params, body: { app_name: 'Web' } });
  const made = await plane.client.createKey({ params, body: { name: 'one' } });
  await plane.client.revokeKey({ params: { key_id: made.key_id } });
  const pair = await plane.client.createAccessKey({ params, body: {} });
  await plane.client.revokeAccessKey({ params: { key_id: pair.key_id } });
  const scope = { type: 'organization', org_id } as const;
  const limit = { unit: 'usd', amount: '1.50' } as const;
  await plane.client.putBudget({ params, body: { scope, limit, window: 'day' } });
  await plane.client.deleteBudget({ params });
  await plane.client.putGrant({ params, body: { kind: 'model', value: 'm' } });
  await plane.client.deleteGrant({ params });
  await changeClients(org_id);
  await changeWebhooks(org_id);
  await changePrices();
  const capacity = { model_id: 'a.b', commitment: 'none' } as const;
  await plane.client.putUnitHourPrice({ params: capacity, body: { unit_hour_usd: '1' } });
  await plane.client.deleteUnitHourPrice({ params: capacity });
}

async function changeClients(org_id: string): Promise<void> {
  const params = { org_id, app_id: 'web' };
  const ofOrg = await plane.client.rotateOrganizationSecret({ params, body: {} });
  const ofApp = await plane.client.rotateApplicationSecret({ params, body: {} });
  const tokens = [ofOrg, ofApp].map((each) => ({ token: each.secret_retrieval.token }));
  const [org = { token: '' }, app = { token: '' }] = tokens;
  await plane.client.fetchOrganizationSecret({ params, body: org });
  await plane.client.fetchApplicationSecret({ params, body: app });
  await plane.client.rotateSigningKeys({ body: {} });
}

async function changeWebhooks(org_id: string): Promise<void> {
  const params = { org_id, webhook_id: 'h' };
  await plane.client.putWebhook({ params, body: { url: 'https://example.com/' } });
  await plane.client.rotateWebhookSecret({ params, body: {} });
  await plane.client.deleteWebhook({ params });
}

async function changePrices(): Promise<void> {
  const price = { model_id: 'a.b', region: 'us-east-1', usage_class: 'input', usd: '1' };
  await plane.client.setPrice({ body: price });
  const layer = { layer_id: 'l' };
  await plane.client.putPriceLayer({ params: layer, body: { kind: 'markup', percent: '5' } });
  await plane.client.deletePriceLayer({ params: layer });
  const params = await plane.client.beginPriceImport({ body: {} });
  const row = { scope: 'in_region', tier: 'standard', context_band: 'all', per: 1 } as const;
  await plane.client.appendPriceImport({
    params: { ...params, piece: '0' },
    body: { rows: [{ ...price, ...row, effective_from: '2026-01-01' }] },
  });
  await plane.client.commitPriceImport({ params, body: { pieces: 1 } });
  const period = { from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' };
  const { rerate_id } = await plane.client.startRerate({ body: period });
  const item = await plane.catalog.get<object>('rerate', rerate_id);
  const value = { ...item?.value, status: 'running' };
  await plane.catalog.put({ kind: 'rerate', id: rerate_id, parent: '', value });
  await plane.client.cancelRerate({ params: { rerate_id } });
}

it('has a record of every operation that administers', async () => {
  await changeEverything();
  const recorded = new Set((await listed()).map(({ action }) => action));
  const changing = OPERATION_NAMES.filter((name) => {
    const { access, method } = operation(name);
    return access === 'provisioning' && method !== 'GET' && !ELSEWHERE.has(name);
  });
  expect(changing.filter((name) => !recorded.has(name))).toEqual([]);
});

/** Operations that hand over what does not count yet: the commit of an import has the record. */
const ELSEWHERE: ReadonlySet<OperationName> = new Set<OperationName>([
  'beginPriceImport',
  'appendPriceImport',
  'dropPriceImport',
  // What it sends is in the history of deliveries.
  'testWebhook',
  // It sums up again what the ledger has, and changes nothing else.
  'trackCosts',
]);

it('says who, when, from where, by which request, and how it was before and after', async () => {
  const { org_id } = tenant;
  const params = { org_id, app_id: 'web' };
  plane.clock.advance(60_000);
  await plane.client.putApplication({ params, body: { app_name: 'Web' } });
  const [last] = await listed({ query: { resource: 'application' } });
  expect(last).toMatchObject({
    at: '2026-11-22T14:34:00.000Z',
    actor: { kind: 'provisioning_key', id: 'provisioning' },
    action: 'putApplication',
    resource: 'application',
    resource_id: 'web',
    org_id,
    before: { app_id: 'web', app_name: null },
    after: { app_id: 'web', app_name: 'Web', updated_at: '2026-11-22T14:34:00.000Z' },
    source_ip: '127.0.0.1',
  });
  expect(last?.request_id).toMatch(/^[0-9a-f-]{36}$/);
});

it('holds neither tokens nor hashes of them', async () => {
  const { key_id, api_key } = await plane.client.createKey({ params: tenant, body: {} });
  await plane.client.revokeKey({ params: { key_id } });
  const pair = await plane.client.createAccessKey({ params: tenant, body: {} });
  const stored = await plane.catalog.get<{ hash: string }>('api_key', key_id);
  const hash = stored?.value.hash ?? '';
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  const text = JSON.stringify(await listed());
  expect(text).toContain(key_id);
  const token = api_key.split('_').at(-1) ?? '';
  const { secret_access_key } = pair;
  for (const secret of [hash, api_key, token, secret_access_key, plane.provisioningKey]) {
    expect(text).not.toContain(secret);
  }
  expect(text).not.toMatch(/"[a-z_]*hash"/);
});

it('has nothing of a change that was refused', async () => {
  const before = await listed();
  const params = { org_id: tenant.org_id, grant_id: 'g' };
  const refused = plane.client.putGrant({ params, body: { kind: 'arn', value: 'no' } });
  expect(await refusalOf(refused)).toMatchObject({ status: 400 });
  expect(await refusalOf(plane.client.deleteGrant({ params }))).toMatchObject({ status: 404 });
  const budget = plane.client.deleteBudget({ params: { budget_id: 'none' } });
  expect(await refusalOf(budget)).toMatchObject({ status: 404 });
  expect(await listed()).toEqual(before);
});

it('is narrowed by organization, resource, actor and time, in pages', async () => {
  const other = await plane.tenant();
  const of = (query: Parameters<ControlPlane['client']['listAudit']>[0]) =>
    listed(query).then((records) => records.map(({ action }) => action));
  const { org_id } = other;
  // The second of each is that of the client which is made with it.
  const made = ['putApplication', 'putApplication', 'putOrganization', 'putOrganization'];
  const all = ['createKey', ...made];
  expect(await of({ query: { org_id } })).toEqual(all);
  expect(await of({ query: { org_id, resource: 'api_key' } })).toEqual(['createKey']);
  expect(await of({ query: { actor: 'cli' } })).toEqual(['createProvisioningKey']);
  expect(await of({ query: { actor: 'cli:nobody' } })).toEqual([]);
  expect(await of({ query: { from: '2027-01-01T00:00:00Z' } })).toEqual([]);
  const first = await plane.client.listAudit({ query: { org_id, limit: 3 } });
  const cursor = first.next_cursor ?? '';
  const rest = await plane.client.listAudit({ query: { org_id, limit: 3, cursor } });
  const pages = [...first.records, ...rest.records].map(({ action }) => action);
  expect([pages, rest.next_cursor]).toEqual([all, null]);
});

it('refuses a cursor of its own making and an actor that does not exist', async () => {
  for (const query of [{ cursor: 'x' }, { cursor: '9'.repeat(30) }, { actor: 'king' }]) {
    expect(await refusalOf(plane.client.listAudit({ query }))).toMatchObject({ status: 400 });
  }
});

it('cannot be changed: no operation but reading is under its path', async () => {
  const paths = OPERATION_NAMES.map(operation).filter(({ path }) => path.includes('/audit'));
  expect(paths.map(({ method }) => method)).toEqual(['GET']);
});
