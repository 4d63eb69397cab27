/** What Converse sends besides the modelled members, as the real service does. */
import { expect, it } from 'vitest';
import { ask, CLAUDE, decodeFrames, post, start } from '../rig.ts';

const body = {
  system: [{ text: 'x'.repeat(8000) }, { cachePoint: { type: 'default', ttl: '1h' } }],
  messages: [
    {
      role: 'user',
      content: [{ text: 'y'.repeat(400) }, { cachePoint: { type: 'default' } }, { text: 'hi' }],
    },
  ],
};

it('usage has both spellings of the cache counts, and writes of an hour come first', async () => {
  const answer = await post(await start(), `/model/${CLAUDE}/converse`, body);
  const { usage } = (await answer.json()) as { usage: Record<string, number> };
  expect(usage).toMatchObject({
    inputTokens: 1,
    cacheReadInputTokens: 0,
    cacheReadInputTokenCount: 0,
    cacheWriteInputTokens: 2107,
    cacheWriteInputTokenCount: 2107,
    cacheDetails: [
      { ttl: '1h', inputTokens: 2003 },
      { ttl: '5m', inputTokens: 104 },
    ],
    serverToolUsage: {},
    totalTokens: 2108 + Number(usage['outputTokens']),
  });
  expect(answer.headers.get('x-amzn-requestid')).not.toBeNull();
  expect(answer.headers.get('x-amzn-bedrock-input-token-count')).toBeNull();
});

it('without usage neither answer has any', async () => {
  const simulator = await start();
  const whole = (await (await ask(simulator, 'converse', 'no-usage')).json()) as object;
  expect(Object.keys(whole)).toEqual(['metrics', 'output', 'stopReason']);
  const streamed = await (await ask(simulator, 'converse-stream', 'no-usage')).bytes();
  expect(decodeFrames(streamed).at(-1)?.headers[':event-type']).toBe('messageStop');
});
