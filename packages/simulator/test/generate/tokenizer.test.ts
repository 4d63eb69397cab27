/** The simulator's three ways to count. */
import { expect, it } from 'vitest';
import { charactersPerToken, countTokens, TOKEN_MODES } from '../../src/generate/tokenizer.ts';

// UTF-8: a is 1 byte, é 2, 天 3, the musical clef 4 (and two UTF-16 units).
it.each([
  ['', 0, 0, 0],
  ['a', 1, 1, 1],
  ['abcd', 1, 4, 4],
  ['abcde', 2, 5, 5],
  ['é天', 2, 5, 2],
  ['𝄞𝄞', 2, 8, 2],
])('%j is %i typical, %i worst and %i CJK tokens', (text, typical, worst, cjk) => {
  expect(TOKEN_MODES.map((mode) => countTokens(text, mode))).toEqual([typical, worst, cjk]);
});

it('a typical token has four characters of plain text', () => {
  expect(TOKEN_MODES.map(charactersPerToken)).toEqual([4, 1, 1]);
});
