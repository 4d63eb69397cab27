/** Laws of all dialects: nothing throws, cuts do not matter, cached tokens count once. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BODY_FAMILIES, totalTokens } from '@tollkeeper/core';
import type { BodyFamily } from '@tollkeeper/core';
import { readCountTokensRequest } from '../../../../src/gateway/wire/count-tokens.ts';
import {
  readGuardrailChecksReply,
  readGuardrailReply,
} from '../../../../src/gateway/wire/guardrail.ts';
import {
  readGuardrailChecksRequest,
  readGuardrailRequest,
} from '../../../../src/gateway/wire/guardrail-request.ts';
import { readReply } from '../../../../src/gateway/wire/reply.ts';
import { readRequest } from '../../../../src/gateway/wire/request.ts';
import { StreamMeter } from '../../../../src/gateway/wire/stream-meter.ts';
import { chunk } from '../event-stream-samples.ts';
import { metrics, reply, stream } from './dialect-samples.ts';

const bounds = { interruptAfterTimeLimit: 1500, numRuns: 300 };

const names = fc.constantFrom(
  ...['usage', 'meta', 'billed_units', 'input_tokens', 'prompt_tokens', 'prompt_tokens_details'],
  ...['cached_tokens', 'choices', 'delta', 'text', 'outputs', 'images', 'artifacts', 'documents'],
  ...[
    'query',
    'imageGenerationConfig',
    'width',
    'numberOfImages',
    'image',
    'inputImage',
    'results',
  ],
  ...['amazon-bedrock-trace', 'guardrail', 'input', 'outputs', 'invocationMetrics', 'content'],
  ...['amazon-bedrock-invocationMetrics', 'inputTokenCount', 'response', 'checks', 'messages'],
  ...['taskType', 'inPaintingParams', 'samples', 'steps', 'n', 'max_tokens', 'stop_reason'],
);
const odd = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(0, 1, -1, 1.5, 1e300, null, true, '', 'INPAINTING', '/9j/4AAQ', 'stop'),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(names, tie('node'), { maxKeys: 5 }),
  ),
})).node;
const object = fc.dictionary(names, odd, { maxKeys: 6 });
const families = fc.constantFrom<BodyFamily>(...BODY_FAMILIES);

test('odd requests, replies and chunks never throw, and invent no negative counts', () => {
  const guardrail = (name: string): string | undefined =>
    name === 'x-amzn-bedrock-guardrailidentifier' ? 'g' : undefined;
  fc.assert(
    fc.property(families, object, fc.array(object, { maxLength: 4 }), (family, body, chunks) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const request = readRequest('invoke', family, guardrail, bytes, 10);
      const asked = request.kind === 'ok' ? request.asked : undefined;
      const meter = new StreamMeter('invoke-with-response-stream', family, 40);
      for (const each of chunks) meter.push(chunk(each));
      const readings = [
        readReply('invoke', family, () => undefined, bytes, asked).usage,
        meter.finish().usage,
        readGuardrailReply(bytes),
        readGuardrailChecksReply(bytes),
      ];
      for (const reading of readings) {
        if (reading.source === 'unknown') continue;
        const { units, ...tokens } = reading.usage;
        for (const count of [...Object.values(tokens), ...Object.values(units)]) {
          expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
        }
      }
      for (const read of [readGuardrailRequest, readGuardrailChecksRequest]) {
        expect(read(guardrail, bytes).kind).toMatch(/ok|invalid/);
      }
      expect(readCountTokensRequest(guardrail, bytes).kind).toMatch(/ok|invalid/);
    }),
    bounds,
  );
});

const count = fc.nat(100_000);

test('an inclusive count and a disjoint one of the same call read the same', () => {
  fc.assert(
    fc.property(count, count, count, count, (input, read, write, output) => {
      const inclusive = {
        prompt_tokens: input + read + write,
        completion_tokens: output,
        total_tokens: input + read + write + output,
        prompt_tokens_details: { cached_tokens: read, cache_write_tokens: write },
      };
      const { usage } = reply('openai_chat', { usage: inclusive });
      if (usage.source !== 'reported') throw new Error(usage.reason);
      expect(usage.usage).toMatchObject({
        input_tokens: input,
        output_tokens: output,
        cache_read_input_tokens: read,
        cache_write_30m_input_tokens: write,
      });
      expect(totalTokens(usage.usage)).toBe(inclusive.total_tokens);
      const streamed = stream('openai_chat', [
        { choices: [{ delta: { content: 'x' } }], usage: { ...inclusive, completion_tokens: 0 } },
        {
          choices: [{ delta: {}, finish_reason: 'stop' }],
          usage: inclusive,
          ...metrics(input, output),
        },
      ]);
      expect(streamed.usage).toEqual(usage);
    }),
    bounds,
  );
});

const STREAMS: readonly (readonly [BodyFamily, readonly object[]])[] = [
  [
    'llama',
    [
      { generation: 'Hello', prompt_token_count: 9, generation_token_count: 1, stop_reason: null },
      { generation: '!', generation_token_count: 3, stop_reason: 'stop', ...metrics(9, 3) },
    ],
  ],
  [
    'openai_chat',
    [
      { choices: [{ delta: { content: 'Hello' } }], usage: { prompt_tokens: 9 } },
      { choices: [{ finish_reason: 'stop' }], usage: { prompt_tokens: 9, completion_tokens: 3 } },
    ],
  ],
  [
    'mistral_text',
    [
      { outputs: [{ text: 'Hello', stop_reason: null }] },
      { outputs: [{ text: '!', stop_reason: 'stop' }], ...metrics(9, 3) },
    ],
  ],
  [
    'cohere_chat',
    [
      { event_type: 'text-generation', text: 'Hello', is_finished: false },
      { event_type: 'stream-end', is_finished: true, ...metrics(9, 3) },
    ],
  ],
];

test('a stream of any family and any prefix of it read the same however they are cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.constantFrom(...STREAMS), cuts, fc.nat(), ([family, chunks], sizes, at) => {
      const bytes = Buffer.concat(chunks.map((each) => chunk(each)));
      const prefix = bytes.subarray(0, at % (bytes.length + 1));
      const whole = new StreamMeter('invoke-with-response-stream', family, 40);
      whole.push(prefix);
      const cut = new StreamMeter('invoke-with-response-stream', family, 40);
      for (let start = 0, i = 0; start < prefix.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        cut.push(prefix.subarray(start, start + size));
        start += size;
      }
      expect(cut.finish()).toEqual(whole.finish());
      if (prefix.length < bytes.length) return;
      expect(whole.finish()).toMatchObject({
        end: 'complete',
        usage: { source: 'reported', usage: { input_tokens: 9, output_tokens: 3 } },
      });
    }),
    bounds,
  );
});
