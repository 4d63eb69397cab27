/** The table of names: what the shipped one holds, and what makes a table unusable. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { catalogueFrom, priceListNames } from '../../../src/index.ts';
import { NAMES } from './an-offer.ts';

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../data/${name}`, import.meta.url), 'utf8'));
}

const { models } = catalogueFrom(read('prices.json'), read('models.json'));

describe('the shipped names', () => {
  test('lead to models of the catalogue only, and every model of it can be named', () => {
    const unknown = [...NAMES.model_ids].filter((id) => !models.has(id));
    const unnamed = [...models.keys()].filter((id) => !NAMES.model_ids.has(id));
    expect({ unknown, unnamed }).toEqual({ unknown: [], unnamed: [] });
  });

  test('name every Claude of the marketplace by the service name', () => {
    const named = new Set(NAMES.marketplace.values());
    const claude = [...models.keys()].filter((id) => id.startsWith('anthropic.'));
    expect(claude.filter((id) => !named.has(id))).toEqual([
      'anthropic.claude-v2',
      'anthropic.claude-v2:1',
    ]);
  });

  test.each([
    ['marketplace', 'Claude Sonnet 4.5', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['marketplace', 'Cohere Rerank v3.5', 'cohere.rerank-v3-5:0'],
    ['marketplace', 'Jamba 1.5 Mini', 'ai21.jamba-1-5-mini-v1:0'],
    ['model', 'Nova 2.0 Lite', 'amazon.nova-2-lite-v1:0'],
    ['model', 'R1', 'deepseek.r1-v1:0'],
    ['model', 'Llama 4 Scout 17B', 'meta.llama4-scout-17b-instruct-v1:0'],
    ['usage_type', 'TitanEmbeddingV2-Text', 'amazon.titan-embed-text-v2:0'],
    ['usage_type', 'gpt-oss-120b', 'openai.gpt-oss-120b-1:0'],
  ] as const)('know in %s that %s is %s', (table, name, modelId) => {
    expect(NAMES[table].get(name)).toBe(modelId);
  });

  test('do not take a version of a model for another', () => {
    expect(NAMES.marketplace.get('Claude 3.5 Sonnet')).toContain('20240620');
    expect(NAMES.marketplace.get('Claude 3.5 Sonnet v2')).toContain('20241022');
    expect(NAMES.marketplace.get('claude 3.5 sonnet')).toBeUndefined();
  });
});

describe('a table of names', () => {
  const good = { version: '1', other_endpoint: [], models: [{ model_id: 'a.b', model: ['A B'] }] };
  const withModels = (...entries: unknown[]) => ({ ...good, models: entries });

  test('may give a model no name but its id', () => {
    const names = priceListNames(withModels({ model_id: 'a.b' }));
    expect([...names.model_ids]).toEqual(['a.b']);
    expect(names.model.size).toBe(0);
  });

  test.each<[string, unknown, RegExp]>([
    ['is no object', null, /not an object/],
    ['has no version', { ...good, version: '' }, /version: not a text/],
    ['has no models', { ...good, models: {} }, /models: not a list/],
    ['has a model twice', withModels(...good.models, ...good.models), /a\.b: repeated/],
    [
      'gives two models one name',
      withModels({ model_id: 'a.b', model: ['X'] }, { model_id: 'c.d', latency_optimized: ['X'] }),
      /c\.d: latency_optimized: X already means a\.b/,
    ],
    ['has a misspelt member', withModels({ model_id: 'a.b', modell: ['X'] }), /no member modell/],
    ['has an empty name', withModels({ model_id: 'a.b', model: [''] }), /not a text/],
    ['has a malformed edge', withModels({ model_id: 'a.b', context_edge: '200 K' }), /200 K/],
    [
      'has a malformed band',
      withModels({ model_id: 'a.b', image_band: { 512: 'up to 512' } }),
      /up to 512/,
    ],
    ['sends a named model elsewhere', { ...good, other_endpoint: ['a.b'] }, /a\.b has names/],
  ])('is refused when it %s', (_, json, message) => {
    expect(() => priceListNames(json)).toThrow(message);
  });
});
