/** Nova's own bodies: whole streams are in `stream-meter.test.ts`. */
import { expect, test } from 'vitest';
import { ask, reply, reported } from './dialect-samples.ts';

test('cache counts under their own names are disjoint from the input', () => {
  const usage = {
    inputTokens: 10,
    outputTokens: 20,
    totalTokens: 1130,
    cacheReadInputTokenCount: 900,
    cacheWriteInputTokenCount: 200,
  };
  const reading = reply('nova', { output: {}, stopReason: 'end_turn', usage });
  expect(reading.warnings).toBeUndefined();
  expect(reading.usage).toEqual(
    reported({
      input_tokens: 10,
      output_tokens: 20,
      cache_read_input_tokens: 900,
      cache_write_5m_input_tokens: 200,
    }),
  );
});

test.each(['maxTokens', 'max_new_tokens'])('%s binds within inferenceConfig only', (name) => {
  const messages = [{ role: 'user', content: [{ text: 'Hi' }] }];
  const inside = ask('nova', { messages, inferenceConfig: { [name]: 64 } }).shape;
  expect(inside).toMatchObject({ max_output_tokens: 64 });
  expect(inside.output_maximum_binds).toBeUndefined();
  const outside = ask('nova', { messages, [name]: 64 }).shape;
  expect(outside).toMatchObject({ max_output_tokens: 64, output_maximum_binds: false });
});
