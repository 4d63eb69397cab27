/**
 * A guardrail within a call: its units are billed whether or not a trace shows them; a blocked
 * prompt costs no tokens, a blocked answer all of them.
 */
import {
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import {
  client,
  invokeOnce,
  METRICS,
  NOVA,
  onlyRow,
  question,
  start,
  streamOnce,
  usage,
} from '../rig.ts';

const GUARDRAIL = { guardrailIdentifier: 'simguardrail', guardrailVersion: '1' };
const SETTINGS = { tokens: 'worst', output_tokens: 9 } as const;
/** One text unit of each policy of the guardrail, so many times. */
const units = (times: number) => ({
  guardrail_topic_policy_unit: times,
  guardrail_content_policy_unit: times,
  guardrail_word_policy_unit: times,
  guardrail_sensitive_information_policy_unit: times,
  guardrail_sensitive_information_policy_free_unit: times,
});
const counted = {
  topicPolicyUnits: 1,
  contentPolicyUnits: 1,
  wordPolicyUnits: 1,
  sensitiveInformationPolicyUnits: 1,
  sensitiveInformationPolicyFreeUnits: 1,
  contextualGroundingPolicyUnits: 0,
};
const assessed = { invocationMetrics: { usage: counted } };

async function converse(words: string, trace: 'enabled' | 'disabled', fault = '') {
  const simulator = await start({ settings: SETTINGS });
  const headers = fault === '' ? {} : { 'x-simulator-fault': fault };
  const asked: ConverseCommandInput = {
    ...question(NOVA, words),
    guardrailConfig: { ...GUARDRAIL, trace },
  };
  const answer = await client(simulator, { headers }).send(new ConverseCommand(asked));
  return { answer, row: await onlyRow(simulator) };
}

describe('Converse', () => {
  it('shows what was counted before and after, where the request asks for a trace', async () => {
    const { answer, row } = await converse('hello', 'enabled');
    expect(answer.stopReason).toBe('end_turn');
    expect(answer.trace?.guardrail).toMatchObject({
      inputAssessment: { simguardrail: assessed },
      outputAssessments: { simguardrail: [assessed] },
    });
    // Five bytes, four tokens for the message, three for the opening.
    expect(row.usage).toEqual(usage({ input_tokens: 12, output_tokens: 9, units: units(2) }));
  });

  it('bills the same without a trace, and shows nothing', async () => {
    const { answer, row } = await converse('hello', 'disabled');
    expect(answer.trace).toBeUndefined();
    expect(answer.usage).toMatchObject({ inputTokens: 12, outputTokens: 9 });
    expect(row.usage).toEqual(usage({ input_tokens: 12, output_tokens: 9, units: units(2) }));
  });

  it('of a blocked prompt bills the guardrail alone', async () => {
    const { answer, row } = await converse('the forbidden word', 'enabled');
    expect(answer.stopReason).toBe('guardrail_intervened');
    expect(answer.output?.message?.content).toEqual([{ text: 'Sorry, I cannot answer that.' }]);
    expect(answer.usage).toMatchObject({ inputTokens: 0, outputTokens: 0, totalTokens: 0 });
    expect(answer.trace?.guardrail).toMatchObject({
      inputAssessment: {
        simguardrail: { ...assessed, wordPolicy: { customWords: [{ match: 'forbidden' }] } },
      },
    });
    expect(answer.trace?.guardrail).not.toHaveProperty('outputAssessments');
    expect(row).toMatchObject({ billed: true, outcome: 'completed' });
    expect(row.usage).toEqual(usage({ units: units(1) }));
  });

  it('of a blocked answer bills both', async () => {
    const { answer, row } = await converse('hello', 'enabled', 'guardrail;blocks=output');
    expect(answer.stopReason).toBe('guardrail_intervened');
    expect(answer.output?.message?.content).toEqual([{ text: 'Sorry, I cannot say that.' }]);
    expect(answer.usage).toMatchObject({ inputTokens: 12, outputTokens: 9 });
    expect(answer.trace?.guardrail?.modelOutput).toHaveLength(1);
    expect(row.usage).toEqual(usage({ input_tokens: 12, output_tokens: 9, units: units(2) }));
  });

  it('counts more units for longer prompts', async () => {
    const { row } = await converse('x'.repeat(2500), 'disabled');
    // Three before, one after.
    expect(row.usage?.units).toEqual(units(4));
  });

  it('with a guardrail that the account does not have is refused', async () => {
    const asked = { ...question(NOVA), guardrailConfig: { ...GUARDRAIL, guardrailVersion: '9' } };
    const refused = client(await start()).send(new ConverseCommand(asked));
    await expect(refused).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(refused).rejects.toThrow('does not exist');
  });
});

it.each([
  ['hello', '', { inputTokens: 12, outputTokens: 9 }, 2],
  ['hello', 'guardrail;blocks=input', { inputTokens: 0, outputTokens: 0 }, 1],
  ['hello', 'guardrail;blocks=output', { inputTokens: 12, outputTokens: 9 }, 2],
])('a stream tells the trace of %j (%s) in its metadata', async (words, fault, tokens, times) => {
  const simulator = await start({ settings: SETTINGS });
  const headers = fault === '' ? {} : { 'x-simulator-fault': fault };
  const answer = await client(simulator, { headers }).send(
    new ConverseStreamCommand({
      ...question(NOVA, words),
      guardrailConfig: { ...GUARDRAIL, trace: 'enabled' },
    }),
  );
  let metadata;
  for await (const event of answer.stream ?? []) metadata = event.metadata ?? metadata;
  expect(metadata?.usage).toMatchObject(tokens);
  const seen = metadata?.trace?.guardrail;
  expect(Object.keys(seen?.inputAssessment ?? {})).toEqual(['simguardrail']);
  expect(seen?.outputAssessments?.['simguardrail'] ?? []).toHaveLength(times - 1);
  expect((await onlyRow(simulator)).usage?.units).toEqual(units(times));
});

describe('InvokeModel', () => {
  const headers = {
    'x-amzn-bedrock-guardrailidentifier': 'simguardrail',
    'x-amzn-bedrock-guardrailversion': 'DRAFT',
  };
  const body = { prompt: 'hello', max_gen_len: 50 };
  const LLAMA = 'meta.llama3-8b-instruct-v1:0';

  it('says in its body what the guardrail did, and what it saw only with a trace', async () => {
    const silent = await invokeOnce(LLAMA, body, { headers });
    expect(silent.body['amazon-bedrock-guardrailAction']).toBe('NONE');
    expect(silent.body).not.toHaveProperty('amazon-bedrock-trace');
    expect(silent.row.usage).toEqual(usage({ input_tokens: 6, output_tokens: 9, units: units(2) }));
    const traced = await invokeOnce(LLAMA, body, {
      headers: { ...headers, 'x-amzn-bedrock-trace': 'ENABLED' },
    });
    expect(traced.body['amazon-bedrock-trace']).toMatchObject({
      guardrail: { input: { simguardrail: assessed }, outputs: [{ simguardrail: assessed }] },
    });
  });

  it('of a blocked prompt tells zero tokens in every place', async () => {
    const blocked = await invokeOnce(LLAMA, { ...body, prompt: 'forbidden' }, { headers });
    expect(blocked.body).toMatchObject({
      generation: 'Sorry, I cannot answer that.',
      prompt_token_count: 0,
      generation_token_count: 0,
      'amazon-bedrock-guardrailAction': 'INTERVENED',
    });
    expect(blocked.header('input-token-count')).toBe('0');
    expect(blocked.row.usage).toEqual(usage({ units: units(1) }));
  });

  it('without a version is refused, as is a model that says no text', async () => {
    const { 'x-amzn-bedrock-guardrailidentifier': id } = headers;
    const half = { 'x-amzn-bedrock-guardrailidentifier': id };
    expect((await invokeOnce(LLAMA, body, { headers: half })).status).toBe(400);
    const embedding = await invokeOnce(
      'amazon.titan-embed-text-v1',
      { inputText: 'x' },
      { headers },
    );
    expect(embedding.body['message']).toContain('not supported for this model');
  });

  it('a stream has them in its last chunk', async () => {
    const traced = { ...headers, 'x-amzn-bedrock-trace': 'ENABLED_FULL' };
    const { chunks, row } = await streamOnce(LLAMA, body, '', traced);
    expect(chunks.at(-1)).toMatchObject({
      'amazon-bedrock-guardrailAction': 'NONE',
      'amazon-bedrock-trace': { guardrail: { outputs: [{ simguardrail: assessed }] } },
      [METRICS]: { inputTokenCount: 6, outputTokenCount: 9 },
    });
    expect(row.usage?.units).toEqual(units(2));
  });

  it('streams without a guardrail have none of its members', async () => {
    const { chunks } = await streamOnce(LLAMA, body);
    expect(Object.keys(chunks.at(-1) ?? {})).toContain(METRICS);
    expect(JSON.stringify(chunks)).not.toContain('guardrail');
  });
});

it('a blocked prompt is not written to the prompt cache', async () => {
  const simulator = await start({ settings: SETTINGS });
  const sdk = client(simulator);
  const asked: ConverseCommandInput = {
    ...question(NOVA, 'the forbidden word'),
    system: [{ text: 'x'.repeat(2000) }, { cachePoint: { type: 'default' } }],
  };
  await sdk.send(new ConverseCommand({ ...asked, guardrailConfig: GUARDRAIL }));
  const { usage: told } = await sdk.send(new ConverseCommand(asked));
  expect(told).toMatchObject({ cacheReadInputTokens: 0, cacheWriteInputTokens: 2003 });
});
