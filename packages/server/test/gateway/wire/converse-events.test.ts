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

const inclusive = {
  inputTokens: 4995,
  outputTokens: 19,
  cacheReadInputTokens: 0,
  cacheWriteInputTokens: 4993,
};

test('an input that includes the cached tokens, by its total, is made disjoint', () => {
  const notes = noNotes();
  noteConverse('metadata', { usage: { ...inclusive, totalTokens: 4995 + 19 } }, notes);
  expect(notes.counts).toMatchObject({ input: 2, output: 19, cacheWrite: 4993 });
  expect(notes.counts.warnings).toHaveLength(2);
});

test('a model that is known to count cached tokens twice is taken at its word once', () => {
  const usage = { ...inclusive, totalTokens: 4995 + 4993 + 19 };
  const notes = { ...noNotes(), cachedTwice: true };
  noteConverse('metadata', { usage }, notes);
  noteConverse('metadata', { usage }, notes);
  expect(notes.counts).toMatchObject({ input: 2, cacheWrite: 4993 });
  const others = noNotes();
  noteConverse('metadata', { usage }, others);
  expect(others.counts).toMatchObject({ input: 4995, cacheWrite: 4993 });
  expect(others.counts.warnings).toBeUndefined();
});

test('an input that is smaller than the cached tokens cannot include them', () => {
  const notes = noNotes();
  const usage = { inputTokens: 18, outputTokens: 5, totalTokens: 23, cacheReadInputTokens: 900 };
  noteConverse('metadata', { usage }, notes);
  expect(notes.counts).toMatchObject({ input: 18, cacheRead: 900 });
});

test('a guardrail that intervened was seen, and its trace states its units', () => {
  const notes = noNotes();
  noteConverse('messageStop', { stopReason: 'guardrail_intervened' }, notes);
  expect(notes).toMatchObject({ complete: true, counts: { guardrail: 'seen' } });
  const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  const assessed = { invocationMetrics: { usage: { topicPolicyUnits: 2 } } };
  const trace = { guardrail: { inputAssessment: { g: assessed } } };
  noteConverse('metadata', { usage, trace }, notes);
  expect(notes.counts).toMatchObject({
    input: 0,
    output: 0,
    guardrail: 'stated',
    units: { guardrail_topic_policy_unit: 2 },
  });
});
