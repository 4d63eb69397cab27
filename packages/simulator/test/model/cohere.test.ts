/** Cohere's two ways to be asked; counts are in headers, and only R+ repeats them. */
import { describe, expect, it } from 'vitest';
import { invokeOnce, METRICS, streamOnce, usage } from '../rig.ts';

const text = expect.any(String) as string;

describe('Command', () => {
  it('gives as many generations as it is asked for, and bills each', async () => {
    const asked = { prompt: 'hello', max_tokens: 9, num_generations: 2 };
    const { body, header, row } = await invokeOnce('cohere.command-text-v14', asked);
    const generation = { id: text, text, finish_reason: 'MAX_TOKENS' };
    expect(body).toEqual({ id: text, generations: [generation, generation], prompt: 'hello' });
    expect(header('output-token-count')).toBe('18');
    expect(row.usage).toEqual(usage({ input_tokens: 5, output_tokens: 18 }));
  });

  it('says twenty tokens unless it is asked for more', async () => {
    const settings = { tokens: 'worst' } as const;
    const { row } = await invokeOnce('cohere.command-text-v14', { prompt: 'x' }, { settings });
    expect(row.usage?.output_tokens).toBe(20);
  });

  it('streams until it says that it is finished', async () => {
    const { chunks } = await streamOnce('cohere.command-light-text-v14', {
      prompt: 'hello',
      max_tokens: 50,
    });
    expect(chunks.map((chunk) => chunk['is_finished'])).toEqual([false, false, false, true]);
    expect(chunks.at(-1)).toMatchObject({
      finish_reason: 'COMPLETE',
      [METRICS]: { inputTokenCount: 5, outputTokenCount: 9 },
    });
  });
});

describe('Command R', () => {
  const asked = {
    message: 'hello',
    chat_history: [
      { role: 'USER', message: 'hi' },
      { role: 'CHATBOT', message: 'yes' },
    ],
    preamble: 'brief',
    max_tokens: 50,
  };
  // hello, hi, yes, brief; four tokens for each of three turns, three for the opening.
  const input = 5 + 2 + 3 + 5 + 3 * 4 + 3;

  it('counts the history, and tells its counts in headers', async () => {
    const { body, header, row } = await invokeOnce('cohere.command-r-v1:0', asked);
    expect(Object.keys(body)).toEqual(['response_id', 'text', 'generation_id', 'finish_reason']);
    expect(header('input-token-count')).toBe(String(input));
    expect(row.usage).toEqual(usage({ input_tokens: input, output_tokens: 9 }));
  });

  it('of the larger kind tells what it bills in the body too', async () => {
    const { body } = await invokeOnce('cohere.command-r-plus-v1:0', asked);
    expect(body['meta']).toEqual({ billed_units: { input_tokens: input, output_tokens: 9 } });
    const { chunks } = await streamOnce('cohere.command-r-plus-v1:0', asked);
    expect(chunks.map((chunk) => chunk['event_type'])).toEqual([
      'stream-start',
      'text-generation',
      'text-generation',
      'text-generation',
      'stream-end',
    ]);
    expect(chunks.at(-1)).toMatchObject({
      response: { meta: { billed_units: { input_tokens: input, output_tokens: 9 } } },
      [METRICS]: { inputTokenCount: input, outputTokenCount: 9 },
    });
  });

  it('needs a message', async () => {
    const { status } = await invokeOnce('cohere.command-r-v1:0', { prompt: 'hello' });
    expect(status).toBe(400);
  });
});
