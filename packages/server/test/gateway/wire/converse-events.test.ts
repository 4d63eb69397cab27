/** Single events of a Converse stream; whole streams are in `stream-meter.test.ts`. */
import { expect, test } from 'vitest';
import { mattersInConverse, noteConverse } from '../../../src/gateway/wire/converse-events.ts';
import { noNotes } from '../../../src/gateway/wire/stream-notes.ts';

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
