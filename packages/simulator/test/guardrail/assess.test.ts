/** Units are counted by policy: a text unit for each 1000 characters begun, one for each image. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_FIXTURES, type Fixtures } from '../../src/account/fixtures.ts';
import {
  assess,
  findGuardrail,
  textUnits,
  unitsOf,
  usageJson,
} from '../../src/guardrail/assess.ts';

const said = (...texts: string[]) => ({ texts, images: 0, grounding: null });

function guardrail(id: string) {
  const found = findGuardrail(DEFAULT_FIXTURES, id, '1');
  if (found === null) throw new Error(id);
  return found;
}

it.each([
  [0, 0],
  [1, 1],
  [1000, 1],
  [1001, 2],
])('%i characters are %i text units', (characters, units) => {
  expect(textUnits(characters)).toBe(units);
});

describe('a guardrail', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:guardrail/simguardrail';

  it('is found by id and ARN, in its versions and as a draft', () => {
    const found = guardrail('simguardrail');
    expect(findGuardrail(DEFAULT_FIXTURES, arn, 'DRAFT')).toBe(found);
    expect(findGuardrail(DEFAULT_FIXTURES, arn, '2')).toBeNull();
    expect(findGuardrail(DEFAULT_FIXTURES, 'other', '1')).toBeNull();
  });

  it('counts the texts together, in characters and not in code units', () => {
    const counts = (...texts: string[]) =>
      assess(guardrail('simguardrail'), said(...texts), 'input').counts.topic;
    expect(counts('x'.repeat(600), 'y'.repeat(400))).toBe(1);
    expect(counts('x'.repeat(600), 'y'.repeat(401))).toBe(2);
    expect(counts('😀'.repeat(1000))).toBe(1);
  });

  it('intervenes for a word of its own, in any case, or when it is made to', () => {
    const one = guardrail('simguardrail');
    expect(assess(one, said('That is FORBIDDEN.'), 'input')).toMatchObject({
      intervened: true,
      match: 'forbidden',
    });
    expect(assess(one, said('fine'), 'output').intervened).toBe(false);
    expect(assess(one, said('fine'), 'output', true).intervened).toBe(true);
  });

  it('counts only for the policies that it has', () => {
    const fixtures: Fixtures = {
      ...DEFAULT_FIXTURES,
      guardrails: DEFAULT_FIXTURES.guardrails.map((one) => ({ ...one, policies: ['content'] })),
    };
    const one = findGuardrail(fixtures, 'simguardrail', '1');
    if (one === null) throw new Error('not found');
    const assessment = assess(one, said('hi'), 'input');
    expect(unitsOf([assessment])).toEqual({ guardrail_content_policy_unit: 1 });
    expect(usageJson(assessment)).toEqual({
      topicPolicyUnits: 0,
      contentPolicyUnits: 1,
      wordPolicyUnits: 0,
      sensitiveInformationPolicyUnits: 0,
      sensitiveInformationPolicyFreeUnits: 0,
      contextualGroundingPolicyUnits: 0,
    });
  });
});

it('a guardrail of everything counts images, and grounding of outputs alone', () => {
  const full = guardrail('simguardfull');
  const content = { texts: ['x'.repeat(900)], images: 2, grounding: 'y'.repeat(200) };
  expect(usageJson(assess(full, content, 'input'))).toMatchObject({
    contextualGroundingPolicyUnits: 0,
    contentPolicyImageUnits: 2,
    automatedReasoningPolicyUnits: 0,
    automatedReasoningPolicies: 1,
  });
  const output = assess(full, content, 'output');
  expect(unitsOf([output, output])).toEqual({
    guardrail_topic_policy_unit: 2,
    guardrail_content_policy_unit: 2,
    guardrail_word_policy_unit: 2,
    guardrail_sensitive_information_policy_unit: 2,
    guardrail_sensitive_information_policy_free_unit: 2,
    guardrail_contextual_grounding_policy_unit: 4,
    guardrail_content_policy_image_unit: 4,
    guardrail_automated_reasoning_policy_unit: 2,
  });
});
