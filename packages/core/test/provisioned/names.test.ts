/** Names, tokens and ARNs by AWS's patterns, as its service model states them. */
import { describe, expect, it } from 'vitest';
import {
  clientTokenProblem,
  defaultName,
  madeResourceOf,
  nameProblem,
  NAME_PREFIX_PATTERN,
  parseBedrockArn,
} from '../../src/provisioned/names.ts';

const good = ['a', '0', 'a-b', 'a_b-c', 'a-', 'n'.repeat(63)];
const bad = ['', '-a', '_a', 'a--b', 'a-_b', 'a b', 'a.b', 'ä', 'n'.repeat(64)];

describe('a name of provisioned throughput', () => {
  it.each(good)('may be %s', (name) => {
    expect(nameProblem('provisioned-model', name)).toBeUndefined();
  });
  it.each(bad)('may not be "%s"', (name) => {
    expect(nameProblem('provisioned-model', name)).toMatchObject({
      kind: 'refused',
      code: 'ValidationException',
    });
  });
  it('is good by default, for every prefix that may be set', () => {
    for (const prefix of ['a', 'acme_eu-1', 'A'.repeat(21)]) {
      expect(NAME_PREFIX_PATTERN.test(prefix)).toBe(true);
      const name = defaultName(prefix, 8_640_000_000_000_000);
      expect(nameProblem('provisioned-model', name), name).toBeUndefined();
    }
  });
});

it('a name of a profile may have spaces, one at a time, and 64 characters', () => {
  const profile = 'application-inference-profile';
  expect(nameProblem(profile, 'support chat')).toBeUndefined();
  expect(nameProblem(profile, 'n'.repeat(64))).toBeUndefined();
  expect(nameProblem(profile, 'two  spaces')).toBeDefined();
});

it('a token has letters, digits and dashes between them', () => {
  for (const token of ['a', 'a-b', 'a--b', 'A'.repeat(256)]) {
    expect(clientTokenProblem(token), token).toBeUndefined();
  }
  for (const token of ['', '-a', 'a-', 'a_b', 'A'.repeat(257)]) {
    expect(clientTokenProblem(token), token).toBeDefined();
  }
});

describe('an ARN', () => {
  const arn = 'arn:aws:bedrock:eu-west-2:123456789012:provisioned-model/abcdefghijkl';
  it('is read in its parts', () => {
    expect(parseBedrockArn(arn)).toEqual({
      ...{ region: 'eu-west-2', account: '123456789012' },
      ...{ resource: 'provisioned-model', id: 'abcdefghijkl' },
    });
    expect(parseBedrockArn('arn:aws:bedrock:eu-west-2::foundation-model/a.b:0')).toMatchObject({
      ...{ account: null, resource: 'foundation-model', id: 'a.b:0' },
    });
  });
  it.each([
    'arn:aws:bedrock:eu-west-2:123456789012:provisioned-model/ABCDEFGHIJKL',
    'arn:aws:bedrock:eu-west-2:123456789012:provisioned-model/abcdefghijkl/x',
    'arn:aws:bedrock:eu-west-2::provisioned-model/abcdefghijkl',
    'arn:aws:bedrock:eu-west-2:123456789012:guardrail/abcdefghijkl',
    'arn:aws:s3:eu-west-2:123456789012:provisioned-model/abcdefghijkl',
    'abcdefghijkl',
  ])('of something else is not one of what is made here: %s', (text) => {
    expect(madeResourceOf(arn)).toBe('provisioned-model');
    expect(madeResourceOf(text)).toBeUndefined();
  });
});
