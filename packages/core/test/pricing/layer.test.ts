/** Percentages on prices: exact, bounded, and told on the price that they made. */
import { describe, expect, test } from 'vitest';
import { parsePercent, providerOf, unitPrice, withPercent } from '../../src/index.ts';
import type { PercentLayer } from '../../src/index.ts';
import { asOverride } from '../../src/pricing/layer.ts';

function layer(kind: PercentLayer['kind'], percent: string, layer_id = 'l'): PercentLayer {
  return {
    layer_id,
    kind,
    percent,
    org_id: null,
    provider: null,
    model_id: null,
    effective_from: '2026-01-01',
    effective_until: null,
  };
}

describe('parsePercent', () => {
  test.each([
    ['discount', '0', 0n],
    ['discount', '12.5', 125_000n],
    ['discount', '0.0001', 1n],
    ['discount', '100', 1_000_000n],
    ['markup', '1000', 10_000_000n],
  ] as const)('reads %s %s as ten-thousandths', (kind, text, value) => {
    expect(parsePercent(kind, text)).toBe(value);
  });

  test.each([
    ['discount', '100.0001'],
    ['markup', '1000.1'],
    ['markup', '-1'],
    ['markup', '1e2'],
    ['markup', '0.00001'],
    ['markup', ''],
    ['markup', '.5'],
  ] as const)('refuses %s %j', (kind, text) => {
    expect(parsePercent(kind, text)).toBeUndefined();
  });
});

describe('withPercent', () => {
  test.each([
    // Expected by hand: 3 USD a million, less 12.5 %, is 2.625.
    ['discount', '12.5', '3', 1_000_000, '2.625', '0.000002625'],
    ['markup', '7.25', '0.04', 1, '0.0429', '0.0429'],
    ['discount', '33.3333', '0.1234567', 1_000_000, '0.0823045078189', '0.0000000823045078189'],
    ['discount', '100', '5', 1_000_000, '0', '0'],
    ['markup', '0', '5', 1_000_000, '5', '0.000005'],
  ] as const)('takes %s %s of %s exactly', (kind, percent, usd, per, after, unit) => {
    const price = withPercent(unitPrice(usd, per), layer(kind, percent));
    expect(price).toMatchObject({ usd: after, per, unit_usd: unit });
    expect(price).toMatchObject({
      layering: {
        list_unit_usd: unitPrice(usd, per).unit_usd,
        layers: [{ layer_id: 'l', kind, percent }],
      },
    });
    const plain = unitPrice(after, per);
    expect([price.numerator, price.denominator]).toEqual([plain.numerator, plain.denominator]);
  });

  test('keeps the list price and every layer through several', () => {
    const list = unitPrice('2', 1);
    const override = asOverride(unitPrice('1', 1), 'o', list);
    const less = withPercent(override, layer('discount', '10', 'd'));
    const more = withPercent(less, layer('markup', '20', 'm'));
    expect(more).toMatchObject({ usd: '1.08', layering: { list_unit_usd: '2' } });
    expect(more.layering?.layers.map(({ layer_id }) => layer_id)).toEqual(['o', 'd', 'm']);
  });

  test('refuses a percentage that is none', () => {
    expect(() => withPercent(unitPrice('1', 1), layer('discount', '101'))).toThrow(/layer l/);
  });
});

test('an override of what the list does not have says so', () => {
  expect(asOverride(unitPrice('1', 1), 'o', null).layering?.list_unit_usd).toBeNull();
});

test.each([
  ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic'],
  ['custom', 'custom'],
])('the provider of %s is %s', (model, provider) => {
  expect(providerOf(model)).toBe(provider);
});
