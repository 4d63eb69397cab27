/** Conversations are validated in Converse's words, and everything in them counts as input. */
import { describe, expect, it } from 'vitest';
import { CLAUDE, NOVA, onlyRow, post, start } from '../rig.ts';

const user = (...content: object[]) => ({ role: 'user', content });
const hi = user({ text: 'hi' });
const point = { cachePoint: { type: 'default' } };

async function send(body: object, modelId = NOVA) {
  const simulator = await start({ settings: { tokens: 'worst', output_tokens: 1 } });
  const answer = await post(simulator, `/model/${encodeURIComponent(modelId)}/converse`, body);
  const { message } = (await answer.json()) as { message?: string };
  return { status: answer.status, message, row: await onlyRow(simulator) };
}

describe('a bad conversation', () => {
  it.each([
    [{}, "Value null at 'messages'"],
    [{ messages: [] }, 'must start with a user message'],
    [{ messages: [hi, hi] }, 'must alternate'],
    [{ messages: [{ ...hi, role: 'system' }] }, "Value 'system' at 'messages.1.member.role'"],
    [{ messages: [user()] }, 'messages.0 is empty'],
    [{ messages: [user({ text: ' ' })] }, 'is blank'],
    [{ messages: [user({ hologram: {} })] }, 'exactly one'],
    [{ messages: [user(...Array<object>(5).fill(point))] }, 'Found 5.'],
    [{ messages: [hi], inferenceConfig: { maxTokens: 0 } }, "Value '0' at"],
    [{ messages: [hi], toolConfig: { tools: [] } }, 'toolConfig.tools'],
    [{ messages: [hi], serviceTier: { type: 'gold' } }, 'enum value set'],
    [{ messages: [hi], serviceTier: { type: 'reserved' } }, 'Reservation not found.'],
    [{ messages: [hi], performanceConfig: { latency: 'none' } }, '[standard, optimized]'],
  ])('%j is refused', async (body, words) => {
    const { status, message } = await send(body);
    expect(status).toBe(400);
    expect(message).toContain(words);
  });
});

describe('input', () => {
  it('counts system prompts, messages and tools', async () => {
    const tool = { toolSpec: { name: 'note', inputSchema: { json: {} } } };
    const { row } = await send({
      messages: [hi, { role: 'assistant', content: [{ text: 'yes' }] }, user({ text: 'so' })],
      system: [{ text: 'brief' }],
      toolConfig: { tools: [tool] },
    });
    // hi + yes + so + brief + the tool, three messages of four, the opening, the tool set.
    const bytes = 2 + 3 + 2 + 5 + JSON.stringify(tool).length;
    expect(row.usage?.['input_tokens']).toBe(bytes + 3 * 4 + 3 + 346);
  });

  it('counts an image by its size, up to 1600 tokens', async () => {
    const image = (bytes: string) => user({ image: { format: 'png', source: { bytes } } });
    const small = await send({ messages: [image('A'.repeat(75))] }, CLAUDE);
    const large = await send({ messages: [image('A'.repeat(9_000_000))] }, CLAUDE);
    expect(small.row.usage?.['input_tokens']).toBe(1 + 4 + 3);
    expect(large.row.usage?.['input_tokens']).toBe(1600 + 4 + 3);
  });
});

it('the largest output limit anywhere in the body counts', async () => {
  const simulator = await start({ settings: { tokens: 'worst' } });
  await post(simulator, `/model/${NOVA}/converse`, {
    messages: [hi],
    inferenceConfig: { maxTokens: 5 },
    additionalModelRequestFields: { inferenceConfig: { max_new_tokens: 9 } },
  });
  expect((await onlyRow(simulator)).usage).toMatchObject({ output_tokens: 9 });
});
