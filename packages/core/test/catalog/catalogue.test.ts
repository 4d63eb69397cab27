/** The shipped catalogue, and the reader that names the row which is not valid. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogueFrom, charge, formatUsd, usageOf } from '../../src/index.ts';
import type { PriceScope, Usage } from '../../src/index.ts';

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
}

const shipped = catalogueFrom(read('prices.json'), read('models.json'));
const NOVEMBER_2026 = Date.UTC(2026, 10, 22);

function costOf(
  model_id: string,
  counts: Partial<Usage>,
  region = 'us-east-1',
  at = NOVEMBER_2026,
) {
  const query = { model_id, region, scope: 'in_region' as const, tier: 'standard', at };
  const { cost, priced } = charge(shipped.book.rateCard(query), usageOf(counts));
  return priced === 'yes' ? formatUsd(cost) : priced;
}

describe('the shipped prices', () => {
  test('have a version', () => {
    expect(shipped.book.version).toMatch(/^\d{4}-\d{2}-\d{2}\.\d+$/);
  });

  test('are exact decimals for a million tokens, with source and known confidence', () => {
    for (const row of shipped.book.rows()) {
      expect(row.usd).toMatch(/^\d{1,3}(\.\d{1,6})?$/);
      expect(row.per).toBe(1_000_000);
      expect(['high', 'medium']).toContain(row.confidence);
      expect(row.sources.length).toBeGreaterThan(0);
    }
  });

  test('repeat no key', () => {
    const keys = shipped.book
      .rows()
      .map((row) =>
        [
          row.model_id,
          row.region,
          row.scope,
          row.tier,
          row.usage_class,
          row.context_band,
          row.effective_from,
        ].join(' '),
      );
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThan(5000);
  });

  test('hold no wildcard, no prefix and no batch price', () => {
    for (const { model_id, region, tier } of shipped.book.rows()) {
      expect(region).toMatch(/^[a-z]{2}-[a-z]+-\d$/);
      expect(model_id).not.toMatch(/^(us|eu|apac|au|jp|us-gov|in|ca|global)\./);
      expect(['standard', 'flex', 'priority', 'latency_optimized']).toContain(tier);
    }
  });

  test('price input and output together on every card of a text model', () => {
    const keys = new Map<string, Set<string>>();
    for (const { model_id, region, scope, tier, usage_class } of shipped.book.rows()) {
      const key = [model_id, region, scope, tier].join(' ');
      keys.set(key, (keys.get(key) ?? new Set()).add(usage_class));
    }
    for (const [key, classes] of keys) {
      const kind = shipped.models.get(key.split(' ')[0] ?? '')?.kind;
      expect(classes.has('input'), key).toBe(true);
      expect(classes.has('output'), key).toBe(kind === 'text');
    }
  });

  test.each([
    ['amazon.nova-pro-v1:0', 1500, 800, '0.00376'],
    ['amazon.nova-2-lite-v1:0', 10_000, 2000, '0.0088'],
    ['amazon.nova-micro-v1:0', 5000, 1000, '0.000315'],
    ['amazon.nova-pro-v1:0', 1, 1, '0.000004'],
    ['anthropic.claude-3-sonnet-20240229-v1:0', 10, 0, '0.00003'],
    ['anthropic.claude-3-sonnet-20240229-v1:0', 0, 282, '0.00423'],
    ['amazon.titan-embed-text-v1', 1000, 0, '0.0001'],
  ])('%s: %d in and %d out cost %s USD in us-east-1', (id, input_tokens, output_tokens, usd) => {
    expect(costOf(id, { input_tokens, output_tokens })).toBe(usd);
  });

  test('Claude 3 Haiku and Sonnet in London cost 0.25 / 1.25 and 3 / 15 a million', () => {
    const million = { input_tokens: 1_000_000, output_tokens: 1_000_000 };
    const claude = 'anthropic.claude-3-';
    expect(costOf(`${claude}haiku-20240307-v1:0`, million, 'eu-west-2')).toBe('1.5');
    expect(costOf(`${claude}sonnet-20240229-v1:0`, million, 'eu-west-2')).toBe('18');
  });

  test('a cut counts from its date on, and not a millisecond before', () => {
    const express = (at: number) =>
      costOf('amazon.titan-text-express-v1', { input_tokens: 1_000_000 }, 'us-east-1', at);
    expect(express(Date.UTC(2024, 9, 11) - 1)).toBe('0.8');
    expect(express(Date.UTC(2024, 9, 11))).toBe('0.2');
    expect(express(Date.UTC(2024, 5, 27) - 1)).toBe('no');
  });

  test.each<[PriceScope, string]>([
    ['in_region', '3.3'],
    ['geo', '3.3'],
    ['global', '3'],
  ])('Claude Sonnet 4.6 called %s costs %s a million in', (scope, usd) => {
    const card = shipped.book.rateCard({
      model_id: 'anthropic.claude-sonnet-4-6',
      region: 'eu-west-1',
      scope,
      tier: 'standard',
      at: NOVEMBER_2026,
    });
    expect(formatUsd(charge(card, usageOf({ input_tokens: 1_000_000 })).cost)).toBe(usd);
  });
});

describe('the shipped models', () => {
  test('have a row for every price', () => {
    const priced = new Set(shipped.book.rows().map((row) => row.model_id));
    expect([...priced].filter((id) => !shipped.models.has(id))).toEqual([]);
  });

  test.each([
    ['anthropic.claude-3-haiku-20240307-v1:0', 200_000, 4096],
    ['anthropic.claude-3-sonnet-20240229-v1:0', 200_000, 4096],
    ['anthropic.claude-3-opus-20240229-v1:0', 200_000, 4096],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', 200_000, 8192],
    ['anthropic.claude-3-7-sonnet-20250219-v1:0', 200_000, 131_072],
    ['anthropic.claude-sonnet-4-20250514-v1:0', 200_000, 64_000],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 200_000, 64_000],
    ['anthropic.claude-sonnet-4-6', 1_000_000, 128_000],
    ['amazon.nova-micro-v1:0', 128_000, 10_000],
    ['amazon.nova-lite-v1:0', 300_000, 10_000],
    ['amazon.nova-pro-v1:0', 300_000, 10_000],
    ['amazon.nova-premier-v1:0', 1_000_000, 16_384],
    ['amazon.nova-2-lite-v1:0', 1_000_000, 131_072],
    ['amazon.titan-text-express-v1', 42_000, 8192],
    ['amazon.titan-text-lite-v1', 42_000, 4096],
    ['amazon.titan-text-premier-v1:0', 42_000, 3072],
    ['amazon.titan-embed-text-v1', 8192, null],
    ['amazon.titan-embed-text-v2:0', 8192, null],
  ])('%s takes %d and writes at most %s', (id, context_window, max_output_tokens) => {
    expect(shipped.models.get(id)).toMatchObject({ context_window, max_output_tokens });
  });

  test('are bounded, but for the few without a sourced maximum', () => {
    const unbounded = [...shipped.models.values()]
      .filter(({ kind, max_output_tokens }) => kind === 'text' && max_output_tokens === null)
      .map(({ model_id }) => model_id);
    expect(unbounded).toEqual([
      'meta.llama2-13b-chat-v1',
      'meta.llama2-70b-chat-v1',
      'mistral.mistral-large-2407-v1:0',
      'mistral.mistral-small-2402-v1:0',
      'writer.palmyra-vision-7b',
    ]);
  });

  test('that write their cache only when asked are Claude and Nova', () => {
    for (const { model_id, kind, explicit_cache } of shipped.models.values()) {
      const asked = /^(anthropic|amazon\.nova)/.test(model_id) && kind === 'text';
      expect(explicit_cache, model_id).toBe(asked);
    }
  });
});

describe('catalogueFrom', () => {
  const fields = [
    'model_id',
    'regions',
    'scope',
    'tier',
    'usage_class',
    'context_band',
    'effective_from',
    'usd',
    'per',
    'confidence',
    'sources',
  ];
  const ROW = [
    'a.b',
    'us-east-1 us-west-2',
    'geo',
    'standard',
    'input',
    'all',
    '2026-01-01',
    '0.25',
  ];
  const row = (change: Record<string, unknown> = {}) =>
    [...ROW, 1_000_000, 'high', 'list'].map((cell, index) => {
      const field = fields[index] ?? '';
      return field in change ? change[field] : cell;
    });
  const prices = (...rows: unknown[]) => ({
    version: '1',
    sources: { list: 'A list.' },
    fields,
    rows,
  });
  const model = (change: Record<string, unknown> = {}) => ({
    model_id: 'a.b',
    provider: 'a',
    family: 'unknown',
    kind: 'text',
    context_window: 10,
    extended_context_window: null,
    max_output_tokens: null,
    default_max_tokens: null,
    explicit_cache: false,
    sources: ['list'],
    ...change,
  });
  const models = (...rows: unknown[]) => ({ sources: { list: 'A list.' }, models: rows });

  test('makes one price row for each region of a line', () => {
    const { book } = catalogueFrom(prices(row()), models(model()));
    expect(book.rows()).toEqual(
      ['us-east-1', 'us-west-2'].map((region) => ({
        model_id: 'a.b',
        region,
        scope: 'geo',
        tier: 'standard',
        usage_class: 'input',
        context_band: 'all',
        effective_from: '2026-01-01',
        usd: '0.25',
        per: 1_000_000,
        confidence: 'high',
        sources: ['list'],
      })),
    );
  });

  test.each([
    ['regions', '*'],
    ['regions', 'us-east-1 us-east-1'],
    ['regions', 'us-east-1  us-west-2'],
    ['regions', ''],
    ['scope', 'regional'],
    ['usd', 0.25],
    ['per', '1000000'],
    ['per', 0],
    ['confidence', 'certain'],
    ['sources', 'hearsay'],
    ['sources', 'toString'],
  ])('a price row with %s = %j is refused by its number', (field, value) => {
    const bad = () => catalogueFrom(prices(row(), row({ [field]: value })), models(model()));
    expect(bad).toThrow(/^prices\.json: row 2/);
  });

  test.each([
    ['usd', '1e-6'],
    ['usd', '-1'],
    ['context_band', 'le_many'],
    ['effective_from', '2026-02-30'],
  ])('a price row with %s = %j is refused by its key', (field, value) => {
    const bad = () => catalogueFrom(prices(row({ [field]: value })), models(model()));
    expect(bad).toThrow(/^price a\.b\|us-east-1\|/);
  });

  test('a price that is stated twice is refused', () => {
    expect(() => catalogueFrom(prices(row(), row()), models(model()))).toThrow(/repeated/);
  });

  test('a price of a model without facts is refused', () => {
    expect(() => catalogueFrom(prices(row()), models())).toThrow('models.json: no row for a.b');
  });

  test.each([
    ['family', 'spoken'],
    ['kind', 'opera'],
    ['context_window', 0],
    ['context_window', undefined],
    ['max_output_tokens', '4096'],
    ['explicit_cache', 'no'],
    ['sources', ['hearsay']],
    ['sources', []],
    ['provider', ''],
  ])('a model with %s = %j is refused by its id', (field, value) => {
    const bad = () => catalogueFrom(prices(), models(model({ [field]: value })));
    expect(bad).toThrow(/^models\.json: a\.b/);
  });

  test('a model that is stated twice is refused', () => {
    expect(() => catalogueFrom(prices(), models(model(), model()))).toThrow(/repeated/);
  });

  test.each([
    [null, {}],
    [[], {}],
    [{ version: '' }, {}],
    [{ ...prices(), fields: ['model_id'] }, models()],
    [prices(row().slice(1)), models(model())],
    [prices('row'), models(model())],
    [prices(), { sources: {}, models: {} }],
    [prices(), models({})],
    [prices(), models(null)],
  ])('a file of another shape is refused (%#)', (pricesJson, modelsJson) => {
    expect(() => catalogueFrom(pricesJson, modelsJson)).toThrow(RangeError);
  });
});
