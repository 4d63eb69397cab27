/** The provider-neutral counts in the last chunk of an InvokeModel stream. */
import { expect, it } from 'vitest';
import { decodeFrames, NOVA, post, start } from '../rig.ts';

const METRICS = 'amazon-bedrock-invocationMetrics';
const hi = [{ role: 'user', content: [{ text: 'hi' }] }];
const cached = [{ text: 'x'.repeat(8000) }, { cachePoint: { type: 'default' } }];

async function lastChunk(body: object, fault = ''): Promise<Record<string, unknown>> {
  const path = `/model/${encodeURIComponent(NOVA)}/invoke-with-response-stream`;
  const answer = await post(await start(), path, body, { 'x-simulator-fault': fault });
  const bytes = decodeFrames(await answer.bytes()).at(-1)?.payload['bytes'];
  return JSON.parse(Buffer.from(String(bytes), 'base64').toString()) as Record<string, unknown>;
}

it('cache counts are there only when the prompt cache is used', async () => {
  const plain = (await lastChunk({ messages: hi }))[METRICS];
  expect(Object.keys(plain ?? {})).toEqual([
    'inputTokenCount',
    'outputTokenCount',
    'invocationLatency',
    'firstByteLatency',
  ]);
  expect((await lastChunk({ messages: hi, system: cached }))[METRICS]).toMatchObject({
    inputTokenCount: 5,
    cacheReadInputTokenCount: 0,
    cacheWriteInputTokenCount: 2003,
  });
});

it('all of it is missing when usage is to be missing', async () => {
  expect(await lastChunk({ messages: hi }, 'no-usage')).not.toHaveProperty([METRICS]);
});
