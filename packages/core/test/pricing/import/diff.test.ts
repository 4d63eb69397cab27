/** An import beside a book: what it adds, changes and leaves. */
import { expect, test } from 'vitest';
import { diffPrices } from '../../../src/index.ts';
import { aPrice } from '../a-price.ts';

test('a price that the book does not have is added', () => {
  const output = aPrice({ usage_class: 'output', usd: '5' });
  expect(diffPrices([], [output])).toEqual({ added: [output], changed: [], same: [], missing: [] });
});

test('a price that differs is changed, with the one that it replaces', () => {
  const before = aPrice({ usd: '1' });
  const after = aPrice({ usd: '1.1', effective_from: '2026-10-01' });
  expect(diffPrices([before], [after])).toEqual({
    added: [],
    changed: [{ before, after }],
    same: [],
    missing: [],
  });
});

test('prices are the same by value, whatever their spelling, quantity and date', () => {
  const before = aPrice({ usd: '3.00', per: 1_000_000 });
  const after = aPrice({ usd: '0.003', per: 1_000, effective_from: '2026-10-01' });
  expect(diffPrices([before], [after])).toMatchObject({ changed: [], added: [], same: [after] });
});

test('the book is read as of the date of the imported price', () => {
  const old = aPrice({ usd: '1', effective_from: '2026-01-01' });
  const later = aPrice({ usd: '2', effective_from: '2026-06-01' });
  const imported = aPrice({ usd: '1', effective_from: '2026-05-31' });
  expect(diffPrices([later, old], [imported]).same).toEqual([imported]);
  const after = aPrice({ usd: '1', effective_from: '2026-06-01' });
  expect(diffPrices([later, old], [after]).changed).toEqual([{ before: later, after }]);
  const early = aPrice({ usd: '1', effective_from: '2025-12-31' });
  expect(diffPrices([later, old], [early]).added).toEqual([early]);
});

test.each([
  [{ scope: 'global' as const }],
  [{ tier: 'batch' }],
  [{ context_band: 'gt_200k' }],
  [{ region: 'eu-west-1' }],
  [{ model_id: 'b.model' }],
])('a price under another key (%o) is another price', (change) => {
  const imported = aPrice({ usd: '2', ...change });
  expect(diffPrices([aPrice({ usd: '1' })], [imported]).added).toEqual([imported]);
});

test('keys that the import does not have are missing, for its models and regions only', () => {
  const input = aPrice();
  const old = aPrice({ usage_class: 'output', usd: '4' });
  const output = aPrice({ usage_class: 'output', usd: '5', effective_from: '2026-06-01' });
  const elsewhere = aPrice({ usage_class: 'output', region: 'eu-west-1' });
  expect(diffPrices([input, output, old, elsewhere], [input]).missing).toEqual([output]);
});
