/** Which layer counts where several could. */
import { expect, test } from 'vitest';
import { concerns, countsOn, overridesOn, percentOn } from '../../src/index.ts';
import type { OverrideLayer, PercentLayer } from '../../src/index.ts';

const KEY = {
  model_id: 'a.b-v1',
  region: 'us-east-1',
  scope: 'in_region',
  tier: 'standard',
} as const;

function discount(layer_id: string, change: Partial<PercentLayer> = {}): PercentLayer {
  return {
    layer_id,
    kind: 'discount',
    percent: '10',
    org_id: null,
    provider: null,
    model_id: null,
    effective_from: '2026-01-01',
    effective_until: null,
    ...change,
  };
}

function override(layer_id: string, change: Partial<OverrideLayer> = {}): OverrideLayer {
  return {
    layer_id,
    kind: 'override',
    org_id: null,
    ...KEY,
    usage_class: 'input',
    context_band: 'all',
    usd: '1',
    per: 1_000_000,
    effective_from: '2026-01-01',
    effective_until: null,
    ...change,
  };
}

test('a layer counts from its first day until before its last', () => {
  const layer = discount('d', { effective_from: '2026-02-01', effective_until: '2026-03-01' });
  const days = ['2026-01-31', '2026-02-01', '2026-02-28', '2026-03-01'];
  expect(days.map((day) => countsOn(layer, day))).toEqual([false, true, true, false]);
});

test.each([
  [{}, true],
  [{ provider: 'a' }, true],
  [{ provider: 'a.b' }, false],
  [{ provider: 'b' }, false],
  [{ model_id: 'a.b-v1' }, true],
  [{ model_id: 'a.b' }, false],
] as const)('a percentage with %j concerns the model: %j', (change, outcome) => {
  expect(concerns(discount('d', change), KEY)).toBe(outcome);
});

test.each([
  { model_id: 'a.b' },
  { region: 'us-east-2' },
  { scope: 'geo' },
  { tier: 'flex' },
] as const)('an override of another key does not concern it: %j', (change) => {
  expect(concerns(override('o', change), KEY)).toBe(false);
  expect(concerns(override('o'), KEY)).toBe(true);
});

test('the narrowest counts: whose it is before what for, the model before its provider', () => {
  const layers = [
    discount('all'),
    discount('provider', { provider: 'a' }),
    discount('model', { model_id: 'a.b-v1' }),
    discount('own', { org_id: 'o' }),
    discount('own-provider', { org_id: 'o', provider: 'a' }),
    discount('own-model', { org_id: 'o', model_id: 'a.b-v1' }),
  ];
  const chosen: (string | undefined)[] = [];
  for (let left = [...layers]; left.length > 0;) {
    const best = percentOn(left, 'discount', '2026-05-01')?.layer_id;
    chosen.push(best);
    left = left.filter(({ layer_id }) => layer_id !== best);
  }
  expect(chosen).toEqual(['own-model', 'own-provider', 'own', 'model', 'provider', 'all']);
});

test('of two alike the later one counts, then the first id, whatever their order', () => {
  const later = discount('z', { effective_from: '2026-02-01' });
  const layers = [discount('a'), later, discount('b')];
  for (const order of [layers, [...layers].reverse()]) {
    expect(percentOn(order, 'discount', '2026-05-01')?.layer_id).toBe('z');
    expect(percentOn(order, 'discount', '2026-01-15')?.layer_id).toBe('a');
  }
  expect(percentOn(layers, 'markup', '2026-05-01')).toBeNull();
  expect(percentOn(layers, 'discount', '2025-05-01')).toBeNull();
});

test('one override counts for each class and band', () => {
  const layers = [
    override('old'),
    override('new', { effective_from: '2026-03-01' }),
    override('own', { org_id: 'o', usage_class: 'output' }),
    override('all', { usage_class: 'output' }),
    discount('d'),
  ];
  const ids = (day: string) => overridesOn(layers, day).map(({ layer_id }) => layer_id);
  expect(ids('2026-02-01')).toEqual(['old', 'own']);
  expect(ids('2026-04-01')).toEqual(['new', 'own']);
});
