/** Laws of an import: no product is lost or counted twice, and order does not matter. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importOffer } from '../../../src/index.ts';
import type { OfferImport } from '../../../src/index.ts';
import type { AProduct } from './an-offer.ts';
import { NAMES, anOffer } from './an-offer.ts';

const usageTypes = fc
  .record({
    region: fc.constantFrom('USE1-', 'USW2-', 'EU-', ''),
    model: fc.constantFrom('NovaPro', 'Llama3-1-70B-LatencyOptimized', 'zai.glm-5-mantle', 'Nope'),
    dimension: fc.constantFrom(
      'input-tokens',
      'output-tokens',
      'cache-read-input-token-count',
      'ProvisionedThroughput-ModelUnits',
      'reserved-1-month-input-tokens-per-minute',
      'T2I-1024-Standard',
    ),
    tail: fc.constantFrom('', '-batch', '-cross-region-global', '-flex-priority', '-custom-model'),
  })
  .map(({ region, model, dimension, tail }) => `${region}${model}-${dimension}${tail}`);
const marketplace = fc.constantFrom(
  'USE1-MP:USE1_InputTokenCount_Global-Units',
  'USE1-MP:USW2_InputTokenCount-Units',
  'USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units',
  'nonsense',
  '',
);
const products: fc.Arbitrary<AProduct> = fc.record(
  {
    usagetype: fc.oneof(usageTypes, marketplace),
    unit: fc.constantFrom('1K tokens', '1M tokens', 'image', 'parsecs'),
    usd: fc.constantFrom<unknown>('0.0010000000', '0.002', '0', 'x', 1, undefined),
    attributes: fc.constantFrom<Record<string, unknown>>(
      {},
      { regionCode: 'us-east-1' },
      { regionCode: 'us-west-2', model: 'Nova Pro' },
      { servicename: 'Claude Opus 5 (Amazon Bedrock Edition)' },
    ),
    effectiveDate: fc.constantFrom('2026-09-01T00:00:00Z', 'yesterday'),
    endRange: fc.constantFrom('Inf', '100'),
  },
  { requiredKeys: ['usagetype'] },
);
const options = { numRuns: 3000, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false };

function run(list: readonly AProduct[]): OfferImport {
  return importOffer(anOffer('AmazonBedrock', list), NAMES);
}

describe('an import', () => {
  test('accounts for every product exactly once', () => {
    fc.assert(
      fc.property(fc.array(products, { maxLength: 40 }), (list) => {
        const { accepted, rejections, ignored, rows, products: read } = run(list);
        expect(read).toBe(list.length);
        expect(accepted + rejections.length + ignored.length).toBe(read);
        const refused = [...rejections, ...ignored].map(({ sku }) => sku);
        expect(new Set(refused).size).toBe(refused.length);
        for (const { sku } of rows) expect(refused).not.toContain(sku);
        for (const { reason, message } of rejections) {
          expect(reason).not.toBe('');
          expect(message).not.toBe('');
        }
      }),
      options,
    );
  });

  test('says no key and date twice, and nothing is free', () => {
    fc.assert(
      fc.property(fc.array(products, { maxLength: 40 }), (list) => {
        const keys = run(list).rows.map(({ row }) => {
          expect(row.usd).not.toBe('0');
          const { model_id, region, scope, tier, usage_class, context_band } = row;
          const key = [model_id, region, scope, tier, usage_class, context_band];
          return [...key, row.effective_from].join(' ');
        });
        expect(new Set(keys).size).toBe(keys.length);
      }),
      options,
    );
  });

  test('says the same of a product list in any order', () => {
    fc.assert(
      fc.property(fc.array(products, { maxLength: 20 }), (list) => {
        const prices = ({ rows }: OfferImport) =>
          rows.map(({ row }) => JSON.stringify(row)).toSorted();
        expect(prices(run(list.toReversed()))).toEqual(prices(run(list)));
      }),
      options,
    );
  });
});

describe('an offer of a hundred thousand products', () => {
  // The time is room for a busy machine; how long it takes is not asserted.
  test('is read to the last one', { timeout: 120_000 }, () => {
    const models = ['NovaPro', 'NovaLite', 'NovaMicro', 'Nova2.0Lite', 'Nope'];
    const list = Array.from({ length: 100_000 }, (_, index): AProduct => {
      // Every date of about 27 years: no two products share key and date.
      const day = new Date(Date.UTC(2000, 0, 1 + Math.floor(index / 10)));
      const model = models[Math.floor(index / 2) % 5] ?? '';
      return {
        usagetype: `USE1-${model}-${index % 2 === 0 ? 'input' : 'output'}-tokens`,
        effectiveDate: day.toISOString(),
      };
    });
    const imported = run(list);
    expect(imported.products).toBe(100_000);
    expect(imported.accepted).toBe(80_000);
    expect(imported.rows.length).toBe(160_000);
    expect(imported.rejections.length).toBe(20_000);
    expect(new Set(imported.rejections.map(({ reason }) => reason))).toEqual(
      new Set(['unknown_model']),
    );
  });
});
