/** Single chunks of InvokeModel streams; whole streams are in `stream-meter.test.ts`. */
import { expect, test } from 'vitest';
import { noteChunk } from '../../../src/gateway/wire/stream-dialects.ts';
import { noNotes } from '../../../src/gateway/wire/stream-notes.ts';

test('a message_delta without a stop reason is not the last word', () => {
  const notes = noNotes();
  const usage = { output_tokens: 3 };
  noteChunk('anthropic', { type: 'message_delta', delta: {}, usage }, 10, notes);
  expect(notes.outputFinal).toBe(false);
  const delta = { stop_reason: 'end_turn' };
  noteChunk('anthropic', { type: 'message_delta', delta, usage }, 10, notes);
  expect(notes.outputFinal).toBe(true);
});

test("Anthropic's legacy text shape ends with its metrics", () => {
  const notes = noNotes();
  noteChunk('anthropic', { completion: 'Hello', stop_reason: null }, 10, notes);
  expect(notes).toMatchObject({ complete: false, deltas: 1, deltaBytes: 5 });
  const metrics = { inputTokenCount: 1, outputTokenCount: 2 };
  noteChunk(
    'anthropic',
    { completion: '', 'amazon-bedrock-invocationMetrics': metrics },
    10,
    notes,
  );
  expect(notes).toMatchObject({ complete: true, metrics: { input: 1, output: 2 } });
});
