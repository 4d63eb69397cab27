/** What a completion must have, in InvokeModel's own words. */
import { expect, it } from 'vitest';
import { invokeOnce } from '../rig.ts';

const MISTRAL = 'mistral.mixtral-8x7b-instruct-v0:1';

it.each([
  [{}, 'required key [prompt] not found'],
  [{ prompt: 5 }, '#/prompt: expected type: String'],
  [{ prompt: '' }, 'expected minLength'],
  [{ prompt: 'x', max_tokens: '9' }, '#/max_tokens: expected type: Integer'],
  [{ prompt: 'x', max_tokens: 0 }, 'not greater or equal to 1'],
  [{ prompt: 'x', max_tokens: 8192 }, 'exceeds the model limit of 8191'],
])('%j is refused', async (body, words) => {
  const { status, body: answer, row } = await invokeOnce(MISTRAL, body);
  expect(status).toBe(400);
  expect(answer['message']).toContain(words);
  expect(row).toMatchObject({ billed: false, usage: null });
});

it('members that nobody knows pass', async () => {
  const { status } = await invokeOnce(MISTRAL, { prompt: 'x', top_secret: true });
  expect(status).toBe(200);
});

it('a stop sequence ends the answer, and only what was said is billed', async () => {
  const asked = { prompt: 'x', max_tokens: 400, stop: ['ledger'] };
  const settings = { tokens: 'typical', output_tokens: 400 } as const;
  const { body, row } = await invokeOnce(MISTRAL, asked, { settings });
  const [{ text, stop_reason: reason } = { text: '', stop_reason: '' }] = body['outputs'] as {
    text: string;
    stop_reason: string;
  }[];
  expect(text).not.toContain('ledger');
  expect(reason).toBe('stop');
  expect(row.usage?.output_tokens).toBe(Math.ceil(text.length / 4));
});
