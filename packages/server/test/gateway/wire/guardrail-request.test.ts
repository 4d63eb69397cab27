/** The most that guardrails can bill for a request. A text unit is 1000 characters begun. */
import { describe, expect, test } from 'vitest';
import type { BodyFamily, RequestShape } from '@tollkeeper/core';
import {
  guardedInput,
  guardrailUnits,
  readGuardrailChecksRequest,
  readGuardrailRequest,
} from '../../../src/gateway/wire/guardrail-request.ts';
import type { OperationPath, RequestReading } from '../../../src/gateway/wire/reading.ts';
import { readRequest } from '../../../src/gateway/wire/request.ts';

const none = (): undefined => undefined;

function bytes(body: unknown): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function ok(reading: RequestReading): RequestShape {
  if (reading.kind !== 'ok') throw new Error(reading.message);
  return reading.shape;
}

function policies(text: number, images = 0): Record<string, number> {
  return {
    guardrail_topic_policy_unit: text,
    guardrail_content_policy_unit: text,
    guardrail_sensitive_information_policy_unit: text,
    guardrail_contextual_grounding_policy_unit: text,
    guardrail_automated_reasoning_policy_unit: 2 * text,
    ...(images === 0 ? {} : { guardrail_content_policy_image_unit: images }),
  };
}

describe('ApplyGuardrail', () => {
  const text = (length: number): object => ({
    text: { text: 'x'.repeat(length), qualifiers: ['query'] },
  });

  test('each text begins units of its own, for every priced policy', () => {
    const body = { source: 'INPUT', content: [text(1), text(1000), text(1001)] };
    const shape = ok(readGuardrailRequest(none, bytes(body)));
    // 1 + 1 + 2, and one for the word that says where the text comes from.
    expect(shape).toMatchObject({ units: policies(5), text_bytes: 0, max_output_tokens: 0 });
  });

  test('images are looked at by the content policy', () => {
    const image = { image: { format: 'png', source: { bytes: 'A'.repeat(5000) } } };
    const body = { source: 'INPUT', content: [text(5), image, image] };
    expect(ok(readGuardrailRequest(none, bytes(body))).units).toEqual(policies(2, 2));
  });

  test.each([
    ['not valid JSON', '{'],
    ['not a JSON object', '[]'],
    ['names a member twice', '{"content":[],"content":[{"text":{"text":"x"}}]}'],
    ['has no content', '{"source":"INPUT"}'],
  ])('a body that is or %s is refused', (why, body) => {
    const reading = readGuardrailRequest(none, bytes(body));
    expect(reading.kind === 'invalid' && reading.message).toContain(why);
  });

  test('a compressed body is refused', () => {
    expect(readGuardrailRequest(() => 'gzip', bytes('{}')).kind).toBe('invalid');
  });
});

describe('InvokeGuardrailChecks', () => {
  const messages = [{ role: 'user', content: [{ text: 'x'.repeat(1500) }] }];

  test('units of the checks that are asked for, and of no other', () => {
    const checks = { contentFilter: {}, promptAttack: {} };
    expect(ok(readGuardrailChecksRequest(none, bytes({ messages, checks }))).units).toEqual({
      guardrail_check_content_filter_unit: 2,
      guardrail_check_prompt_attack_unit: 2,
    });
  });

  test('a request without messages or without checks is refused', () => {
    expect(readGuardrailChecksRequest(none, bytes({ messages })).kind).toBe('invalid');
    expect(readGuardrailChecksRequest(none, bytes({ checks: {} })).kind).toBe('invalid');
  });
});

describe('inline guardrails', () => {
  const headers = (name: string): string | undefined =>
    name === 'x-amzn-bedrock-guardrailidentifier' ? 'g1' : undefined;
  const text = 'x'.repeat(2500);

  function units(
    operation: OperationPath,
    family: BodyFamily,
    body: object,
    usual: number | null = null,
  ): RequestShape['units'] {
    return ok(readRequest(operation, family, headers, bytes(body), usual)).units;
  }

  test('a Converse request counts its texts and the answer that it allows', () => {
    const body = {
      messages: [{ role: 'user', content: [{ text }] }],
      inferenceConfig: { maxTokens: 500 },
      guardrailConfig: { guardrailIdentifier: 'g1', guardrailVersion: '1', trace: 'enabled' },
    };
    const shape = ok(readRequest('converse', 'unknown', none, bytes(body)));
    // 3 for the text, 3 for the words of the configuration, 500 * 16 / 1000 + 1 for the answer.
    expect(shape.units).toEqual(policies(15));
    expect(shape.references).toEqual(['g1']);
  });

  test('without a maximum the answer is what the model writes at most', () => {
    const body = { messages: [{ role: 'user', content: 'Hi' }] };
    expect(units('invoke', 'openai_chat', body)).toEqual(policies(2));
    expect(units('invoke', 'openai_chat', body, 1000)).toEqual(policies(18));
  });

  test('several answers are guarded each', () => {
    const body = { prompt: 'Hi', max_tokens: 1000, num_generations: 3 };
    expect(units('invoke', 'cohere_command', body)).toEqual(policies(1 + 48 + 3));
  });

  test('a body of no known shape counts all of its text, JSON or not', () => {
    expect(units('invoke', 'unknown', { prompt: text, max_tokens: 500 })).toEqual(policies(12));
    const opaque = readRequest('invoke', 'unknown', headers, bytes(text), 500);
    expect(ok(opaque).units).toEqual(policies(12));
  });

  test('a generated image is looked at as well as a given one', () => {
    const body = {
      taskType: 'IMAGE_VARIATION',
      imageVariationParams: { images: ['AAAA'], text: 'a cat' },
      imageGenerationConfig: { numberOfImages: 2 },
    };
    expect(units('invoke', 'image_task', body)).toEqual({
      'image:1024:standard': 2,
      ...policies(3, 3),
    });
  });

  test('a request without a guardrail has no such units', () => {
    const body = { messages: [{ role: 'user', content: [{ text }] }] };
    expect(ok(readRequest('converse', 'unknown', none, bytes(body))).units).toBeUndefined();
  });
});

test('no text and no image cause no units; every string is a text', () => {
  expect(guardrailUnits(guardedInput({}), 0, 0)).toEqual({});
  expect(guardedInput({ a: ['', 'x', { b: 'y'.repeat(2001) }], role: 'user' })).toEqual({
    textUnits: 5,
    images: 0,
  });
});
