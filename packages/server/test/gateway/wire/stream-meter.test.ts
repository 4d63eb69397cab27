/** Usage of streams, by dialect and by the way they end. Frames come from AWS's own encoder. */
import { describe, expect, test } from 'vitest';
import { usageOf } from '@tollkeeper/core';
import type { BodyFamily, Usage } from '@tollkeeper/core';
import type { StreamReading } from '../../../src/gateway/wire/reading.ts';
import { exceptionFrame } from '../../../src/gateway/wire/frames.ts';
import { StreamMeter } from '../../../src/gateway/wire/stream-meter.ts';
import { chunk, errorFrame, event, exception, frame } from './event-stream-samples.ts';
import {
  anthropicStream,
  anthropicText,
  converseStream,
  novaStream,
  titanStream,
} from './stream-samples.ts';

type Streamed = 'converse-stream' | 'invoke-with-response-stream';

function meter(
  operation: Streamed,
  family: BodyFamily,
  chunks: readonly Uint8Array[],
  estimate: number | null = 40,
): StreamReading {
  const it = new StreamMeter(operation, family, estimate);
  for (const bytes of chunks) it.push(bytes);
  return it.finish();
}

const INVOKE = 'invoke-with-response-stream';
const CONVERSE_USAGE = { inputTokens: 18, outputTokens: 7, totalTokens: 25 };

const COMPLETE: readonly (readonly [string, Streamed, BodyFamily, Buffer[], Partial<Usage>])[] = [
  [
    'ConverseStream',
    'converse-stream',
    'unknown',
    converseStream({ usage: CONVERSE_USAGE, metrics: { latencyMs: 1 } }),
    { input_tokens: 18, output_tokens: 7 },
  ],
  [
    'ConverseStream with every cache class',
    'converse-stream',
    'anthropic',
    converseStream({
      usage: {
        inputTokens: 1,
        outputTokens: 2,
        totalTokens: 1203,
        cacheReadInputTokens: 200,
        cacheReadInputTokenCount: 200,
        cacheWriteInputTokens: 1000,
        cacheDetails: [
          { ttl: '1h', inputTokens: 600 },
          { ttl: '5m', inputTokens: 400 },
        ],
      },
    }),
    {
      input_tokens: 1,
      output_tokens: 2,
      cache_read_input_tokens: 200,
      cache_write_5m_input_tokens: 400,
      cache_write_1h_input_tokens: 600,
    },
  ],
  [
    'Anthropic: the placeholder is not the output, and nothing is added up',
    INVOKE,
    'anthropic',
    anthropicStream(
      { input_tokens: 11, output_tokens: 4 },
      { output_tokens: 9 },
      { inputTokenCount: 11, outputTokenCount: 9, invocationLatency: 5 },
    ),
    { input_tokens: 11, output_tokens: 9 },
  ],
  [
    'Anthropic: metrics without cache counts do not erase those of message_start',
    INVOKE,
    'anthropic',
    anthropicStream(
      {
        input_tokens: 11,
        output_tokens: 1,
        cache_read_input_tokens: 70,
        cache_creation_input_tokens: 300,
        cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      },
      { output_tokens: 9 },
      { inputTokenCount: 11, outputTokenCount: 9 },
    ),
    {
      input_tokens: 11,
      output_tokens: 9,
      cache_read_input_tokens: 70,
      cache_write_5m_input_tokens: 100,
      cache_write_1h_input_tokens: 200,
    },
  ],
  [
    'Anthropic: metrics that count cached input again do not make it input twice',
    INVOKE,
    'anthropic',
    anthropicStream(
      { input_tokens: 11, output_tokens: 1, cache_read_input_tokens: 70 },
      { output_tokens: 9 },
      { inputTokenCount: 81, outputTokenCount: 9, cacheReadInputTokenCount: 70 },
    ),
    { input_tokens: 11, output_tokens: 9, cache_read_input_tokens: 70 },
  ],
  [
    'Anthropic: metrics that state less than the dialect do not lower it',
    INVOKE,
    'anthropic',
    anthropicStream(
      { input_tokens: 11, output_tokens: 1, cache_read_input_tokens: 70 },
      { output_tokens: 9 },
      { inputTokenCount: 3, outputTokenCount: 8, cacheReadInputTokenCount: 0 },
    ),
    { input_tokens: 11, output_tokens: 9, cache_read_input_tokens: 70 },
  ],
  [
    'Anthropic: a message_delta with later input counts replaces the first ones',
    INVOKE,
    'anthropic',
    anthropicStream(
      { input_tokens: 11, output_tokens: 1 },
      { input_tokens: 500, output_tokens: 9, cache_read_input_tokens: 3 },
      null,
    ),
    { input_tokens: 500, output_tokens: 9, cache_read_input_tokens: 3 },
  ],
  [
    'Nova',
    INVOKE,
    'nova',
    novaStream(
      { inputTokens: 5, outputTokens: 6, totalTokens: 21, cacheReadInputTokenCount: 10 },
      { inputTokenCount: 5, outputTokenCount: 6 },
    ),
    { input_tokens: 5, output_tokens: 6, cache_read_input_tokens: 10 },
  ],
  [
    'Nova without metrics',
    INVOKE,
    'nova',
    novaStream({ inputTokens: 5, outputTokens: 6, totalTokens: 11 }, null),
    { input_tokens: 5, output_tokens: 6 },
  ],
  [
    'Titan',
    INVOKE,
    'titan_text',
    titanStream({ inputTokenCount: 5, outputTokenCount: 9 }),
    { input_tokens: 5, output_tokens: 9 },
  ],
  [
    'Titan without metrics',
    INVOKE,
    'titan_text',
    titanStream(null),
    { input_tokens: 5, output_tokens: 9 },
  ],
  [
    'a family nobody knows: the metrics alone',
    INVOKE,
    'unknown',
    [
      chunk({ choices: [{ text: 'Hello' }], usage: { prompt_tokens: 44 } }),
      chunk({
        'amazon-bedrock-invocationMetrics': {
          inputTokenCount: 44,
          outputTokenCount: 3,
          cacheReadInputTokenCount: 2,
          cacheWriteInputTokenCount: 1,
        },
      }),
    ],
    {
      input_tokens: 44,
      output_tokens: 3,
      cache_read_input_tokens: 2,
      cache_write_5m_input_tokens: 1,
    },
  ],
];

