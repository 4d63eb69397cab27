/** Jurassic-2: several completions, each billed; no streams. */
import { expect, it } from 'vitest';
import { invokeOnce, post, start, usage } from '../rig.ts';

const J2 = 'ai21.j2-ultra-v1';

it('each of its completions has output tokens, told in headers alone', async () => {
  const asked = { prompt: 'hello', maxTokens: 9, numResults: 3 };
  const { body, header, row } = await invokeOnce(J2, asked);
  expect(body['completions']).toHaveLength(3);
  expect((body['completions'] as unknown[])[0]).toMatchObject({
    finishReason: { reason: 'length', length: 9 },
  });
  expect([header('input-token-count'), header('output-token-count')]).toEqual(['5', '27']);
  expect(row.usage).toEqual(usage({ input_tokens: 5, output_tokens: 27 }));
  expect(JSON.stringify(body)).not.toContain('oken_count');
});

it('streams neither by InvokeModel nor by Converse, but converses', async () => {
  const simulator = await start();
  const messages = [{ role: 'user', content: [{ text: 'hi' }] }];
  const paths = ['invoke-with-response-stream', 'converse-stream', 'converse'];
  const statuses = await Promise.all(
    paths.map(async (path) => {
      const asked = path.startsWith('converse') ? { messages } : { prompt: 'hi' };
      return (await post(simulator, `/model/${J2}/${path}`, asked)).status;
    }),
  );
  expect(statuses).toEqual([400, 400, 200]);
});

it('takes no system prompt', async () => {
  const answer = await post(await start(), `/model/${J2}/converse`, {
    messages: [{ role: 'user', content: [{ text: 'hi' }] }],
    system: [{ text: 'be brief' }],
  });
  expect(await answer.json()).toMatchObject({
    message: expect.stringContaining('system') as string,
  });
});
