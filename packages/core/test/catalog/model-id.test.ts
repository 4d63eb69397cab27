/**
 * Model identifiers: every kind that the runtime API accepts, and nothing found by searching
 * inside.
 */
import { describe, expect, test } from 'vitest';
import { isNameOfModel, MODEL_ID_LENGTH_MAX, namesOfModel, parseModelId } from '../../src/index.ts';

const ACCOUNT = '123456789012';

describe('foundation models', () => {
  test.each([
    'anthropic.claude-3-haiku-20240307-v1:0',
    'amazon.titan-embed-text-v1',
    'anthropic.claude-opus-4-7',
    'deepseek.v3.2',
    'openai.gpt-5.5',
    'meta.llama3-1-70b-instruct-v1:0:128k',
    'anthropic.claude-v2:1:200k',
    'ai21.jamba-1-5-mini-v1:0',
  ])('%s is itself, called in its region', (id) => {
    expect(parseModelId(id)).toEqual({
      kind: 'foundation',
      text: id,
      model_id: id,
      scope: 'in_region',
      prefix: null,
      arn: null,
    });
  });

  test.each([
    ['us.amazon.nova-lite-v1:0', 'us', 'geo', 'amazon.nova-lite-v1:0'],
    ['eu.anthropic.claude-sonnet-4-6', 'eu', 'geo', 'anthropic.claude-sonnet-4-6'],
    ['apac.amazon.nova-pro-v1:0', 'apac', 'geo', 'amazon.nova-pro-v1:0'],
    ['au.anthropic.claude-opus-4-8', 'au', 'geo', 'anthropic.claude-opus-4-8'],
    ['jp.anthropic.claude-sonnet-5', 'jp', 'geo', 'anthropic.claude-sonnet-5'],
    ['us-gov.anthropic.claude-opus-5', 'us-gov', 'geo', 'anthropic.claude-opus-5'],
    ['in.openai.gpt-5.6-luna', 'in', 'geo', 'openai.gpt-5.6-luna'],
    ['ca.amazon.nova-lite-v1:0', 'ca', 'geo', 'amazon.nova-lite-v1:0'],
    ['global.openai.gpt-5.6-sol', 'global', 'global', 'openai.gpt-5.6-sol'],
  ])('%s is behind the prefix %s, so its scope is %s', (text, prefix, scope, model_id) => {
    const expected = { kind: 'foundation', text, model_id, scope, prefix, arn: null };
    expect(parseModelId(text)).toEqual(expected);
  });

  test.each(['us.amazon', 'global.v3', 'eu.x:0'])(
    'the prefix of %s does not count, because what follows is no id by itself',
    (id) => {
      expect(parseModelId(id)).toMatchObject({ model_id: id, scope: 'in_region', prefix: null });
    },
  );

  test('only the first prefix is one: the rest is the id, whatever it says', () => {
    expect(parseModelId('us.global.amazon.nova-lite-v1:0')).toMatchObject({
      model_id: 'global.amazon.nova-lite-v1:0',
      scope: 'geo',
    });
  });

  test.each(['usa.amazon.nova-lite-v1:0', 'use.anthropic.claude', 'globals.a.b'])(
    '%s only starts like a prefix',
    (id) => {
      expect(parseModelId(id)).toMatchObject({ model_id: id, scope: 'in_region' });
    },
  );
});

describe('ARNs of what AWS defines', () => {
  test.each(['aws', 'aws-us-gov', 'aws-cn', 'aws-iso-b'])(
    'a foundation model in partition %s has a region and no account',
    (partition) => {
      const text = `arn:${partition}:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0`;
      expect(parseModelId(text)).toEqual({
        kind: 'foundation',
        text,
        model_id: 'amazon.nova-lite-v1:0',
        scope: 'in_region',
        prefix: null,
        arn: { partition, region: 'us-east-1', account_id: null },
      });
    },
  );

  test('a system inference profile is the model behind its prefix, and names an account', () => {
    const id = 'us.anthropic.claude-3-haiku-20240307-v1:0';
    const text = `arn:aws:bedrock:us-west-2:${ACCOUNT}:inference-profile/${id}`;
    expect(parseModelId(text)).toEqual({
      kind: 'foundation',
      text,
      model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
      scope: 'geo',
      prefix: 'us',
      arn: { partition: 'aws', region: 'us-west-2', account_id: ACCOUNT },
    });
  });
});