describe('streams that completed', () => {
  test.each(COMPLETE)('%s', (_, operation, family, chunks, expected) => {
    expect(meter(operation, family, chunks)).toMatchObject({
      end: 'complete',
      output_seen: true,
      usage: { source: 'reported', usage: usageOf(expected) },
    });
  });

  test('usage that never came is unknown, not zero and not estimated', () => {
    for (const [operation, family, chunks] of [
      ['converse-stream', 'unknown', converseStream(null)],
      ['converse-stream', 'unknown', converseStream({ metrics: { latencyMs: 1 } })],
      [INVOKE, 'nova', novaStream({}, null)],
      [INVOKE, 'anthropic', anthropicStream({}, {}, null)],
    ] as const) {
      expect(meter(operation, family, chunks)).toMatchObject({
        end: 'complete',
        usage: { source: 'unknown', reason: 'missing usage' },
      });
    }
  });

  test('counts that cannot be ones make it unknown with the reason', () => {
    const usage = { inputTokens: -1, outputTokens: 2, totalTokens: 1 };
    expect(meter('converse-stream', 'unknown', converseStream({ usage }))).toMatchObject({
      end: 'complete',
      usage: { source: 'unknown', reason: 'usage.inputTokens is not a count: -1' },
    });
  });

  test('no output at all is legitimate and reported', () => {
    const reading = meter('converse-stream', 'unknown', [
      event('messageStart', { role: 'assistant' }),
      event('messageStop', { stopReason: 'guardrail_intervened' }),
      event('metadata', { usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } }),
    ]);
    expect(reading).toMatchObject({
      end: 'complete',
      output_seen: false,
      usage: { source: 'reported', usage: usageOf({}) },
    });
  });

  test('events, message types and members nobody knows are passed over', () => {
    const known = converseStream({ usage: CONVERSE_USAGE });
    const odd = [
      event('laterInvention', { usage: { inputTokens: 9999 } }),
      frame({ ':message-type': 'later', ':event-type': 'metadata' }, Buffer.from('{}')),
      frame({}, Buffer.from('nothing')),
    ];
    const mixed = known.flatMap((bytes) => [...odd, bytes]);
    expect(meter('converse-stream', 'unknown', mixed)).toEqual(
      meter('converse-stream', 'unknown', known),
    );
  });

  test('tier, latency and invoked model come from the metadata, else from the headers', () => {
    const metadata = {
      usage: CONVERSE_USAGE,
      serviceTier: { type: 'flex' },
      trace: { promptRouter: { invokedModelId: 'm' } },
    };
    expect(meter('converse-stream', 'unknown', converseStream(metadata))).toMatchObject({
      served_tier: 'flex',
      invoked_model_id: 'm',
    });
    const latency = { usage: CONVERSE_USAGE, performanceConfig: { latency: 'optimized' } };
    const reading = meter('converse-stream', 'unknown', converseStream(latency));
    expect(reading.served_tier).toBe('latency_optimized');
    const headers: Record<string, string> = { 'x-amzn-bedrock-service-tier': 'priority' };
    const byHeader = new StreamMeter(INVOKE, 'titan_text', 1, (name) => headers[name]);
    for (const bytes of titanStream(null)) byHeader.push(bytes);
    expect(byHeader.finish()).toMatchObject({ served_tier: 'priority', invoked_model_id: null });
  });
});

