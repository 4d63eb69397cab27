/** What of the gateway's AWS rights an organization may use: nothing that was not granted. */
import { describe, expect, test } from 'vitest';
import type { Grant, GrantKind } from '@tollkeeper/core';
import { arnGranted, firstUngranted, modelGranted, s3Granted } from '../../src/gateway/grants.ts';

const HERE = 'us-east-1';
const PROFILE = 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc';

function grant(kind: GrantKind, value: string, region: string | null = null): Grant {
  return { grant_id: 'g', kind, value, region };
}

describe('ARNs', () => {
  test.each([
    ['nothing is granted', []],
    ['another is granted', [grant('arn', `${PROFILE}d`)]],
    ['a shorter one is granted', [grant('arn', PROFILE.slice(0, -1))]],
    ['it is granted as another kind', [grant('model', PROFILE), grant('s3_prefix', PROFILE)]],
    ['it is granted in another region', [grant('arn', PROFILE, 'eu-west-1')]],
  ])('are refused when %s', (_why, grants) => {
    expect(arnGranted(grants, PROFILE, HERE)).toBe(false);
  });

  test.each([null, HERE])('are granted exactly, in the region of the grant (%s)', (region) => {
    expect(arnGranted([grant('arn', PROFILE, region)], PROFILE, HERE)).toBe(true);
  });
});

describe('S3 locations', () => {
  const grants = [grant('s3_prefix', 's3://bucket/a')];

  test.each(['s3://bucket/a', 's3://bucket/a/', 's3://bucket/a/b', 's3://bucket/a/b/c.png'])(
    '%s lies under s3://bucket/a',
    (uri) => {
      expect(s3Granted(grants, uri, HERE)).toBe(true);
      expect(s3Granted([grant('s3_prefix', 's3://bucket/a/')], `${uri}/x`, HERE)).toBe(true);
    },
  );

  test.each([
    's3://bucket/ab',
    's3://bucket/',
    's3://bucket',
    's3://bucket2/a',
    's3://other/a',
    's3://bucket/a/../b',
    's3://bucket/a/./b',
    's3://bucket/A',
    ' s3://bucket/a',
  ])('%s does not', (uri) => {
    expect(s3Granted(grants, uri, HERE)).toBe(false);
  });

  test('a grant of a whole bucket covers what is in it, and no bucket whose name goes on', () => {
    const whole = [grant('s3_prefix', 's3://bucket')];
    expect(s3Granted(whole, 's3://bucket/any/thing', HERE)).toBe(true);
    expect(s3Granted(whole, 's3://bucket-2/any', HERE)).toBe(false);
  });

  test('a grant of another region does not count', () => {
    expect(s3Granted([grant('s3_prefix', 's3://b', 'eu-west-1')], 's3://b/x', HERE)).toBe(false);
  });
});

describe('models', () => {
  test('without a model grant every model may be called', () => {
    expect(modelGranted([], 'amazon.nova-micro-v1:0', HERE)).toBe(true);
    expect(modelGranted([grant('arn', PROFILE)], 'amazon.nova-micro-v1:0', HERE)).toBe(true);
  });

  test('with one, exactly those that are granted, each in its region', () => {
    const grants = [grant('model', 'a'), grant('model', 'b', 'eu-west-1')];
    expect(modelGranted(grants, 'a', HERE)).toBe(true);
    expect(modelGranted(grants, 'b', HERE)).toBe(false);
    expect(modelGranted(grants, 'b', 'eu-west-1')).toBe(true);
    expect(modelGranted(grants, 'c', HERE)).toBe(false);
  });
});

describe('all references of a request', () => {
  const grants = [grant('arn', PROFILE), grant('s3_prefix', 's3://bucket/a')];

  test('the first one that is not granted is named', () => {
    const references = [PROFILE, 's3://bucket/a/x', 's3://bucket/b', 'arn:other'];
    expect(firstUngranted(grants, references, HERE)).toBe('s3://bucket/b');
  });

  test('none is named when all are granted', () => {
    expect(firstUngranted(grants, [PROFILE, 's3://bucket/a/x'], HERE)).toBeUndefined();
    expect(firstUngranted([], [], HERE)).toBeUndefined();
  });
});

describe('guardrails', () => {
  const ARN = 'arn:aws:bedrock:us-east-1:111122223333:guardrail/abc123';

  test('are granted by their ARN, called by it or by the id of this region', () => {
    const grants = [grant('arn', ARN)];
    expect(firstUngranted(grants, [ARN, 'abc123'], HERE)).toBeUndefined();
    expect(firstUngranted([grant('arn', ARN, HERE)], ['abc123'], HERE)).toBeUndefined();
  });

  test.each([
    ['nothing is granted', []],
    ['another is granted', [grant('arn', `${ARN}4`)]],
    ['a shorter one is granted', [grant('arn', ARN.slice(0, -1))]],
    ['something else of that id is granted', [grant('arn', ARN.replace('guardrail', 'prompt'))]],
    ['it is granted in another region', [grant('arn', ARN, 'eu-west-1')]],
    ['it is of another region', [grant('arn', ARN.replace('us-east-1', 'eu-west-1'))]],
    ['the id is granted as a model', [grant('model', 'abc123')]],
  ])('are refused by their id when %s', (_why, grants) => {
    expect(firstUngranted(grants, ['abc123'], HERE)).toBe('abc123');
  });
});
