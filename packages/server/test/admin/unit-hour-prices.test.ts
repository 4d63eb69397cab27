/** Prices of unit hours over the API: stated, read, listed, withdrawn and audited. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refusalOf, startControlPlane, type ControlPlane } from './control-plane.ts';

const params = {
  model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
  commitment: 'one_month',
} as const;
let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.close());

it('a price is kept with the past ones, and its repetition changes nothing', async () => {
  const put = (unit_hour_usd: string, effective_from?: string) =>
    plane.client.putUnitHourPrice({
      params,
      body: { unit_hour_usd, ...(effective_from === undefined ? {} : { effective_from }) },
    });
  await put('21.18');
  plane.clock.advance(60_000);
  await put('21.180');
  await put('20', '2026-12-01T00:00:00+01:00');
  const read = await plane.client.getUnitHourPrice({ params });
  expect(read).toMatchObject({
    ...params,
    prices: [
      { effective_from: null, unit_hour_usd: '21.18' },
      { effective_from: '2026-11-30T23:00:00.000Z', unit_hour_usd: '20' },
    ],
  });
  expect((await plane.client.listUnitHourPrices()).unit_hour_prices).toEqual([read]);
  await plane.client.deleteUnitHourPrice({ params });
  expect(await refusalOf(plane.client.getUnitHourPrice({ params }))).toMatchObject({ status: 404 });
});

it.each(['-1', '1e3', '0.0000000000001', 'free'])('%s is no price', async (unit_hour_usd) => {
  const asked = plane.client.putUnitHourPrice({ params, body: { unit_hour_usd } });
  expect(await refusalOf(asked)).toMatchObject({ status: 400 });
});

it('who changed a price is in the audit log', async () => {
  await plane.client.putUnitHourPrice({ params, body: { unit_hour_usd: '1' } });
  const { records } = await plane.client.listAudit({ query: { resource: 'unit_hour_price' } });
  expect(records[0]).toMatchObject({ action: 'putUnitHourPrice' });
});
