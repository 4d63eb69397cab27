/** Shapes whose bodies have no counts: those are in headers, or in the metrics of a stream. */
import { describe, expect, it } from 'vitest';
import { invokeOnce, METRICS, streamOnce, usage } from '../rig.ts';

describe.each([
  ['mistral.mistral-7b-instruct-v0:2', 'outputs'],
  ['us.deepseek.r1-v1:0', 'choices'],
])('%s', (modelId, member) => {
  it('answers in its own member and tells its counts in headers alone', async () => {
    const { body, header, row } = await invokeOnce(modelId, { prompt: 'hello', max_tokens: 9 });
    expect(Object.keys(body)).toEqual([member]);
    expect(body[member]).toEqual([
      { text: expect.stringMatching(/^.{9}$/) as string, stop_reason: 'length' },
    ]);
    expect([header('input-token-count'), header('output-token-count')]).toEqual(['6', '9']);
    expect(row.usage).toEqual(usage({ input_tokens: 6, output_tokens: 9 }));
  });

  it('tells the counts of a stream in its last chunk alone', async () => {
    const { chunks } = await streamOnce(modelId, { prompt: 'hello', max_tokens: 50 });
    expect(chunks).toHaveLength(4);
    const { [METRICS]: metrics, ...last } = chunks.at(-1) ?? {};
    expect(last).toEqual({ [member]: [{ text: '', stop_reason: 'stop' }] });
    expect(metrics).toMatchObject({ inputTokenCount: 6, outputTokenCount: 9 });
    expect(JSON.stringify(chunks.slice(0, -1))).not.toContain('ount');
  });
});
