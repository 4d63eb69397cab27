/** Single events of each dialect; whole streams are in `stream-meter.test.ts`. */
import { expect, test } from 'vitest';
import {
  mattersInConverse,
  noNotes,
  noteChunk,
  noteConverse,
} from '../../../src/gateway/wire/stream-dialects.ts';

test('only four events of a Converse stream are parsed', () => {
  const parsed = [
    'messageStart',
    'contentBlockStart',
    'contentBlockDelta',
    'contentBlockStop',
    'messageStop',
    'metadata',
    'unknown',
  ].filter((event) => mattersInConverse(event));
  expect(parsed).toEqual(['contentBlockStart', 'contentBlockDelta', 'messageStop', 'metadata']);
});

test('a second metadata event replaces the first', () => {
  const notes = noNotes();
  const details = [{ ttl: '1h', inputTokens: 5 }];
  const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 8, cacheDetails: details };
  noteConverse('metadata', { usage }, notes);
  noteConverse('metadata', { usage }, notes);
  expect(notes.counts).toMatchObject({ input: 1, output: 2, cacheWrite: 5, write1h: 5 });
});

test('metadata that is not readable is warned of', () => {
  const notes = noNotes();
  noteConverse('metadata', undefined, notes);
  expect(notes.counts.warnings).toHaveLength(1);
});

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
