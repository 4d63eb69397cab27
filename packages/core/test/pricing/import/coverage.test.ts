/** Calls without a price, told apart from calls with one. */
import { expect, test } from 'vitest';
import { coverage, priceBook } from '../../../src/index.ts';
import type { CalledKey } from '../../../src/index.ts';
import { NOW, aPrice } from '../a-price.ts';

function called(change: Partial<CalledKey> = {}): CalledKey {
  return {
    model_id: 'a.model',
    region: 'us-east-1',
    scope: 'in_region',
    tier: 'standard',
    usage_class: 'input',
    at: NOW,
    ...change,
  };
}

const book = priceBook(
  [
    aPrice(),
    aPrice({ usage_class: 'cache_read', context_band: 'le_200k' }),
    aPrice({ usage_class: 'image', context_band: 'le_1024:standard', per: 1 }),
    aPrice({ tier: 'flex', effective_from: '2026-12-01' }),
  ],
  'test',
);

test('what has a price is covered', () => {
  expect(coverage(book, [called(), called({ usage_class: 'image:512:standard' })])).toEqual([]);
});

test('a combination that the book does not know is not', () => {
  const keys = [
    called({ model_id: 'b.model' }),
    called({ region: 'eu-west-1' }),
    called({ scope: 'global' }),
    called({ tier: 'flex' }),
  ];
  expect(coverage(book, keys)).toEqual(keys.map((key) => ({ key, missing: 'combination' })));
});

test('a class without a price is not, nor one that has a price for some prompts only', () => {
  const keys = [
    called({ usage_class: 'output' }),
    called({ usage_class: 'cache_read' }),
    called({ usage_class: 'image:2048:standard' }),
    called({ usage_class: 'search_unit' }),
  ];
  expect(coverage(book, [called(), ...keys])).toEqual(
    keys.map((key) => ({ key, missing: 'class' })),
  );
});
