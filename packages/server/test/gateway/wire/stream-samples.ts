/** Whole streams of each dialect, event by event, as Bedrock sends them. */
import { chunk, event } from './event-stream-samples.ts';

/** A ConverseStream of two text deltas with the given metadata, or without any. */
export function converseStream(metadata: object | null): Buffer[] {
  return [
    event('messageStart', { role: 'assistant', p: 'abc' }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hello' }, p: 'abcdef' }),
    event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: ' caf\u00e9' }, p: 'ab' }),
    event('contentBlockStop', { contentBlockIndex: 0 }),
    event('messageStop', { stopReason: 'end_turn', p: 'abcdefgh' }),
    ...(metadata === null ? [] : [event('metadata', { ...metadata, p: 'abcd' })]),
  ];
}

/**
 * An Anthropic stream: the placeholder output count comes first, the final one in `message_delta`.
 */
export function anthropicStream(
  startUsage: object,
  deltaUsage: object,
  metrics: object | null,
): Buffer[] {
  const ended = metrics === null ? {} : { 'amazon-bedrock-invocationMetrics': metrics };
  return [
    chunk({ type: 'message_start', message: { id: 'm', content: [], usage: startUsage } }),
    chunk({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    chunk({ type: 'ping' }),
    anthropicText('Hello'),
    anthropicText(' world, this is some more text'),
    chunk({ type: 'content_block_stop', index: 0 }),
    chunk({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: deltaUsage }),
    chunk({ type: 'message_stop', ...ended }),
  ];
}

/** One text delta of Anthropic's. */
export function anthropicText(text: string): Buffer {
  return chunk({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
}

/** A Nova stream. */
export function novaStream(usage: object, metrics: object | null): Buffer[] {
  const ended = metrics === null ? {} : { 'amazon-bedrock-invocationMetrics': metrics };
  return [
    chunk({ messageStart: { role: 'assistant' } }),
    chunk({ contentBlockDelta: { delta: { text: 'Hello' }, contentBlockIndex: 0 } }),
    chunk({ contentBlockStop: { contentBlockIndex: 0 } }),
    chunk({ messageStop: { stopReason: 'end_turn' } }),
    chunk({ metadata: { usage, metrics: {}, trace: {} }, ...ended }),
  ];
}

/** A Titan text stream: the input count early, the output count on the last chunk. */
export function titanStream(metrics: object | null): Buffer[] {
  const ended = metrics === null ? {} : { 'amazon-bedrock-invocationMetrics': metrics };
  return [
    chunk({
      outputText: 'Hello',
      index: 0,
      totalOutputTextTokenCount: null,
      completionReason: null,
      inputTextTokenCount: 5,
    }),
    chunk({
      outputText: ' there',
      index: 0,
      totalOutputTextTokenCount: 9,
      completionReason: 'FINISH',
      inputTextTokenCount: null,
      ...ended,
    }),
  ];
}
