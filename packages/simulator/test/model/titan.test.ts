/** Titan's shapes: text counts beside its results, embeddings without output. */
import { describe, expect, it } from 'vitest';
import { decodeFrames, onlyRow, post, start, TITAN } from '../rig.ts';

const EMBED_V2 = '/model/amazon.titan-embed-text-v2%3A0/invoke';
const inputText = 'What is a ledger?';

describe('Titan text', () => {
  it('tells its counts and why it ended', async () => {
    const answer = await post(await start(), `/model/${TITAN}/invoke`, {
      inputText,
      textGenerationConfig: { maxTokenCount: 6 },
    });
    expect(await answer.json()).toEqual({
      inputTextTokenCount: 5,
      results: [
        { tokenCount: 6, outputText: expect.any(String) as string, completionReason: 'LENGTH' },
      ],
    });
  });

  it('tells the input on the first chunk and the output on the last', async () => {
    const simulator = await start();
    const answer = await post(simulator, `/model/${TITAN}/invoke-with-response-stream`, {
      inputText,
    });
    const chunks = decodeFrames(await answer.bytes()).map(
      ({ payload }) =>
        JSON.parse(Buffer.from(String(payload['bytes']), 'base64').toString()) as object,
    );
    const output = (await onlyRow(simulator)).usage?.['output_tokens'];
    expect(chunks[0]).toMatchObject({ inputTextTokenCount: 5, totalOutputTextTokenCount: null });
    expect(chunks.at(-1)).toMatchObject({
      totalOutputTextTokenCount: output,
      completionReason: 'FINISH',
      'amazon-bedrock-invocationMetrics': { inputTokenCount: 5, outputTokenCount: output },
    });
  });

  it('knows neither system prompts nor tools in Converse', async () => {
    const answer = await post(await start(), `/model/${TITAN}/converse`, {
      messages: [{ role: 'user', content: [{ text: 'hi' }] }],
      system: [{ text: 'be brief' }],
    });
    expect(answer.status).toBe(400);
  });
});

describe('Titan embeddings', () => {
  it('have the length and the forms that were asked for', async () => {
    const answer = await post(await start(), EMBED_V2, {
      inputText,
      dimensions: 512,
      embeddingTypes: ['float', 'binary'],
    });
    const body = (await answer.json()) as {
      embedding: number[];
      embeddingsByType: { float: number[]; binary: number[] };
      inputTextTokenCount: number;
    };
    expect(body.embedding).toHaveLength(512);
    expect(body.embeddingsByType.float).toEqual(body.embedding);
    expect(new Set(body.embeddingsByType.binary)).toEqual(new Set([0, 1]));
    expect(body.inputTextTokenCount).toBe(5);
    expect(Math.hypot(...body.embedding)).toBeCloseTo(1, 6);
    expect(answer.headers.get('x-amzn-bedrock-input-token-count')).toBe('5');
    expect(answer.headers.has('x-amzn-bedrock-output-token-count')).toBe(false);
  });

  it('cannot be streamed', async () => {
    const path = EMBED_V2.replace('invoke', 'invoke-with-response-stream');
    expect((await post(await start(), path, { inputText })).status).toBe(400);
  });

  it('of more than 8192 tokens are refused', async () => {
    const simulator = await start({ settings: { tokens: 'worst' } });
    const answer = await post(simulator, EMBED_V2, { inputText: 'x'.repeat(8193) });
    expect(((await answer.json()) as { message: string }).message).toContain('Too many input');
    expect((await post(simulator, EMBED_V2, { inputText: 'x'.repeat(8192) })).status).toBe(200);
  });

  it.each([
    [{}, 'required key [inputText]'],
    [{ inputText: 5 }, 'expected type: String'],
    [{ inputText: '' }, 'expected minLength'],
    [{ inputText, dimensions: 300 }, 'dimensions'],
    [{ inputText, embeddingTypes: ['words'] }, 'embeddingTypes'],
  ])('for %j are refused', async (body, words) => {
    const answer = await post(await start(), EMBED_V2, body);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { message: string }).message).toContain(words);
  });
});
