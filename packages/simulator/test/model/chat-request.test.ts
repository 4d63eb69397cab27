/** Everything that a chat request holds counts as prompt. */
import { expect, it } from 'vitest';
import { invokeOnce } from '../rig.ts';

const QWEN = 'qwen.qwen3-coder-next';

it('texts, images, calls and tools are counted', async () => {
  const tool = { type: 'function', function: { name: 'note' } };
  const call = { tool_calls: [{ id: 'c', type: 'function' }] };
  const url = { url: 'A'.repeat(30) };
  const { row } = await invokeOnce(QWEN, {
    tools: [tool],
    messages: [
      { role: 'system', content: 'brief' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'image_url', image_url: url },
        ],
      },
      { role: 'assistant', content: null, ...call },
    ],
  });
  const bytes = 5 + 2 + JSON.stringify(call).length + JSON.stringify(tool).length;
  // A small image is one token; three messages of four, the opening, the set of tools.
  expect(row.usage?.input_tokens).toBe(bytes + 1 + 3 * 4 + 3 + 346);
});

it.each([
  [{}, 'required key [messages]'],
  [{ messages: [] }, 'minimum item count'],
  [{ messages: [{ role: 'robot', content: 'hi' }] }, '"robot" is no role'],
  [{ messages: [{ role: 'user', content: 5 }] }, '#/messages/0/content'],
  [{ messages: [{ role: 'user', content: 'x' }], n: 17 }, '17 is not less or equal to 16'],
  [{ messages: [{ role: 'user', content: 'x' }], stop: 5 }, '#/stop'],
])('%j is refused', async (body, words) => {
  const answer = await invokeOnce(QWEN, body);
  expect(answer.status).toBe(400);
  expect(answer.body['message']).toContain(words);
});
