/** One text in, one text out, by Converse. */
import { expect, test } from 'vitest';
import { converseBody, converseText } from '../../../src/gateway/doors/converse-text.ts';

test('a body has one message, and additional fields only if there are any', () => {
  const body = { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] };
  expect(converseBody('Hi', { maxTokens: 5 })).toEqual({
    ...body,
    inferenceConfig: { maxTokens: 5 },
  });
  expect(converseBody('Hi', {}, { top_k: 3 })).toEqual({
    ...body,
    inferenceConfig: {},
    additionalModelRequestFields: { top_k: 3 },
  });
});

test('the texts of all blocks are the answer; blocks of other kinds are passed over', () => {
  const content = [{ reasoningContent: { text: 'hm' } }, { text: 'one ' }, { text: 'two' }];
  expect(converseText({ output: { message: { role: 'assistant', content } } })).toBe('one two');
  expect(converseText({ output: { message: { content: [] } } })).toBe('');
});

test('what is no Converse answer has no text', () => {
  for (const reply of [{}, { output: 3 }, { output: {} }, { output: { message: {} } }]) {
    expect(converseText(reply)).toBeUndefined();
  }
});
