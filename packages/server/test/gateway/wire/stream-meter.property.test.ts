/** Laws of the meter: cuts do not matter, and no bytes make it throw or invent reported usage. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BodyFamily } from '@tollkeeper/core';
import type { OperationPath } from '../../../src/gateway/wire/reading.ts';
import { StreamMeter } from '../../../src/gateway/wire/stream-meter.ts';
import { chunk, event } from './event-stream-samples.ts';
import { anthropicStream, converseStream, novaStream, titanStream } from './stream-samples.ts';

const bounds = { interruptAfterTimeLimit: 1500, numRuns: 300 };
const metrics = { inputTokenCount: 11, outputTokenCount: 9 };
const usage = { inputTokens: 18, outputTokens: 7, totalTokens: 25 };

const STREAMS: readonly (readonly [OperationPath, BodyFamily, Buffer])[] = [
  ['converse-stream', 'unknown', Buffer.concat(converseStream({ usage }))],
  [
    'invoke-with-response-stream',
    'anthropic',
    Buffer.concat(anthropicStream({ input_tokens: 11 }, { output_tokens: 9 }, metrics)),
  ],
  ['invoke-with-response-stream', 'nova', Buffer.concat(novaStream(usage, metrics))],
  ['invoke-with-response-stream', 'titan_text', Buffer.concat(titanStream(metrics))],
];

test('a stream and any prefix of it read the same however they are cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom(...STREAMS), cuts, fc.nat(), (stream, sizes, at) => {
      const [operation, family, bytes] = stream;
      const prefix = bytes.subarray(0, at % (bytes.length + 1));
      const whole = new StreamMeter(operation, family, 40);
      whole.push(prefix);
      const cut = new StreamMeter(operation, family, 40);
      for (let start = 0, i = 0; start < prefix.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        cut.push(prefix.subarray(start, start + size));
        start += size;
      }
      expect(cut.finish()).toEqual(whole.finish());
      if (prefix.length === bytes.length) expect(whole.finish().end).toBe('complete');
    }),
    bounds,
  );
});

test('no prefix reads as zero usage, and none but the last frames as reported', () => {
  for (const [operation, family, bytes] of STREAMS) {
    for (let size = 0; size < bytes.length; size++) {
      const it = new StreamMeter(operation, family, 40);
      it.push(bytes.subarray(0, size));
      const reading = it.finish();
      if (reading.usage.source === 'unknown') continue;
      expect(reading.usage.usage.input_tokens).toBeGreaterThan(0);
      expect(reading.usage.usage.output_tokens).toBeGreaterThan(0);
      expect(reading.output_seen).toBe(true);
    }
  }
});

test('random events and random bytes never throw', () => {
  const names = fc.constantFrom(
    'metadata',
    'contentBlockDelta',
    'contentBlockStart',
    'messageStop',
  );
  const keys = fc.constantFrom(
    'usage',
    'delta',
    'text',
    'inputTokens',
    'cacheDetails',
    'type',
    'message',
    'trace',
    'guardrail',
    'outputAssessments',
    'serverToolUsage',
    'bytes',
    'metadata',
  );
  const odd = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.dictionary(keys, fc.jsonValue()));
  const frames = fc.oneof(
    fc.tuple(names, odd).map(([name, payload]) => event(name, payload)),
    odd.map((payload) => chunk(payload)),
    odd.map((payload) => event('chunk', payload)),
    fc.uint8Array({ maxLength: 30 }),
  );
  const families = fc.constantFrom<BodyFamily>('anthropic', 'nova', 'titan_text', 'unknown');
  const operations = fc.constantFrom<OperationPath>('converse-stream', STREAMS[1]?.[0] ?? 'invoke');
  fc.assert(
    fc.property(operations, families, fc.array(frames, { maxLength: 8 }), (op, family, parts) => {
      const it = new StreamMeter(op, family, 40);
      for (const part of parts) it.push(part);
      expect(it.finish().end).toMatch(/complete|exception|truncated/);
    }),
    bounds,
  );
});