describe('ARNs of what an account owns', () => {
  test.each([
    ['provisioned-model', 'abcdef123456'],
    ['custom-model', 'amazon.nova-lite-v1:0:300k/abcdef123456'],
    ['custom-model', 'amazon.titan-text-lite-v1/abcdef123456'],
    ['custom-model-deployment', 'abcdef123456'],
    ['imported-model', 'abcdef123456'],
    ['application-inference-profile', 'abcdef123456'],
    ['prompt', 'ABCDEF1234'],
    ['prompt', 'ABCDEF1234:12'],
    ['prompt-router', 'my-router.1'],
    ['default-prompt-router', 'anthropic.claude:1'],
  ])('%s/%s is owned, and says by whom', (resource, id) => {
    const text = `arn:aws:bedrock:eu-central-1:${ACCOUNT}:${resource}/${id}`;
    expect(parseModelId(text)).toEqual({
      kind: 'account_owned',
      text,
      resource,
      resource_id: id,
      arn: { partition: 'aws', region: 'eu-central-1', account_id: ACCOUNT },
    });
  });

  test('a SageMaker endpoint is owned', () => {
    const text = `arn:aws:sagemaker:us-east-1:${ACCOUNT}:endpoint/My-Endpoint-1`;
    expect(parseModelId(text)).toMatchObject({ kind: 'account_owned', resource: 'endpoint' });
  });
});

test.each(['premium', 'my-label', 'Nova_Lite', 'abcdef123456'])('%s is a name', (name) => {
  expect(parseModelId(name)).toEqual({ kind: 'name', text: name, name });
});

describe('what is none of these is malformed, with a reason', () => {
  const arn = (rest: string) => `arn:aws:bedrock:us-east-1:${rest}`;
  test.each([
    '',
    ' ',
    '.',
    '..',
    '../x',
    'a..b',
    'amazon.',
    '.nova',
    'Amazon.Nova-Lite-v1:0',
    'amazon.nova lite',
    'amazon.nova-lite-v1:0/../x',
    'amazon.nova-lite-v1:0\n',
    'amazon.nova%2Dlite',
    'amazon.nova-lite-v1:0:1:2:3',
    'amazon.nova-lite-v1:',
    'my--label',
    '-label',
    'ARN:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
    'arn:',
    'arn:aws:bedrock',
    arn(':foundation-model'),
    arn(':foundation-model/'),
    arn(':foundation-model/premium'),
    arn(':foundation-model/us.amazon.nova-lite-v1:0'),
    arn(`${ACCOUNT}:foundation-model/amazon.nova-lite-v1:0`),
    arn(`${ACCOUNT}:inference-profile/amazon.nova-lite-v1:0`),
    arn(`${ACCOUNT}:inference-profile/abcdef123456`),
    arn(':provisioned-model/abcdef123456'),
    arn('12345:provisioned-model/abcdef123456'),
    arn(`${ACCOUNT}:provisioned-model/ABCDEF123456`),
    arn(`${ACCOUNT}:provisioned-model/abcdef123456/x`),
    arn(`${ACCOUNT}:guardrail/abcdef123456`),
    arn(`${ACCOUNT}:endpoint/my-endpoint`),
    arn(`${ACCOUNT}:prompt/short`),
    `arn:aws:sagemaker:us-east-1:${ACCOUNT}:provisioned-model/abcdef123456`,
    `arn:azure:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0`,
    `arn:aws:bedrock:mars::foundation-model/amazon.nova-lite-v1:0`,
    `arn:aws:bedrock:::foundation-model/amazon.nova-lite-v1:0`,
    `x${arn(':foundation-model/amazon.nova-lite-v1:0')}`,
  ])('%j', (text) => {
    const parsed = parseModelId(text);
    expect(parsed).toMatchObject({ kind: 'malformed', text });
    expect(parsed.kind === 'malformed' && parsed.reason).toMatch(/^[A-Z].+\.$/);
  });

  test('longer than the API accepts', () => {
    const longest = 'a'.repeat(MODEL_ID_LENGTH_MAX + 1);
    expect(parseModelId(longest)).toMatchObject({ kind: 'malformed' });
  });

  test('absurd input costs no time: matching is linear', () => {
    for (const text of [
      'a.'.repeat(1024),
      'a-'.repeat(1000) + '!',
      'a:'.repeat(1024),
      `arn${':'.repeat(2000)}`,
    ]) {
      expect(parseModelId(text).kind).toBe('malformed');
    }
  });
});

describe('the names of a model', () => {
  test('are its id and its id with every routing prefix', () => {
    const names = namesOfModel('amazon.nova-lite-v1:0');
    expect(names).toContain('amazon.nova-lite-v1:0');
    expect(names).toContain('eu.amazon.nova-lite-v1:0');
    expect(names).toContain('global.amazon.nova-lite-v1:0');
    expect(names.every((name) => isNameOfModel('amazon.nova-lite-v1:0', name))).toBe(true);
    expect(new Set(names).size).toBe(10);
  });

  test('are itself alone when it has a prefix', () => {
    expect(namesOfModel('us.amazon.nova-lite-v1:0')).toEqual(['us.amazon.nova-lite-v1:0']);
  });
});
