/** The reader of the catalogue: what it makes of the two files, and which row it refuses. */
import { describe, expect, test } from 'vitest';
import { catalogueFrom, GUARDRAIL_MODEL_ID } from '../../src/index.ts';

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

  test('a price of a model without facts is refused, but that of guardrails is not', () => {
    expect(() => catalogueFrom(prices(row()), models())).toThrow('models.json: no row for a.b');
    const guardrails = catalogueFrom(prices(row({ model_id: GUARDRAIL_MODEL_ID })), models());
    expect(guardrails.book.rows()).toHaveLength(2);
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

  test('what a prompt can hold is kept where a source states it, and unknown elsewhere', () => {
    const stated = catalogueFrom(
      prices(row()),
      models(model({ input_modalities: ['text', 'video'] })),
    );
    expect(stated.models.get('a.b')?.input_modalities).toEqual(['text', 'video']);
    const silent = catalogueFrom(prices(row()), models(model())).models.get('a.b');
    expect(silent).not.toHaveProperty('input_modalities');
  });

  test.each([[['smell']], [[]], ['text'], [null]])(
    'modalities that are %j are refused',
    (input_modalities) => {
      const file = models(model({ input_modalities }));
      expect(() => catalogueFrom(prices(row()), file)).toThrow(/a\.b: input_modalities/);
    },
  );

  test('modalities need a source', () => {
    const unsourced = model({ context_window: null, input_modalities: ['text'], sources: [] });
    expect(() => catalogueFrom(prices(row()), models(unsourced))).toThrow(/needs a source/);
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
