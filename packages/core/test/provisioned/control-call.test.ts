/**
 * The table of calls: what AWS's service model says of each, and the policies that go with them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ACTION_NAMES } from '../../src/provisioned/action.ts';
import { CONTROL_ACTIONS, controlCall } from '../../src/provisioned/control-call.ts';

const ARN = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl';
const IAM = join(import.meta.dirname, '..', '..', '..', '..', 'deploy', 'iam');

interface Policy {
  readonly Statement: readonly {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
  }[];
}

function policy(name: string): Policy {
  return JSON.parse(readFileSync(join(IAM, `${name}.json`), 'utf8')) as Policy;
}

function actionsOf(name: string): readonly string[] {
  return policy(name).Statement.flatMap(({ Action }) => Action);
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].toSorted((left, right) => (left < right ? -1 : 1));
}

describe('the IAM policies', () => {
  it('allow every call that the code can make, and no other', () => {
    const both = [...actionsOf('provisioned-throughput'), ...actionsOf('inference-profiles')];
    const calls = Object.keys(CONTROL_ACTIONS).map((action) => `bedrock:${action}`);
    expect(sorted(both)).toEqual(sorted([...calls, 'iam:PassRole']));
  });

  it('of provisioned throughput allow the actions of the endpoint, and to pass one role', () => {
    const needed = [...ACTION_NAMES.map((action) => `bedrock:${action}`), 'iam:PassRole'];
    expect(sorted(actionsOf('provisioned-throughput'))).toEqual(sorted(needed));
    expect(ACTION_NAMES).toHaveLength(9);
  });

  it.each(['provisioned-throughput', 'inference-profiles'])(
    'name resources wherever AWS lets them be named: %s',
    (name) => {
      for (const { Action, Effect, Resource } of policy(name).Statement) {
        expect(Effect).toBe('Allow');
        const actions = typeof Action === 'string' ? [Action] : Action;
        expect(actions.filter((action) => action.includes('*'))).toEqual([]);
        if (Resource !== '*') continue;
        // Lists and models have no resource of this account.
        expect(actions.filter((action) => !/:(List|GetFoundationModel)/.test(action))).toEqual([]);
      }
    },
  );
});

describe('a call', () => {
  it.each([
    ['GetProvisionedModelThroughput', 'GET', '/provisioned-model-throughput/'],
    ['DeleteProvisionedModelThroughput', 'DELETE', '/provisioned-model-throughput/'],
    ['GetInferenceProfile', 'GET', '/inference-profiles/'],
  ] as const)('names its resource in one encoded segment: %s', (action, method, folder) => {
    const id = 'arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fabcdefghijkl';
    expect(controlCall(action, { id: ARN })).toEqual({
      ...{ action, method, body: null },
      path: `${folder}${id}`,
    });
  });

  it('has its query encoded and in order, without what was not asked', () => {
    const query = { nameContains: "a b'", maxResults: 5, nextToken: undefined };
    expect(controlCall('ListProvisionedModelThroughputs', { query }).path).toBe(
      '/provisioned-model-throughputs?maxResults=5&nameContains=a%20b%27',
    );
  });

  it('lists tags by POST, as AWS wants it', () => {
    expect(controlCall('ListTagsForResource', { body: { resourceARN: ARN } })).toEqual({
      action: 'ListTagsForResource',
      method: 'POST',
      path: '/listTagsForResource',
      body: `{"resourceARN":"${ARN}"}`,
    });
  });
});
