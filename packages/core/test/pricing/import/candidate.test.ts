/** Products that are rejected one by one, each for its own reason. */
import { describe, expect, test } from 'vitest';
import { importOffer } from '../../../src/index.ts';
import type { AProduct } from './an-offer.ts';
import { NAMES, aTerm, anOffer, refusalsOf } from './an-offer.ts';

const NOVA_PRO = { model: 'Nova Pro', regionCode: 'us-east-1', location: 'US East (N. Virginia)' };

function aws(...products: AProduct[]) {
  return importOffer(anOffer('AmazonBedrock', products), NAMES);
}

describe('a product that cannot be read exactly', () => {
  const usagetype = 'USE1-NovaPro-input-tokens';
  const attributes = NOVA_PRO;
  test.each<[string, string, AProduct]>([
    ['has no usage type', 'malformed_product', { usagetype: '' }],
    [
      'has an unknown component',
      'unknown_usage_type',
      { usagetype: `${usagetype}-overnight`, attributes },
    ],
    [
      'states an axis twice',
      'unknown_usage_type',
      { usagetype: `${usagetype}-batch-flex`, attributes },
    ],
    [
      'counts a time to live for input',
      'unknown_usage_type',
      { usagetype: `${usagetype}-1h`, attributes },
    ],
    [
      'is cross-region without saying how',
      'unknown_usage_type',
      { usagetype: `${usagetype}-cross-region`, attributes },
    ],
    [
      'is a guardrail policy that is not known',
      'unknown_usage_type',
      { usagetype: 'USE1-Guardrail-NewPolicyUnitsConsumed' },
    ],
    [
      'has an unknown attribute model',
      'unknown_model',
      { usagetype, attributes: { ...attributes, model: 'Nova Max' } },
    ],
    [
      'has an unknown name in the usage type',
      'unknown_model',
      { usagetype: 'USE1-NovaMax-input-tokens' },
    ],
    [
      'names two models',
      'contradictory_model',
      { usagetype, attributes: { ...attributes, model: 'Nova Lite' } },
    ],
    [
      'names two tiers',
      'contradictory_model',
      {
        usagetype: `${usagetype}-batch`,
        attributes: { ...attributes, model: 'Nova Pro Latency Optimized' },
      },
    ],
    [
      'holds the id of one model and names another',
      'contradictory_model',
      {
        usagetype: 'USE1-zai.glm-5-mantle-input-tokens-standard',
        attributes: { model: 'GLM 4.7' },
      },
    ],
    [
      'counts image tokens',
      'unsupported_class',
      { usagetype: 'USE1-Nova2.0Lite-input-image-token-count' },
    ],
    [
      'names two regions',
      'contradictory_region',
      { usagetype, attributes: { ...attributes, regionCode: 'us-west-2' } },
    ],
    [
      'names a region and the place of another',
      'contradictory_region',
      { usagetype, attributes: { ...attributes, location: 'US West (Oregon)' } },
    ],
    ['names no region', 'unknown_region', { usagetype: 'NovaPro-input-tokens' }],
    [
      'has a malformed region',
      'unknown_region',
      { usagetype, attributes: { ...attributes, regionCode: 'Virginia' } },
    ],
    ['has no term', 'no_price', { usagetype, attributes, terms: undefined }],
    [
      'has a term without prices',
      'no_price',
      {
        usagetype,
        attributes,
        terms: { T: { effectiveDate: '2026-09-01T00:00:00Z', priceDimensions: {} } },
      },
    ],
    [
      'is priced in another currency only',
      'no_usd_price',
      { usagetype, attributes, pricePerUnit: { CNY: '0.006' } },
    ],
    ['is priced by a number', 'malformed_price', { usagetype, attributes, usd: 0.0008 }],
    ['has an exponent', 'malformed_price', { usagetype, attributes, usd: '8e-4' }],
    ['costs less than nothing', 'malformed_price', { usagetype, attributes, usd: '-1' }],
    [
      'is free without being documented as free',
      'zero_price',
      { usagetype: 'USE1-NovaPro-cache-write-input-token-count', attributes, usd: '0.0000000000' },
    ],
    [
      'is cheaper from a quantity on',
      'tiered_price',
      { usagetype, attributes, beginRange: '1000000' },
    ],
    ['ends at a quantity', 'tiered_price', { usagetype, attributes, endRange: '1000000' }],
    [
      'counts from no known date',
      'malformed_date',
      { usagetype, attributes, effectiveDate: '2026-02-30T00:00:00Z' },
    ],
    [
      'counts from a date without zone',
      'malformed_date',
      { usagetype, attributes, effectiveDate: '2026-09-01' },
    ],
    ['has an unknown unit', 'unknown_unit', { usagetype, attributes, unit: 'Units' }],
    ['has no unit', 'unknown_unit', { usagetype, attributes, unit: '' }],
    ['counts tokens in images', 'contradictory_unit', { usagetype, attributes, unit: 'image' }],
    [
      'has long prompts of unknown size',
      'unknown_context_edge',
      { usagetype: 'USE1-NovaPro-input-tokens-long-context' },
    ],
    [
      'makes images of unknown size',
      'unknown_image_size',
      { usagetype: 'USE1-NovaCanvas-T2I-512-Standard', unit: 'image' },
    ],
  ])('because it %s is rejected as %s', (_, reason, product) => {
    const imported = aws(product);
    expect(refusalsOf(imported)).toEqual([`S1 ${reason}`]);
    expect(imported.rejections[0]?.usage_type).toBe(product.usagetype);
    expect(imported.rejections[0]?.message).not.toBe('');
    expect(imported).toMatchObject({ rows: [], ignored: [], accepted: 0, products: 1 });
  });

  test('is rejected whole when one of its prices is', () => {
    const good = aTerm('S1', { usd: '0.001' });
    const bad = aTerm('S1', { unit: 'parsecs' });
    const terms = { 'S1.A': good, 'S1.B': bad };
    expect(refusalsOf(aws({ usagetype, attributes, terms }))).toEqual(['S1 unknown_unit']);
  });
});