describe('streams that broke', () => {
  const whole = converseStream({ usage: CONVERSE_USAGE });
  const start = anthropicStream(
    { input_tokens: 11, output_tokens: 1, cache_read_input_tokens: 70 },
    { output_tokens: 9 },
    null,
  );

  test('an exception after output: estimated from the deltas and the given input', () => {
    // "Hello" and " caf\u00e9" are 5 + 6 bytes of UTF-8: three tokens at four bytes each, rounded
    // up.
    const reading = meter('converse-stream', 'unknown', [
      ...whole.slice(0, 3),
      exception('modelStreamErrorException', 'broke'),
    ]);
    expect(reading).toMatchObject({
      end: 'exception',
      output_seen: true,
      usage: { source: 'estimated', usage: usageOf({ input_tokens: 40, output_tokens: 3 }) },
    });
  });

  test.each([
    ['an error frame', errorFrame('InternalFailure', 'x')],
    ["the gateway's own exception frame", exceptionFrame('throttlingException', 'x')],
  ])('%s ends it as an exception', (_, last) => {
    expect(meter('converse-stream', 'unknown', [...whole.slice(0, 2), last]).end).toBe('exception');
  });

  test('an exception before output: unknown, and no output was seen', () => {
    expect(
      meter('converse-stream', 'unknown', [...whole.slice(0, 1), exception('throttling', 'x')]),
    ).toMatchObject({ end: 'exception', output_seen: false, usage: { source: 'unknown' } });
  });

  test('nothing after an exception counts', () => {
    const reading = meter('converse-stream', 'unknown', [
      exception('throttlingException', 'x'),
      ...whole,
    ]);
    expect(reading).toMatchObject({ end: 'exception', usage: { source: 'unknown' } });
  });

  test('a clean stop without the end is truncated, and so is nothing at all', () => {
    expect(meter('converse-stream', 'unknown', whole.slice(0, 3))).toMatchObject({
      end: 'truncated',
      usage: { source: 'estimated' },
    });
    expect(meter('converse-stream', 'unknown', [])).toMatchObject({
      end: 'truncated',
      output_seen: false,
      usage: { source: 'unknown' },
    });
  });

  test('usage that was reported stands though the end is missing or broken', () => {
    const [first, second, , , , metadata] = whole;
    const reading = meter('converse-stream', 'unknown', [
      first ?? Buffer.alloc(0),
      second ?? Buffer.alloc(0),
      metadata ?? Buffer.alloc(0),
    ]);
    expect(reading).toMatchObject({ end: 'truncated', usage: { source: 'reported' } });
    const bad = meter('converse-stream', 'unknown', [...whole, Buffer.from('garbage garbage')]);
    expect(bad).toMatchObject({ end: 'truncated', usage: { source: 'reported' } });
  });

  test('a cut in the middle of a frame is truncated, at every byte of the last one', () => {
    const last = whole[5] ?? Buffer.alloc(0);
    for (let size = 1; size < last.length; size++) {
      const reading = meter('converse-stream', 'unknown', [
        ...whole.slice(0, 5),
        last.subarray(0, size),
      ]);
      expect(reading.end).toBe('truncated');
      expect(reading.usage.source).toBe('estimated');
    }
  });

  test('Anthropic broken after output keeps what message_start reported', () => {
    expect(meter(INVOKE, 'anthropic', start.slice(0, 5))).toMatchObject({
      end: 'truncated',
      usage: {
        source: 'estimated',
        // 35 bytes of text in three pieces: nine tokens.
        usage: usageOf({ input_tokens: 11, output_tokens: 9, cache_read_input_tokens: 70 }),
      },
    });
  });

  test('Anthropic cut after message_delta has its final counts', () => {
    expect(meter(INVOKE, 'anthropic', start.slice(0, 7))).toMatchObject({
      end: 'truncated',
      usage: {
        source: 'reported',
        usage: usageOf({ input_tokens: 11, output_tokens: 9, cache_read_input_tokens: 70 }),
      },
    });
  });

  test("Anthropic's error event in a chunk is an exception", () => {
    const error = chunk({ type: 'error', error: { type: 'overloaded_error', message: 'x' } });
    expect(meter(INVOKE, 'anthropic', [...start.slice(0, 4), error])).toMatchObject({
      end: 'exception',
      usage: { source: 'estimated' },
    });
  });

  test('the placeholder output count alone is never reported', () => {
    expect(meter(INVOKE, 'anthropic', start.slice(0, 1))).toMatchObject({
      end: 'truncated',
      output_seen: false,
      usage: { source: 'unknown' },
    });
  });

  test('every delta is at least one token', () => {
    const deltas = ['a', 'b', 'c', 'd', 'e'].map((text) => anthropicText(text));
    expect(meter(INVOKE, 'anthropic', deltas).usage).toMatchObject({
      source: 'estimated',
      usage: { output_tokens: 5 },
    });
  });

  test('a running output count that is above the estimate is used instead', () => {
    const running = chunk({ type: 'message_delta', delta: {}, usage: { output_tokens: 77 } });
    expect(meter(INVOKE, 'anthropic', [...start.slice(0, 5), running]).usage).toMatchObject({
      source: 'estimated',
      usage: { output_tokens: 77 },
    });
  });

  test('padding is not output', () => {
    const padded = event('contentBlockDelta', { delta: { text: 'abcd' }, p: 'x'.repeat(4000) });
    expect(meter('converse-stream', 'unknown', [padded]).usage).toMatchObject({
      usage: { output_tokens: 1 },
    });
  });

  test('tool input and reasoning are output', () => {
    const reading = meter('converse-stream', 'unknown', [
      event('contentBlockStart', { start: { toolUse: { name: 'f' } } }),
      event('contentBlockDelta', { delta: { toolUse: { input: 'x'.repeat(40) } } }),
      event('contentBlockDelta', { delta: { reasoningContent: { text: 'y'.repeat(40) } } }),
    ]);
    expect(reading.usage).toMatchObject({ usage: { output_tokens: 20 } });
  });

  test('without an input estimate a stream that never reported its input is unknown', () => {
    expect(meter('converse-stream', 'unknown', whole.slice(0, 3), null)).toMatchObject({
      output_seen: true,
      usage: { source: 'unknown' },
    });
  });

  test('a family nobody knows is estimated too', () => {
    const pieces = [chunk({ generation: 'abcdefgh' }), chunk('just text'), chunk([1])];
    const { usage, output_seen } = meter(INVOKE, 'unknown', pieces);
    expect(output_seen).toBe(true);
    expect(usage).toMatchObject({ source: 'estimated', usage: { input_tokens: 40 } });
  });

  test('Titan broken after its input count keeps it', () => {
    expect(meter(INVOKE, 'titan_text', titanStream(null).slice(0, 1)).usage).toMatchObject({
      source: 'estimated',
      usage: { input_tokens: 5, output_tokens: 2 },
    });
  });
});

