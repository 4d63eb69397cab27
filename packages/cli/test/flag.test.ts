/** Flags from schemas: one a property, and their texts as the values that are meant. */
import { OPERATION_NAMES, operation } from '@tollkeeper/contract';
import { describe, expect, it } from 'vitest';
import { assemble, flagsOf, valueOf, type Flag } from '../src/flag.ts';

const flag = (kind: Flag['kind']): Flag => ({ name: 'x', path: ['x'], kind, description: '' });

describe('flagsOf', () => {
  it('gives every leaf of a schema a flag, nested ones by their way down', () => {
    const flags = flagsOf(operation('putBudget').body);
    expect(flags.map(({ name, path }) => [name, path.join('.')])).toEqual([
      ['scope-type', 'scope.type'],
      ['scope-org-id', 'scope.org_id'],
      ['scope-app-id', 'scope.app_id'],
      ['scope-user-id', 'scope.user_id'],
      ['scope-key-id', 'scope.key_id'],
      ['match-label', 'match.label'],
      ['match-model-id', 'match.model_id'],
      ['limit-unit', 'limit.unit'],
      ['limit-amount', 'limit.amount'],
      ['window', 'window'],
      ['timezone', 'timezone'],
      ['mode', 'mode'],
      ['alert-thresholds-pct', 'alert_thresholds_pct'],
    ]);
  });

  it('knows what kind of value each takes', () => {
    const kinds = Object.fromEntries(
      flagsOf(operation('putOrganization').body).map(({ name, kind }) => [name, kind]),
    );
    expect(kinds).toMatchObject({
      'org-name': 'text',
      'rate-limits-requests-per-minute': 'number',
      'key-policy-cost-headers': 'switch',
      'key-policy-user-header': 'text',
      'model-ordering': 'list',
      quotas: 'pairs',
      'overrides-agg-shard-count': 'number',
    });
  });

  it('takes a month for every moment and every day of the contract', () => {
    const kinds = OPERATION_NAMES.flatMap((name) => {
      const { query, body } = operation(name);
      return [...flagsOf(query), ...flagsOf(body)].map((each) => [each.name, each.kind] as const);
    });
    const moments = kinds.filter(([name]) => /^(at|expires-at|effective-.*)$/.test(name));
    expect(new Set(moments.map(([, kind]) => kind))).toEqual(new Set(['time', 'day']));
    const usage = flagsOf(operation('summarizeUsage').query);
    expect(usage.find(({ name }) => name === 'from')?.kind).toBe('time');
  });

  it('never gives two members of an operation the same flag, nor one that we use ourselves', () => {
    for (const name of OPERATION_NAMES) {
      const { query, body } = operation(name);
      const names = [...flagsOf(query), ...flagsOf(body)].map((each) => each.name);
      expect(new Set(names).size).toBe(names.length);
      for (const own of ['json', 'csv', 'all', 'endpoint', 'data-dir', 'help']) {
        expect(names).not.toContain(own);
      }
    }
  });
});

describe('valueOf', () => {
  it.each<[Flag['kind'], string | boolean | readonly string[], unknown]>([
    ['text', '007', '007'],
    ['time', '2026-11', '2026-11-01T00:00:00Z'],
    ['day', '2026-11', '2026-11-01'],
    ['number', '12', 12],
    ['number', '-1', -1],
    ['number', '1.5', '1.5'],
    ['number', 'many', 'many'],
    ['switch', false, false],
    ['list', ['a, b', 'c'], ['a', 'b', 'c']],
    ['numbers', ['50, 80', '95'], [50, 80, 95]],
    ['numbers', [''], []],
    ['numbers', ['50,'], [50, '']],
    ['pairs', ['premium=10', 'a=b=5'], { premium: 10, 'a=b': 5 }],
    ['pairs', ['premium'], { premium: '' }],
    ['words', ['project=one', 'a=b=5'], { project: 'one', a: 'b=5' }],
    ['words', ['number=10', 'flag'], { number: '10', flag: '' }],
  ])('of %s %j is %j', (kind, given, expected) => {
    expect(valueOf(flag(kind), given)).toEqual(expected);
  });
});

it('puts values where they belong', () => {
  expect(
    assemble([
      { path: ['limit', 'unit'], value: 'usd' },
      { path: ['limit', 'amount'], value: '1' },
      { path: ['window'], value: 'day' },
    ]),
  ).toEqual({ limit: { unit: 'usd', amount: '1' }, window: 'day' });
});
