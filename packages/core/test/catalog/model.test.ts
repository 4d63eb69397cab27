/** The words by which the catalogue tells models apart: they stand in data files and records. */
import { expect, test } from 'vitest';
import { BODY_FAMILIES, INPUT_MODALITIES, MODEL_KINDS } from '../../src/index.ts';

test('families, kinds and modalities are words of their own, each once', () => {
  for (const words of [BODY_FAMILIES, MODEL_KINDS, INPUT_MODALITIES]) {
    expect(new Set(words).size).toBe(words.length);
    for (const word of words) expect(word).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
  }
});

test('there is a family for a body of which nothing is known', () => {
  expect(BODY_FAMILIES).toContain('unknown');
});

test('a model answers with text, an embedding, an image or a ranking', () => {
  expect([...MODEL_KINDS].sort()).toEqual(['embedding', 'image', 'rerank', 'text']);
});
