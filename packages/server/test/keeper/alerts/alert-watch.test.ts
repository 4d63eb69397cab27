/** The watch: what is posted is compared with one figure, and only then is anything asked. */
import { beforeEach, expect, it } from 'vitest';
import { memoryStore } from '../../../src/adapters/memory/store.ts';
import { AlertWatch, watchedLedger } from '../../../src/keeper/alerts/alert-watch.ts';
import type { AlertBook } from '../../../src/keeper/alerts/alert-book.ts';
import { anEntry, START } from '../../admin/control-plane.ts';
import { BUDGET, NOON, ORG, stateOf } from './world.ts';

let asked: string[];
let failing: boolean;
let watch: AlertWatch;
const logged: string[] = [];

beforeEach(() => {
  asked = [];
  failing = false;
  const book: Pick<AlertBook, 'raise'> = {
    raise: (state, { reached }) => {
      const day = new Date(state.window_start).toISOString().slice(0, 10);
      asked.push(`${state.budget.budget_id} ${day} ${reached.join(' ')}`);
      return failing ? Promise.reject(new Error('disk full')) : Promise.resolve();
    },
  };
  const log = (_level: string, message: string): void => void logged.push(message);
  watch = new AlertWatch({ book: book as AlertBook, log });
});

it('asks nothing until the next threshold is passed', () => {
  for (const posted of [0n, 1n, 499n, 500n, 501n, 799n, 800n, 999n, 1000n, 5000n]) {
    watch.note([stateOf(posted)]);
  }
  expect(asked).toEqual([
    'daily 2026-11-22 50',
    'daily 2026-11-22 50 80',
    'daily 2026-11-22 50 80 95',
    'daily 2026-11-22 50 80 95 100',
  ]);
});

it('begins anew with a window, and knows usage that comes late for the one before', () => {
  const tomorrow = NOON + 86_400_000;
  watch.note([stateOf(500n), stateOf(100n, {}, tomorrow)]);
  watch.note([stateOf(510n), stateOf(520n), stateOf(500n, {}, tomorrow)]);
  watch.note([stateOf(530n), stateOf(800n), stateOf(810n)]);
  expect(asked).toEqual([
    'daily 2026-11-22 50',
    'daily 2026-11-22 50',
    'daily 2026-11-23 50',
    'daily 2026-11-22 50 80',
  ]);
});

it('looks anew when the limit was changed', () => {
  watch.note([stateOf(400n)]);
  watch.note([stateOf(400n, { limit: { unit: 'usd', amount: 500n } })]);
  expect(asked).toEqual(['daily 2026-11-22 50 80']);
});

it('looks, in a sweep, at what others have posted and at thresholds that were changed', () => {
  watch.sweep([stateOf(500n)]);
  watch.sweep([stateOf(600n)]);
  watch.sweep([stateOf(800n)]);
  watch.sweep([stateOf(800n, { alert_thresholds_pct: [75] })]);
  watch.sweep([stateOf(800n, { alert_thresholds_pct: [] })]);
  expect(asked).toEqual(['daily 2026-11-22 50', 'daily 2026-11-22 50 80', 'daily 2026-11-22 75']);
});

it('tries again when the store failed', async () => {
  failing = true;
  watch.note([stateOf(500n)]);
  await watch.idle();
  failing = false;
  watch.note([stateOf(501n)]);
  await watch.idle();
  watch.note([stateOf(502n)]);
  expect(asked).toEqual(['daily 2026-11-22 50', 'daily 2026-11-22 50']);
  expect(logged).toHaveLength(1);
});

it('hears of all that is posted through the ledger, and leaves the rest as it is', async () => {
  const { ledger } = memoryStore();
  const watched = watchedLedger(ledger, watch);
  await watched.putBudget({ budget: BUDGET, at: START });
  const entry = anEntry({ entry_id: 'e', org_id: ORG });
  const posting = { amount: 600n, ceiling: 0n };
  const command = {
    instance_id: 'i',
    entry,
    postings: { usd: posting, tokens: posting, requests: posting },
    at: START,
    cause: 'submitted' as const,
  };
  expect(await watched.record(command)).toMatchObject({ kind: 'recorded' });
  expect(await watched.record(command)).toMatchObject({ kind: 'already' });
  expect(asked).toEqual(['daily 2026-11-22 50']);
  expect(await watched.budgets(START)).toEqual(await ledger.budgets(START));
  await watched.putBudget({ budget: { ...BUDGET, budget_id: 'b2' }, at: START });
  expect(asked).toEqual(['daily 2026-11-22 50', 'b2 2026-11-22 50']);
});
