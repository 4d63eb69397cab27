/** Units of ApplyGuardrail and InvokeGuardrailChecks replies. */
import { describe, expect, test } from 'vitest';
import { usageOf } from '@tollkeeper/core';
import type { UsageReading } from '@tollkeeper/core';
import {
  readGuardrailChecksReply,
  readGuardrailReply,
} from '../../../src/gateway/wire/guardrail.ts';

function bytes(body: unknown): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function reported(units: Readonly<Record<string, number>>): UsageReading {
  return { source: 'reported', usage: usageOf({ units }) };
}

const NO_UNITS = {
  topicPolicyUnits: 0,
  contentPolicyUnits: 0,
  wordPolicyUnits: 0,
  sensitiveInformationPolicyUnits: 0,
  sensitiveInformationPolicyFreeUnits: 0,
  contextualGroundingPolicyUnits: 0,
};

describe('ApplyGuardrail', () => {
  test('every policy is a unit of its own, and the number of policies is none', () => {
    const usage = {
      topicPolicyUnits: 1,
      contentPolicyUnits: 2,
      wordPolicyUnits: 3,
      sensitiveInformationPolicyUnits: 4,
      sensitiveInformationPolicyFreeUnits: 5,
      contextualGroundingPolicyUnits: 6,
      contentPolicyImageUnits: 7,
      automatedReasoningPolicyUnits: 8,
      automatedReasoningPolicies: 2,
    };
    expect(readGuardrailReply(bytes({ usage, action: 'NONE' }))).toEqual(
      reported({
        guardrail_topic_policy_unit: 1,
        guardrail_content_policy_unit: 2,
        guardrail_word_policy_unit: 3,
        guardrail_sensitive_information_policy_unit: 4,
        guardrail_sensitive_information_policy_free_unit: 5,
        guardrail_contextual_grounding_policy_unit: 6,
        guardrail_content_policy_image_unit: 7,
        guardrail_automated_reasoning_policy_unit: 8,
      }),
    );
  });

  test('the assessments repeat the usage and are not added to it', () => {
    const usage = { ...NO_UNITS, contentPolicyUnits: 2 };
    const assessments = [{ invocationMetrics: { usage } }];
    expect(readGuardrailReply(bytes({ usage, assessments }))).toEqual(
      reported({ guardrail_content_policy_unit: 2 }),
    );
  });

  test('zeros are a report', () => {
    expect(readGuardrailReply(bytes({ usage: NO_UNITS }))).toEqual(reported({}));
  });

  test.each([
    ['no JSON', '<html>'],
    ['no usage', { action: 'NONE' }],
    ['an empty usage', { usage: {} }],
    ['a usage of nulls', { usage: { topicPolicyUnits: null } }],
    ['a negative count', { usage: { topicPolicyUnits: -1 } }],
    ['half a unit', { usage: { topicPolicyUnits: 0.5 } }],
  ])('%s is unknown', (_what, body) => {
    expect(readGuardrailReply(bytes(body)).source).toBe('unknown');
  });
});

describe('InvokeGuardrailChecks', () => {
  test('every check is a unit of its own, a new one too', () => {
    const usage = {
      contentFilter: { textUnits: 1 },
      promptAttack: { textUnits: 2 },
      sensitiveInformation: { textUnits: 3 },
      someNewCheck: { textUnits: 4 },
    };
    expect(readGuardrailChecksReply(bytes({ results: {}, usage }))).toEqual(
      reported({
        guardrail_check_content_filter_unit: 1,
        guardrail_check_prompt_attack_unit: 2,
        guardrail_check_sensitive_information_unit: 3,
        guardrail_check_some_new_check_unit: 4,
      }),
    );
  });

  test.each([
    ['no JSON', 'x'],
    ['no usage', { results: {} }],
    ['an empty usage', { usage: {} }],
    ['a check without units', { usage: { contentFilter: {} } }],
    ['a count that is none', { usage: { contentFilter: { textUnits: 'x' } } }],
  ])('%s is unknown', (_what, body) => {
    expect(readGuardrailChecksReply(bytes(body)).source).toBe('unknown');
  });
});
