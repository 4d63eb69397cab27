/** Which budgets a process knows, and where it finds them. */
import { describe, expect, test } from 'vitest';
import { budget, DAY, HOUR, NOON, SUBJECT } from '@tollkeeper/testkit/conformance/fixtures';
import { KnownBudgets } from '../../src/leases/known-budgets.ts';

const SCOPES = [
  { type: 'organization', org_id: 'org' },
  { type: 'application', org_id: 'org', app_id: 'app' },
  { type: 'user', org_id: 'org', user_id: 'user' },
  { type: 'key', org_id: 'org', key_id: 'key' },
  { type: 'key', org_id: 'org', key_id: 'other' },
  { type: 'organization', org_id: 'other' },
] as const;

const idsOf = (known: KnownBudgets, subject = SUBJECT): string[] =>
  known.covering(subject).map((found) => found.budget.budget_id);

describe('known budgets', () => {
  test('are found by the subjects that their scope and match cover', () => {
    const known = new KnownBudgets(1_000);
    for (const [id, scope] of SCOPES.entries()) {
      known.learn(budget({ budget_id: `${id}`, scope }));
    }
    known.learn(budget({ budget_id: 'basic', match: { label: 'basic' } }));
    expect(idsOf(known)).toEqual(['0', '1', '2', '3']);
    const basic = { ...SUBJECT, app_id: 'x', user_id: null, key_id: null, label: 'basic' };
    expect(idsOf(known, basic)).toEqual(['0', 'basic']);
    expect(idsOf(known, { ...SUBJECT, org_id: 'nobody' })).toEqual([]);
  });

  test('stay when only their limit changes, and are others when their kind does', () => {
    const known = new KnownBudgets(1_000);
    const first = known.learn(budget()).known;
    const block = first.blockAt(NOON);
    expect(known.learn(budget({ amount: 7n }))).toEqual({ known: first });
    expect([first.budget.limit.amount, first.blockAt(NOON)]).toEqual([7n, block]);
    const changed = known.learn(budget({ window: 'hour' }));
    expect(changed.replaced).toBe(first);
    expect(idsOf(known)).toEqual(['budget']);
    expect(changed.known.blockAt(NOON).windowStart).toBe(NOON - HOUR / 2);
  });

  test('that are forgotten are found no more', () => {
    const known = new KnownBudgets(1_000);
    const { known: first } = known.learn(budget());
    known.forget(first);
    expect([idsOf(known), known.get('budget')]).toEqual([[], undefined]);
  });

  test('have a window for each moment, and forget old ones that nobody uses', () => {
    const { known } = new KnownBudgets(1_000).learn(budget());
    const used = known.blockAt(NOON);
    used.direct = 1;
    for (let day = 1; day <= 20; day++) known.blockAt(NOON + day * DAY);
    expect(known.blocks.size).toBeLessThan(10);
    expect(known.blockAt(NOON)).toBe(used);
    expect(known.blockAt(NOON + DAY - 1)).not.toBe(used);
  });

  test('are bounded: those that nobody uses at the moment make room', () => {
    const known = new KnownBudgets(1_000);
    const busy = known.learn(budget({ budget_id: 'busy' })).known;
    busy.blockAt(NOON).direct = 1;
    for (let id = 0; id < 20_000; id++) known.learn(budget({ budget_id: `${id}` }));
    expect([...known.all()].length).toBeLessThan(20_000);
    expect(known.get('busy')).toBe(busy);
  });
});
