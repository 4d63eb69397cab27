/** Re-rating through the API: what is asked for, what is shown, what is refused. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { anEntry, recordEntry, refusalOf, startControlPlane } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.close());

const PERIOD = { from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' };

async function ended(rerate_id: string) {
  for (;;) {
    const state = await plane.client.getRerate({ params: { rerate_id } });
    if (state.status !== 'running') return state;
  }
}

it('shows the difference by organization and model, and then appends it', async () => {
  const { org_id } = await plane.tenant();
  await recordEntry(plane, anEntry({ entry_id: 'e1', org_id }));
  await recordEntry(plane, anEntry({ entry_id: 'e2', org_id: 'o' }));
  await plane.client.putPriceLayer({
    params: { layer_id: 'm' },
    body: { kind: 'markup', percent: '10', effective_from: '2026-11-01', org_id },
  });
  const tried = await plane.client.startRerate({ body: { ...PERIOD, dry_run: true } });
  expect(await ended(tried.rerate_id)).toMatchObject({
    status: 'done',
    price_version: '2026-11-22.1',
    scanned_entries: 2,
    corrected_entries: 0,
    entries: 1,
    before_usd: '0.00025',
    after_usd: '0.000275',
    difference_usd: '0.000025',
    groups: [{ org_id, entries: 1, difference_usd: '0.000025' }],
  });
  plane.clock.advance(1);
  const started = await plane.client.startRerate({ body: { ...PERIOD, org_id } });
  const done = await ended(started.rerate_id);
  expect(done).toMatchObject({ scanned_entries: 1, corrected_entries: 1, org_id });
  const { entries } = await plane.client.listEntries({ query: { org_id } });
  expect(entries.map(({ entry_type, cost_usd }) => [entry_type, cost_usd])).toEqual([
    ['submission', '0.00025'],
    ['correction', '0.000025'],
  ]);
  const { rerates } = await plane.client.listRerates();
  expect(rerates.map(({ rerate_id }) => rerate_id)).toEqual([tried.rerate_id, done.rerate_id]);
});

it('refuses periods that end before they begin, and versions that there never were', async () => {
  const turned = { from: PERIOD.to, to: PERIOD.from };
  expect(await refusalOf(plane.client.startRerate({ body: turned }))).toMatchObject({
    status: 400,
  });
  const body = { ...PERIOD, price_version: '1999-01-01.1' };
  expect(await refusalOf(plane.client.startRerate({ body }))).toMatchObject({ status: 404 });
  const params = { rerate_id: plane.ids.uuid() };
  expect(await refusalOf(plane.client.getRerate({ params }))).toMatchObject({ status: 404 });
  expect(await refusalOf(plane.client.cancelRerate({ params }))).toMatchObject({ status: 404 });
});
