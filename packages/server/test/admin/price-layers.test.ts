/** Price layers through the API: what is refused, what counts, and what is kept of each change. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane, type Tenant } from './control-plane.ts';

const MODEL = 'anthropic.claude-3-haiku-20240307-v1:0';

let plane: ControlPlane;
let tenant: Tenant;
beforeEach(async () => {
  plane = await startControlPlane();
  tenant = await plane.tenant();
});
afterEach(() => plane.close());

const put = (layer_id: string, body: Parameters<typeof plane.client.putPriceLayer>[0]['body']) =>
  plane.client.putPriceLayer({ params: { layer_id }, body });

function inputPrice(org_id?: string): string | undefined {
  const query = { model_id: MODEL, region: 'us-east-1', scope: 'in_region' } as const;
  const moment = { tier: 'standard', at: plane.clock.now() };
  const whose = org_id === undefined ? {} : { org_id };
  const card = plane.prices.current().rateCard({ ...query, ...moment, ...whose });
  return card?.bands[0]?.prices.input?.usd;
}

describe('setPrice', () => {
  it('puts another price in the place of the list, from today on, as one version', async () => {
    const layer = await plane.client.setPrice({
      body: { model_id: MODEL, region: 'us-east-1', usage_class: 'input', usd: '0.20' },
    });
    expect(layer).toMatchObject({
      kind: 'override',
      scope: 'in_region',
      tier: 'standard',
      context_band: 'all',
      per: 1_000_000,
      effective_from: '2026-11-22',
      price_version: '2026-11-22.1',
    });
    expect(inputPrice()).toBe('0.20');
    const { prices, price_version } = await plane.client.listPrices({
      query: { model_id: MODEL },
    });
    expect(price_version).toBe('2026-11-22.1');
    expect(prices.map(({ usd, source, sources }) => [usd, source, sources])).toEqual([
      ['0.20', 'CONFIG_FALLBACK', [`layer:${layer.layer_id}`]],
      ['1.25', 'CONFIG_FALLBACK', ['test']],
    ]);
    const yesterday = { model_id: MODEL, at: '2026-11-21T00:00:00Z' };
    const before = await plane.client.listPrices({ query: yesterday });
    expect(before.prices[0]).toMatchObject({ usd: '0.25' });
    const old = await plane.client.listPrices({ query: { price_version: 'prices-1' } });
    expect(old.prices[0]).toMatchObject({ usd: '0.25' });
  });

  it('refuses a class in which no call is counted, and says which there are', async () => {
    const body = { model_id: MODEL, region: 'us-east-1', usage_class: 'bananas', usd: '1' };
    const refusal = await refusalOf(plane.client.setPrice({ body }));
    expect(refusal).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    const words = refusal === 'none' ? '' : refusal.message;
    expect(words).toMatch(/usage_class must be .*cache_write_1h.*search_unit/);
    const same = await refusalOf(put('fruit', { kind: 'override', ...body }));
    expect(same).toMatchObject({ status: 400 });
  });

  it('counts units one by one unless told otherwise', async () => {
    const layer = await plane.client.setPrice({
      body: { model_id: 'a.image', region: 'us-east-1', usage_class: 'image', usd: '0.04' },
    });
    expect(layer.per).toBe(1);
  });
});

describe('putPriceLayer', () => {
  it('negotiates for one organization, and the rest pays as before', async () => {
    await put('deal', { kind: 'discount', percent: '20', org_id: tenant.org_id });
    expect([inputPrice(tenant.org_id), inputPrice('other')]).toEqual(['0.2', '0.25']);
    await put('deal', { kind: 'discount', percent: '40', org_id: tenant.org_id });
    expect(inputPrice(tenant.org_id)).toBe('0.15');
    const { layers } = await plane.client.listPriceLayers({ query: { org_id: tenant.org_id } });
    expect(layers).toMatchObject([{ layer_id: 'deal', percent: '40' }]);
    await plane.client.deletePriceLayer({ params: { layer_id: 'deal' } });
    expect(inputPrice(tenant.org_id)).toBe('0.25');
  });

  it.each([
    [{ kind: 'discount' }, 'body.percent'],
    [{ kind: 'discount', percent: '101' }, 'body.percent'],
    [{ kind: 'markup', percent: '5', usd: '1' }, 'body.usd'],
    [{ kind: 'markup', percent: '5', provider: 'amazon', model_id: MODEL }, 'body.provider'],
    [{ kind: 'override', usd: '1' }, 'body.model_id'],
    [{ kind: 'override', percent: '5' }, 'body.percent'],
    [{ kind: 'markup', percent: '5', effective_from: '2026-02-30' }, 'body.effective_from'],
    [{ kind: 'markup', percent: '5', effective_until: '2026-11-22' }, 'body.effective_until'],
  ] as const)('refuses %j, naming %s', async (body, member) => {
    const refusal = await refusalOf(put('l', body));
    expect(refusal).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
    expect(JSON.stringify(refusal)).toContain(member);
    expect(plane.prices.versions).toHaveLength(1);
  });

  it('refuses bands and quantities that are none', async () => {
    const key = { model_id: 'a.b', region: 'us-east-1', usage_class: 'input', usd: '1' };
    for (const wrong of [{ context_band: 'le_lots' }, { per: 12 }]) {
      const body = { ...key, ...wrong };
      expect(await refusalOf(plane.client.setPrice({ body }))).toMatchObject({ status: 400 });
    }
  });

  it('knows only organizations that there are', async () => {
    const body = { kind: 'markup', percent: '5', org_id: plane.ids.uuid() } as const;
    expect(await refusalOf(put('l', body))).toMatchObject({ status: 404 });
  });

  it('pages by id', async () => {
    for (const id of ['c', 'a', 'b']) await put(id, { kind: 'markup', percent: '1' });
    const first = await plane.client.listPriceLayers({ query: { limit: 2 } });
    expect(first.layers.map(({ layer_id }) => layer_id)).toEqual(['a', 'b']);
    const cursor = first.next_cursor ?? '';
    const rest = await plane.client.listPriceLayers({ query: { limit: 2, cursor } });
    expect(rest.layers.map(({ layer_id }) => layer_id)).toEqual(['c']);
    expect(rest.next_cursor).toBeNull();
  });
});

it('what does not exist is not found, and cannot be taken away', async () => {
  const params = { layer_id: 'none' };
  expect(await refusalOf(plane.client.getPriceLayer({ params }))).toMatchObject({ status: 404 });
  expect(await refusalOf(plane.client.deletePriceLayer({ params }))).toMatchObject({ status: 404 });
});

it('keeps of every change who made it and how the layer was before and after', async () => {
  await put('deal', { kind: 'discount', percent: '20', org_id: tenant.org_id });
  await put('deal', { kind: 'discount', percent: '30', org_id: tenant.org_id });
  await plane.client.deletePriceLayer({ params: { layer_id: 'deal' } });
  const { records } = await plane.client.listAudit({ query: { resource: 'price_layer' } });
  expect(records.map(({ action, org_id }) => [action, org_id])).toEqual([
    ['deletePriceLayer', tenant.org_id],
    ['putPriceLayer', tenant.org_id],
    ['putPriceLayer', tenant.org_id],
  ]);
  const percents = records.map(({ before, after }) => [before, after]);
  expect(percents).toMatchObject([
    [{ percent: '30' }, null],
    [{ percent: '20' }, { percent: '30' }],
    [null, { percent: '20' }],
  ]);
});
