/** Answers have exactly the tokens that are billed for them. */
import { expect, it } from 'vitest';
import { textOf } from '../../src/generate/text.ts';
import { countTokens, TOKEN_MODES } from '../../src/generate/tokenizer.ts';

it.each(TOKEN_MODES)('a text of n tokens counts as n in mode %s', (mode) => {
  for (const tokens of [0, 1, 7, 4096, 200_000]) {
    for (const seed of [0, 65_535, 4_294_967_295]) {
      expect(countTokens(textOf(tokens, mode, seed), mode)).toBe(tokens);
    }
  }
});

it('another seed says something else', () => {
  expect(textOf(50, 'typical', 1)).not.toBe(textOf(50, 'typical', 2));
  expect(textOf(50, 'cjk', 1)).toMatch(/^\p{Script=Han}+$/u);
});
