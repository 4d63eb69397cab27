/** Which calls a budget counts: the whole table of scopes and matches. */
import { describe, expect, test } from 'vitest';
import { covers } from '../../src/policy/budget.ts';
import type { Budget, BudgetMatch, BudgetScope } from '../../src/policy/budget.ts';
import type { Subject } from '../../src/identity.ts';

const CALL: Subject = {
  org_id: 'org',
  app_id: 'app',
  user_id: 'user',
  key_id: 'key',
  label: 'premium',
  model_id: 'amazon.nova-lite-v1:0',
};

function budget(scope: BudgetScope, match: BudgetMatch | null): Budget {
  return {
    budget_id: 'budget',
    scope,
    match,
    limit: { unit: 'usd', amount: 1n },
    window: 'day',
    timezone: 'UTC',
    mode: 'enforce',
  };
}

describe('a scope covers the calls of its own and no others', () => {
  const rows: readonly [BudgetScope, Partial<Subject>, boolean][] = [
    [{ type: 'organization', org_id: 'org' }, {}, true],
    [{ type: 'organization', org_id: 'org' }, { org_id: 'other' }, false],
    [{ type: 'application', org_id: 'org', app_id: 'app' }, {}, true],
    [{ type: 'application', org_id: 'org', app_id: 'app' }, { app_id: 'other' }, false],
    [{ type: 'application', org_id: 'org', app_id: 'app' }, { org_id: 'other' }, false],
    [{ type: 'user', org_id: 'org', user_id: 'user' }, {}, true],
    [{ type: 'user', org_id: 'org', user_id: 'user' }, { app_id: 'other' }, true],
    [{ type: 'user', org_id: 'org', user_id: 'user' }, { user_id: 'other' }, false],
    [{ type: 'user', org_id: 'org', user_id: 'user' }, { user_id: null }, false],
    [{ type: 'user', org_id: 'org', user_id: 'user' }, { org_id: 'other' }, false],
    [{ type: 'key', org_id: 'org', key_id: 'key' }, {}, true],
    [{ type: 'key', org_id: 'org', key_id: 'key' }, { key_id: 'other' }, false],
    [{ type: 'key', org_id: 'org', key_id: 'key' }, { key_id: null }, false],
    [{ type: 'key', org_id: 'org', key_id: 'key' }, { org_id: 'other' }, false],
  ];
  test.each(rows)('%o with %o: %s', (scope, change, expected) => {
    expect(covers(budget(scope, null), { ...CALL, ...change })).toBe(expected);
  });
});

describe('a match narrows a budget to its label or model', () => {
  const rows: readonly [BudgetMatch, Partial<Subject>, boolean][] = [
    [{ label: 'premium' }, {}, true],
    [{ label: 'premium' }, { label: 'basic' }, false],
    [{ label: 'premium' }, { label: null }, false],
    [{ model_id: 'amazon.nova-lite-v1:0' }, {}, true],
    [{ model_id: 'amazon.nova-lite-v1:0' }, { label: null }, true],
    [{ model_id: 'amazon.nova-lite-v1:0' }, { model_id: 'amazon.nova-lite-v1' }, false],
    [{ model_id: 'amazon.nova-lite-v1:0' }, { model_id: 'us.amazon.nova-lite-v1:0' }, true],
    [{ model_id: 'amazon.nova-lite-v1:0' }, { model_id: 'us-gov.amazon.nova-lite-v1:0' }, true],
    [{ model_id: 'amazon.nova-lite-v1:0' }, { model_id: 'global.amazon.nova-lite-v1:0' }, true],
    [{ model_id: 'amazon.nova-lite-v1:0' }, { model_id: 'xx.amazon.nova-lite-v1:0' }, false],
    [{ model_id: 'amazon.nova-lite-v1:0' }, { model_id: 'usamazon.nova-lite-v1:0' }, false],
    [{ model_id: 'us.amazon.nova-lite-v1:0' }, { model_id: 'us.amazon.nova-lite-v1:0' }, true],
    [{ model_id: 'us.amazon.nova-lite-v1:0' }, {}, false],
    [{ label: 'premium' }, { org_id: 'other' }, false],
  ];
  test.each(rows)('%o with %o: %s', (match, change, expected) => {
    const scope = { type: 'organization', org_id: 'org' } as const;
    expect(covers(budget(scope, match), { ...CALL, ...change })).toBe(expected);
  });
});