test('a frame boundary stays known after an exception, so that later bytes pass whole', () => {
  const it = new StreamMeter('converse-stream', 'unknown', 1);
  const later = event('messageStart', {});
  it.push(Buffer.concat([exception('throttlingException', 'x'), later.subarray(0, 10)]));
  expect(it.partialBytes).toBe(10);
  it.push(later.subarray(10));
  expect(it.partialBytes).toBe(0);
  expect(it.finish().end).toBe('exception');
});

test('asking twice gives the same answer, and a frame boundary is known', () => {
  const it = new StreamMeter('converse-stream', 'unknown', 1);
  const [first = Buffer.alloc(0)] = converseStream(null);
  it.push(first.subarray(0, 10));
  expect(it.partialBytes).toBe(10);
  it.push(first.subarray(10));
  expect(it.partialBytes).toBe(0);
  expect(it.finish()).toEqual(it.finish());
});

test('a model that counts cached tokens twice in its streams is read disjointly', () => {
  const usage = {
    inputTokens: 4995,
    outputTokens: 19,
    totalTokens: 10007,
    cacheWriteInputTokens: 4993,
    cacheDetails: [{ ttl: '30m', inputTokens: 4993 }],
  };
  const meter = new StreamMeter('converse-stream', 'openai_chat', 40, () => undefined, true);
  for (const frame of converseStream({ usage })) meter.push(frame);
  const { usage: reading } = meter.finish();
  expect(reading).toEqual({
    source: 'reported',
    usage: usageOf({ input_tokens: 2, output_tokens: 19, cache_write_30m_input_tokens: 4993 }),
  });
});
