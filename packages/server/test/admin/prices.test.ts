/** Prices: the rows that count at a moment, in full, page by page. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.close());

it('shows the price of one unit beside the stated one, exactly', async () => {
  const query = { model_id: 'anthropic.claude-3-haiku-20240307-v1:0', region: 'us-east-1' };
  const { price_version, prices, next_cursor } = await plane.client.listPrices({ query });
  expect(price_version).toBe('prices-1');
  expect(
    prices.map(({ usage_class, usd, per, unit_price_usd }) => [
      usage_class,
      usd,
      per,
      unit_price_usd,
    ]),
  ).toEqual([
    ['input', '0.25', 1_000_000, '0.00000025'],
    ['output', '1.25', 1_000_000, '0.00000125'],
  ]);
  expect(next_cursor).toBeNull();
});

it('has no prices for a moment before there were any, nor for another region', async () => {
  const before = await plane.client.listPrices({ query: { at: '2024-03-12T23:59:59.999Z' } });
  expect(before.prices).toEqual([]);
  const elsewhere = await plane.client.listPrices({ query: { region: 'eu-west-2' } });
  expect(elsewhere.prices).toEqual([]);
});

it('pages, and refuses a cursor that it did not give', async () => {
  const first = await plane.client.listPrices({ query: { limit: 1 } });
  const cursor = first.next_cursor ?? '';
  const rest = await plane.client.listPrices({ query: { limit: 1, cursor } });
  expect([...first.prices, ...rest.prices].map(({ usage_class }) => usage_class)).toEqual([
    'input',
    'output',
  ]);
  expect(rest.next_cursor).toBeNull();
  const refused = await refusalOf(plane.client.listPrices({ query: { cursor: 'x' } }));
  expect(refused).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
});

it('shows a tenant the prices of now, and of an old version only to the operator', async () => {
  const { api_key } = await plane.tenant();
  const tenant = plane.as(api_key);
  expect((await tenant.listPrices()).prices.length).toBeGreaterThan(0);
  const query = { price_version: 'prices-1' };
  expect(await refusalOf(tenant.listPrices({ query }))).toMatchObject({ status: 403 });
  expect((await plane.client.listPrices({ query })).price_version).toBe('prices-1');
});
