/** A refusal is no entry, but it leaves a row: by the whole server, over its own API. */
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { createClient, resultProblems, type Client } from '@tollkeeper/contract';
import { afterEach, expect, test } from 'vitest';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import { counterOf } from './metrics-reading.ts';
import { call, eventually, type CallOptions } from './requests.ts';
import { startSecond } from './second-server.ts';

const NOVA = 'amazon.nova-micro-v1:0';
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function product(options: Parameters<typeof startProduct>[0] = {}): Promise<RunningProduct> {
  const started = await startProduct(options);
  endings.push(() => started.close());
  return started;
}

type Query = Parameters<Client['listRefusals']>[0];
type Row = Awaited<ReturnType<Client['listRefusals']>>['refusals'][number];

/** The rows that somebody sees, once their calls are so many. */
function rowsOf(client: Client, calls: number, query: Query = {}): Promise<readonly Row[]> {
  return eventually(async () => {
    const { refusals } = await client.listRefusals(query);
    const counted = refusals.reduce((sum, { count }) => sum + count, 0);
    return counted >= calls ? refusals : undefined;
  });
}

const clientOf = (of: RunningProduct, apiKey: string): Client =>
  createClient({ endpoint: of.endpoint, apiKey, fetch });

/** An organization beside that of the product, with a key that sees all of its usage. */
async function tenant({ client, server }: RunningProduct, scopes: readonly 'usage:org'[] = []) {
  const params = { org_id: server.ids.uuid(), app_id: 'app' };
  await client.putOrganization({ params, body: {} });
  await client.putApplication({ params, body: {} });
  const body = { scopes: ['invoke' as const, 'usage:self' as const, ...scopes] };
  const { api_key, key_id } = await client.createKey({ params, body });
  return { org_id: params.org_id, api_key, key_id };
}

test('every call that is refused leaves a row that says whose it was and why', async () => {
  const running = await product({ limitUsd: '0.000000000001' });
  const refused: Record<string, CallOptions> = {
    spent: {},
    wrongKey: { key: 'no-key-of-ours' },
    unpriced: { model: 'nobody.knows-this-v1:0' },
    malformed: { body: '{"messages": [' },
    streamed: { operation: 'converse-stream' },
  };
  const ids: Record<string, string> = {};
  for (const [name, options] of Object.entries(refused)) {
    const answer = await call(running, options);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    ids[name] = answer.requestId;
  }
  const page = { refusals: await rowsOf(running.client, 5), next_cursor: null };
  expect(resultProblems('listRefusals', page)).toEqual([]);
  expect(page.refusals).toHaveLength(5);
  const row = (name: string) => page.refusals.find(({ refusal_id }) => refusal_id === ids[name]);
  const ours = { org_id: running.orgId, app_id: 'app', key_id: running.keyId, count: 1 };
  expect(row('spent')).toMatchObject({ ...ours, model_id: NOVA, operation: 'Converse' });
  expect(row('spent')?.reason).toMatch(/^budget_/);
  expect(row('wrongKey')).toMatchObject({ org_id: null, app_id: null, key_id: null, count: 1 });
  expect(row('wrongKey')?.error).toBe('UnrecognizedClientException');
  expect(row('unpriced')).toMatchObject({ ...ours, model_id: 'nobody.knows-this-v1:0' });
  expect(row('malformed')).toMatchObject({ ...ours, error: 'ValidationException' });
  expect(row('streamed')).toMatchObject({ ...ours, operation: 'ConverseStream' });
  expect((await running.client.listEntries()).entries).toEqual([]);
  const { reason = '' } = row('malformed') ?? {};
  const narrowed = await running.client.listRefusals({ query: { reason, model_id: NOVA } });
  expect(narrowed.refusals.map(({ refusal_id }) => refusal_id)).toEqual([ids['malformed']]);
});

test('a call that is served leaves no row', async () => {
  const running = await product();
  expect((await call(running, {})).status).toBe(200);
  await call(running, { body: '{' });
  expect(await rowsOf(running.client, 1)).toHaveLength(1);
});

test("an organization sees its own refusals alone; nobody's are the operator's", async () => {
  const running = await product();
  const theirs = await tenant(running, ['usage:org']);
  const own = await tenant(running);
  for (const key of [theirs.api_key, theirs.api_key, own.api_key, 'a-wrong-key']) {
    await call(running, { key, body: '{' });
  }
  expect(await rowsOf(running.client, 4)).toHaveLength(4);
  const seen = await clientOf(running, theirs.api_key).listRefusals({});
  expect(seen.refusals.map(({ org_id }) => org_id)).toEqual([theirs.org_id, theirs.org_id]);
  const self = await clientOf(running, own.api_key).listRefusals({});
  expect(self.refusals.map(({ key_id }) => key_id)).toEqual([own.key_id]);
  const prying = clientOf(running, theirs.api_key).listRefusals({ query: { org_id: own.org_id } });
  await expect(prying).rejects.toMatchObject({ status: 404 });
  const wrong = running.client.listRefusals({ query: { cursor: 'mine' } });
  await expect(wrong).rejects.toMatchObject({ status: 400 });
});

test('pages go on where the last one ended', async () => {
  const running = await product();
  for (let i = 0; i < 5; i++) await call(running, { body: '{' });
  const all = await rowsOf(running.client, 5);
  const first = await running.client.listRefusals({ query: { limit: 3 } });
  const cursor = first.next_cursor ?? '';
  const second = await running.client.listRefusals({ query: { limit: 3, cursor } });
  expect([...first.refusals, ...second.refusals]).toEqual(all);
  expect(second.next_cursor).toBeNull();
});

test('whoever goes on calling fills no disk: the rest is one row with its count', async () => {
  const running = await product({ settings: { refusalRowsMax: 3 } });
  const calls = Array.from({ length: 40 }, () => call(running, { body: '{' }));
  await Promise.all(calls);
  const rows = await rowsOf(running.client, 40);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(40);
  // The test may begin before a full hour and end after it.
  expect(rows.length).toBeLessThanOrEqual(8);
});

test('a store that does not take refusals changes nothing for calls, and is seen', async () => {
  const running = await product({
    wrapStores: (stores) => ({
      ...stores,
      refusals: {
        recordRefusals: () => Promise.reject(new StoreUnavailable('disk full')),
        refusals: (query) => stores.refusals.refusals(query),
        forgetRefusals: () => Promise.reject(new StoreUnavailable('disk full')),
      },
    }),
    settings: { sweepIntervalMs: 100 },
  });
  for (let i = 0; i < 3; i++) {
    expect((await call(running, { body: '{' })).error).toBe('ValidationException');
    expect((await call(running, {})).status).toBe(200);
  }
  expect(await counterOf(running, 'tollkeeper_refusals_waiting')).toBe(3);
  expect(await counterOf(running, 'tollkeeper_refusals_not_kept_total')).toBe(0);
  expect((await running.client.listEntries()).entries).toHaveLength(3);
});

test('what was refused right before the end is there after a restart, once', async () => {
  const running = await product();
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) ids.push((await call(running, { body: '{' })).requestId);
  await running.server.close();
  const again = await startSecond(running, { kind: 'demo', upstreamUrl: running.simulator.url });
  endings.push(() => again.close());
  const { refusals } = await again.stores.refusals.refusals({ limit: 10 });
  expect(refusals.map(({ refusal_id }) => refusal_id).toSorted()).toEqual(ids.toSorted());
});
