/** The parts that prompts are built of. */
import { expect, it } from 'vitest';
import { fixed, PLAIN_ASK, text } from '../../src/model/ask.ts';

it('a piece is text to be counted or a number of tokens', () => {
  expect(text('hi')).toEqual({ kind: 'text', text: 'hi' });
  expect(fixed(4)).toEqual({ kind: 'fixed', tokens: 4, digest: '' });
  expect(fixed(4, 'user')).not.toEqual(fixed(4, 'assistant'));
});

it('a plain ask asks for nothing in particular', () => {
  expect(PLAIN_ASK).toMatchObject({ pieces: [], outputTokensMax: null, tier: null });
});
