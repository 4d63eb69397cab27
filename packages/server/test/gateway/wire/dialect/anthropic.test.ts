/** Anthropic's older text shape; Messages are in `reply.test.ts` and `stream-meter.test.ts`. */
import { expect, test } from 'vitest';
import { ask, counted, metrics, reply, reported, stream } from './dialect-samples.ts';

test('a legacy text reply is counted by its headers', () => {
  const body = { completion: ' Hello.', stop_reason: 'stop_sequence', stop: '\n\nHuman:' };
  expect(reply('anthropic_text', body, counted(12, 4)).usage).toEqual(
    reported({ input_tokens: 12, output_tokens: 4 }),
  );
});

test('a legacy text reply without headers is unknown, not zero', () => {
  expect(reply('anthropic_text', { completion: ' Hello.' }).usage).toEqual({
    source: 'unknown',
    reason: 'missing usage',
  });
});

test('a legacy text stream is counted by the metrics of its last chunk', () => {
  const reading = stream('anthropic_text', [
    { completion: ' Hel', stop_reason: null, stop: null },
    { completion: 'lo.', stop_reason: 'stop_sequence', stop: '\n\nHuman:', ...metrics(12, 4) },
  ]);
  expect(reading).toMatchObject({ end: 'complete', output_seen: true });
  expect(reading.usage).toEqual(reported({ input_tokens: 12, output_tokens: 4 }));
});

test('the legacy maximum binds', () => {
  const { shape } = ask('anthropic_text', { prompt: 'Hi', max_tokens_to_sample: 300 });
  expect(shape.max_output_tokens).toBe(300);
  expect(shape.output_maximum_binds).toBeUndefined();
});

test('cache counts of the message survive metrics that leave them out', () => {
  const reading = stream('anthropic', [
    {
      type: 'message_start',
      message: {
        usage: {
          input_tokens: 18,
          output_tokens: 2,
          cache_read_input_tokens: 700,
          cache_creation_input_tokens: 500,
          cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 400 },
        },
      },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 386 } },
    { type: 'message_stop', ...metrics(18, 386) },
  ]);
  expect(reading.usage).toEqual(
    reported({
      input_tokens: 18,
      output_tokens: 386,
      cache_read_input_tokens: 700,
      cache_write_5m_input_tokens: 100,
      cache_write_1h_input_tokens: 400,
    }),
  );
});
