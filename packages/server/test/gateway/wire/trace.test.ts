/** Guardrail units and invoked models in traces, of replies and of streams. */
import { describe, expect, test } from 'vitest';
import { usageOf } from '@tollkeeper/core';
import { invokedModel, readGuardrailTrace } from '../../../src/gateway/wire/trace.ts';
import type { Counts } from '../../../src/gateway/wire/usage-counts.ts';
import { metrics, reply, stream } from './dialect/dialect-samples.ts';

const assessment = (contentPolicyUnits: number): object => ({
  invocationMetrics: { usage: { contentPolicyUnits, wordPolicyUnits: 0 } },
});

test('the invoked model is named by a prompt router', () => {
  expect(invokedModel({ promptRouter: { invokedModelId: 'm' } })).toBe('m');
  expect(invokedModel({ promptRouter: {} })).toBeNull();
  expect(invokedModel(undefined)).toBeNull();
});

test('both ways of naming the sides are read', () => {
  for (const guardrail of [
    { inputAssessment: { g: assessment(1) }, outputAssessments: { g: [assessment(2)] } },
    { input: { g: assessment(1) }, outputs: [{ g: assessment(2) }] },
  ]) {
    const input: Counts = {};
    const output: Counts = {};
    expect(readGuardrailTrace({ guardrail }, input, output)).toEqual({ input: true, output: true });
    expect(input.units).toEqual({ guardrail_content_policy_unit: 1 });
    expect(output.units).toEqual({ guardrail_content_policy_unit: 2 });
  }
});

test('a trace without a guardrail shows none, and one without units states none', () => {
  expect(readGuardrailTrace({ promptRouter: {} }, {}, {})).toBeNull();
  const silent = { guardrail: { inputAssessment: { g: { topicPolicy: {} } } } };
  expect(readGuardrailTrace(silent, {}, {})).toEqual({ input: false, output: false });
});

describe('InvokeModel', () => {
  const usage = { input_tokens: 5, output_tokens: 6 };
  const trace = (guardrail: object): object => ({ 'amazon-bedrock-trace': { guardrail } });

  test('units of the trace stand beside the tokens', () => {
    const body = {
      usage,
      ...trace({ input: { g: assessment(1) }, outputs: [{ g: assessment(2) }] }),
    };
    const reading = reply('anthropic', body);
    expect(reading.guardrail_units).toBe('stated');
    expect(reading.usage).toEqual({
      source: 'reported',
      usage: usageOf({ ...usage, units: { guardrail_content_policy_unit: 3 } }),
    });
  });

  test('a guardrail that acted without a trace was seen, its units are not known', () => {
    const body = { usage, 'amazon-bedrock-guardrailAction': 'INTERVENED' };
    expect(reply('anthropic', body).guardrail_units).toBe('seen');
    const idle = { usage, 'amazon-bedrock-guardrailAction': 'NONE' };
    expect(reply('anthropic', idle).guardrail_units).toBeUndefined();
  });

  test('a prompt that was stopped is billed by the guardrail and not by the model', () => {
    const stopped = { 'amazon-bedrock-guardrailAction': 'INTERVENED' };
    const shown = trace({ input: { g: assessment(2) } });
    expect(reply('anthropic', { ...stopped, ...shown }).usage).toEqual({
      source: 'reported',
      usage: usageOf({ units: { guardrail_content_policy_unit: 2 } }),
    });
    // Without the trace it is not known which side was stopped.
    expect(reply('anthropic', stopped).usage.source).toBe('unknown');
    const answered = trace({ input: { g: assessment(2) }, outputs: [{ g: assessment(1) }] });
    expect(reply('anthropic', { ...stopped, ...answered }).usage.source).toBe('unknown');
  });

  test('a stream assesses the prompt once and the answer piece by piece', () => {
    const reading = stream('llama', [
      { generation: 'H', prompt_token_count: 5, ...trace({ input: { g: assessment(1) } }) },
      {
        generation: 'i',
        ...trace({ input: { g: assessment(1) }, outputs: [{ g: assessment(2) }] }),
      },
      { generation: '', ...trace({ outputs: [{ g: assessment(3) }] }), ...metrics(5, 6) },
    ]);
    expect(reading).toMatchObject({ end: 'complete', guardrail_units: 'stated' });
    expect(reading.usage).toEqual({
      source: 'reported',
      usage: usageOf({ ...usage, units: { guardrail_content_policy_unit: 6 } }),
    });
  });
});
