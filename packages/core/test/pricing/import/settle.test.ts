/** Products that state the same price, and products that contradict each other. */
import { describe, expect, test } from 'vitest';
import { importOffer, importOffers } from '../../../src/index.ts';
import type { AProduct } from './an-offer.ts';
import { NAMES, anOffer, linesOf, refusalsOf } from './an-offer.ts';

const NOVA_PRO = { model: 'Nova Pro', regionCode: 'us-east-1', location: 'US East (N. Virginia)' };
const OPUS_4_8 = { servicename: 'Claude Opus 4.8 (Amazon Bedrock Edition)' };

function aws(...products: AProduct[]) {
  return importOffer(anOffer('AmazonBedrock', products), NAMES);
}

describe('several statements of one price', () => {
  const usagetype = 'USE1-NovaPro-input-tokens';
  const attributes = NOVA_PRO;

  test('merge when they agree, whatever their unit and spelling', () => {
    const mantle = 'USE1-anthropic.claude-opus-4-8-mantle-input-tokens-standard';
    const imported = importOffers(
      [
        anOffer('AmazonBedrock', [{ usagetype: mantle, usd: '0.0055000000' }], 'v1'),
        anOffer(
          'AmazonBedrockFoundationModels',
          [
            {
              usagetype: 'USE1-MP:USE1_input_tokens_standard-Units',
              unit: '1M tokens',
              usd: '5.5',
              attributes: OPUS_4_8,
            },
          ],
          'v2',
        ),
      ],
      NAMES,
    );
    expect(imported).toMatchObject({ products: 2, accepted: 2, rejections: [] });
    expect(imported.rows.map(({ row }) => [row.scope, row.usd, row.sources])).toEqual([
      ['in_region', '5.5', ['AmazonBedrock:v1', 'AmazonBedrockFoundationModels:v2']],
      ['geo', '5.5', ['AmazonBedrock:v1', 'AmazonBedrockFoundationModels:v2']],
    ]);
  });

  test('are all rejected when they contradict each other, by a message that names them', () => {
    const imported = aws(
      { usagetype, attributes, usd: '0.0008' },
      { usagetype, attributes, usd: '0.0009' },
      { usagetype: 'USE1-NovaPro-output-tokens', attributes },
    );
    expect(refusalsOf(imported)).toEqual(['S1 conflict', 'S2 conflict']);
    expect(imported.rejections[0]?.message).toContain('0.8 (S1 USE1-NovaPro-input-tokens)');
    expect(imported.rejections[0]?.message).toContain('0.9 (S2 USE1-NovaPro-input-tokens)');
    expect(linesOf(imported).map((line) => line.slice(0, 2))).toEqual(['S3', 'S3']);
    expect(imported.accepted).toBe(1);
  });

  test('do not contradict each other on different dates', () => {
    const imported = aws(
      { usagetype, attributes, usd: '0.0008' },
      { usagetype, attributes, usd: '0.0009', effectiveDate: '2026-10-01T00:00:00Z' },
    );
    expect(imported.rows.map(({ row }) => [row.scope, row.effective_from, row.usd])).toEqual([
      ['in_region', '2026-09-01', '0.8'],
      ['geo', '2026-09-01', '0.8'],
      ['in_region', '2026-10-01', '0.9'],
      ['geo', '2026-10-01', '0.9'],
    ]);
  });

  test.each([[0], [1]])(
    'let a geo price of its own count before the implied one (order %i)',
    (at) => {
      const products = [
        { usagetype, attributes, usd: '0.0008' },
        { usagetype: `${usagetype}-cross-region-geo`, attributes, usd: '0.0010' },
      ];
      const imported = aws(...(at === 0 ? products : products.toReversed()));
      expect(imported.rejections).toEqual([]);
      const geo = imported.rows.filter(({ row }) => row.scope === 'geo');
      expect(geo.map(({ row }) => row.usd)).toEqual(['1']);
    },
  );

  test('with several currencies count in USD', () => {
    const pricePerUnit = { CNY: '0.006', USD: '0.0008' };
    expect(linesOf(aws({ usagetype, attributes, pricePerUnit }))[0]).toContain('0.8/1M');
  });
});
