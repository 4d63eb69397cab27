/** Imports through the API: in pieces, tried first, committed once. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.close());

const ROW = {
  model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
  region: 'us-east-1',
  scope: 'in_region',
  tier: 'standard',
  usage_class: 'input',
  context_band: 'all',
  effective_from: '2026-11-01',
  usd: '0.30',
  per: 1_000_000,
} as const;

async function begin(origin: 'aws_price_list' | 'operator' = 'aws_price_list') {
  const { import_id } = await plane.client.beginPriceImport({ body: { origin, note: 'test' } });
  const append = (piece: number, ...rows: readonly (typeof ROW | object)[]) =>
    plane.client.appendPriceImport({
      params: { import_id, piece: String(piece) },
      body: { rows: rows.map((row) => ({ ...ROW, ...row })) },
    });
  const commit = (pieces: number, dry_run = false) =>
    plane.client.commitPriceImport({ params: { import_id }, body: { pieces, dry_run } });
  return { import_id, append, commit };
}

it('says what it would change before it does, and then does exactly that', async () => {
  const { append, commit } = await begin();
  await append(0, {}, { usage_class: 'cache_read', usd: '0.03' });
  await append(1, { usage_class: 'output', usd: '1.250' });
  const tried = await commit(2, true);
  expect(tried).toMatchObject({ added: 1, changed: 1, removed: 0, same: 1, missing: 0 });
  expect(tried.price_version).toBe('prices-1');
  expect(tried.changes).toMatchObject([
    { change: 'changed', before_usd: '0.00000025', after_usd: '0.0000003' },
    { change: 'added', before_usd: null, after_usd: '0.00000003' },
  ]);
  expect(plane.prices.current().version).toBe('prices-1');

  const done = await commit(2);
  expect(done).toMatchObject({ dry_run: false, price_version: '2026-11-22.1', changed: 1 });
  const query = { model_id: ROW.model_id };
  const { prices } = await plane.client.listPrices({ query });
  expect(prices.map(({ usage_class, usd, source }) => [usage_class, usd, source])).toEqual([
    ['cache_read', '0.03', 'PRICING_API'],
    ['input', '0.30', 'PRICING_API'],
    ['output', '1.25', 'CONFIG_FALLBACK'],
  ]);
  const version = { price_version: '2026-11-22.1' };
  expect(await plane.client.getPriceVersion({ params: version })).toMatchObject({
    reason: 'import',
    note: 'test',
    created_by: 'provisioning_key',
    counts: { added: 1, changed: 1, removed: 0, layers: 0 },
  });
});

it('compares two versions, row by row and layer by layer', async () => {
  const { append, commit } = await begin('operator');
  await append(0, {}, { usage_class: 'cache_read', usd: '0.03' });
  await commit(1);
  await plane.client.putPriceLayer({
    params: { layer_id: 'm' },
    body: { kind: 'markup', percent: '5' },
  });
  const diff = await plane.client.diffPrices({ query: { from: 'prices-1' } });
  expect(diff).toMatchObject({ from: 'prices-1', to: '2026-11-22.2', layers_added: ['m'] });
  expect(diff.changes.map(({ change, usage_class }) => [change, usage_class])).toEqual([
    ['added', 'cache_read'],
    ['added', 'input'],
  ]);
  const back = { from: '2026-11-22.2', to: 'prices-1', limit: 1 };
  const first = await plane.client.diffPrices({ query: back });
  expect(first).toMatchObject({ changes: [{ change: 'removed' }], layers_removed: ['m'] });
  expect(first.next_cursor).toBe('1');
  const none = plane.client.diffPrices({ query: { from: '1999-01-01.1' } });
  expect(await refusalOf(none)).toMatchObject({ status: 404 });
});

it('takes a piece again in the place of the first, and needs every piece', async () => {
  const { append, commit } = await begin();
  await append(0, { usd: '7' });
  await append(0, { usd: '0.30' });
  expect(await refusalOf(commit(2))).toMatchObject({ status: 400, code: 'INVALID_CONFIG' });
  expect(await commit(1, true)).toMatchObject({ changed: 1, added: 0 });
});

it.each([
  [{ effective_from: '2026-02-30' }, 'effective_from'],
  [{ context_band: 'le_lots' }, 'context_band'],
  [{ per: 3 }, 'per'],
  [{ usd: '1e-3' }, 'usd'],
  [{ region: 'everywhere' }, 'region'],
  [{ colour: 'red' }, 'colour'],
])('refuses a row with %j, naming it', async (wrong, member) => {
  const { append } = await begin();
  const refusal = await refusalOf(append(0, {}, wrong));
  expect(refusal).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  expect(JSON.stringify(refusal)).toContain(member);
});

it('refuses to commit what contradicts itself', async () => {
  const { append, commit } = await begin();
  await append(0, {}, { usd: '0.31' });
  expect(await refusalOf(commit(1))).toMatchObject({ status: 400, code: 'INVALID_CONFIG' });
  expect(plane.prices.versions).toHaveLength(1);
});

it('is gone when it was committed, given up, or left for a day', async () => {
  const committed = await begin();
  await committed.append(0, {});
  await committed.commit(1);
  expect(await refusalOf(committed.commit(1))).toMatchObject({ status: 404 });
  const dropped = await begin();
  await plane.client.dropPriceImport({ params: dropped });
  expect(await refusalOf(dropped.append(0, {}))).toMatchObject({ status: 404 });
  const left = await begin();
  await left.append(0, {});
  plane.clock.advance(86_400_001);
  await begin();
  expect(await refusalOf(left.commit(1))).toMatchObject({ status: 404 });
  const { items } = await plane.catalog.list('price_rows', { parent: left.import_id, limit: 1 });
  expect(items).toEqual([]);
});
