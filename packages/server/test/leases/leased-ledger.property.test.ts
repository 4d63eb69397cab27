/** What holds for processes that lease, whatever fails, in whatever order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOON } from '@tollkeeper/testkit/conformance/fixtures';
import { Fleet } from './fleet.ts';

/** Fleets played by each test. */
const FLEETS = 12;

/** By how much a clock may be late, in milliseconds: into other windows too. */
const LATENESS = [0, 0, 0, 3_600_000, 86_400_000];

/** The limit is kept but for what is named, at any time. */
async function audit(fleet: Fleet): Promise<void> {
  expect(fleet.failures).toEqual([]);
  for (const { budget, balance } of await fleet.store.budgets(fleet.clock.now())) {
    const { over_bound, submitted, correction, limit_lowered } = balance.excess;
    const named = over_bound + submitted + correction + limit_lowered;
    if (budget.mode === 'enforce') {
      expect(balance.high_water).toBeLessThanOrEqual(
        (fleet.limits.get(budget.budget_id) ?? 0n) + named,
      );
    }
    expect(balance.held).toBeGreaterThanOrEqual(0n);
  }
}

/** Nothing is left behind, and what is posted is what was recorded. */
async function expectAllBack(fleet: Fleet): Promise<void> {
  expect(fleet.running).toBe(0);
  const at = await Promise.all(LATENESS.map((late) => fleet.store.budgets(NOON - late)));
  for (const { budget, balance, window_start, resets_at } of at.flat()) {
    const until = resets_at ?? Number.MAX_SAFE_INTEGER;
    const recorded = await fleet.store.postedSince(budget, window_start, until);
    expect([budget.budget_id, balance.posted, balance.held]).toEqual([
      budget.budget_id,
      recorded,
      0n,
    ]);
  }
  for (const { id, ledger } of fleet.processes) {
    expect([await fleet.store.leases(id), ledger.leases]).toEqual([[], 0]);
  }
  expect(await fleet.store.holds()).toEqual([]);
}

const USER = { type: 'user', org_id: 'org', user_id: 'user' } as const;

async function fleetOf(seed: number): Promise<Fleet> {
  const fleet = new Fleet(seed, 3);
  await fleet.put({ budget_id: 'a', amount: BigInt(fleet.upTo(3_000)) });
  await fleet.put({ budget_id: 'b', scope: USER, amount: BigInt(fleet.upTo(5_000)) });
  await fleet.put({ budget_id: 'c', limit: { unit: 'requests', amount: 80n }, window: 'total' });
  await fleet.put({ budget_id: 'd', limit: { unit: 'tokens', amount: 100n }, mode: 'warn' });
  return fleet;
}

interface Chances {
  /** Per cent of what is sent. */
  readonly loss: number;
  readonly kill: number;
  readonly change: number;
  readonly submit: number;
}

/** Makes things happen in any order, then lets everything that is under way end. */
async function play(fleet: Fleet, { loss, kill, change, submit }: Chances): Promise<void> {
  const most = 1 + fleet.upTo(60);
  const when = (): number => fleet.clock.now() - fleet.pick(LATENESS);
  fleet.lossPct = loss;
  for (let step = 0; step < 400; step++) {
    const process = fleet.pick(fleet.processes);
    let chance = fleet.random();
    const is = (share: number): boolean => (chance -= share) < 0;
    if (is(0.3)) fleet.call(process, BigInt(fleet.upTo(most)), when());
    else if (is(0.05)) fleet.clock.advance(fleet.upTo(200));
    else if (is(submit)) fleet.submit(process, BigInt(fleet.upTo(most)), when());
    else if (is(change)) fleet.change(process, changed(fleet));
    else if (is(kill)) {
      await fleet.kill(process);
      fleet.start();
    } else await fleet.step();
    await audit(fleet);
  }
  fleet.lossPct = 0;
  await fleet.calm(3_000);
}

function changed(fleet: Fleet): Parameters<Fleet['change']>[1] {
  const amount = BigInt(fleet.upTo(3_000));
  return fleet.pick([
    { budget_id: 'a', amount },
    { budget_id: 'b', scope: USER, amount, window: fleet.pick(['day', 'hour'] as const) },
    { budget_id: 'c', limit: { unit: 'requests', amount: 80n }, match: fleet.pick(MATCHES) },
  ]);
}

const MATCHES = [null, { label: 'premium' }, { label: 'other' }] as const;

/** Plays many fleets; how often what the counters tell of has happened. */
async function playMany(choose: (fleet: Fleet) => Chances): Promise<Record<string, number>> {
  const seen: Record<string, number> = { runs: 0 };
  const add = (name: string, count: number): void => void (seen[name] = (seen[name] ?? 0) + count);
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const fleet = await fleetOf(seed);
      await play(fleet, choose(fleet));
      await audit(fleet);
      await expectAllBack(fleet);
      add('runs', 1);
      for (const { ledger } of fleet.processes) {
        for (const [name, count] of Object.entries(ledger.counts)) add(name, Number(count));
      }
    }),
    { numRuns: FLEETS, endOnFailure: true },
  );
  return seen;
}

test('the limit is kept, nothing is lost, and every block comes back', async () => {
  const seen = await playMany((fleet) => ({
    loss: fleet.pick([0, 0, 5, 20]),
    kill: fleet.pick([0, 0.005, 0.02]),
    change: 0,
    submit: fleet.pick([0, 0.05]),
  }));
  expect(seen['taken']).toBeGreaterThan(0);
  expect(seen['doubted']).toBeGreaterThan(0);
});

test('so it is while budgets change, come and go under the leases', async () => {
  const seen = await playMany((fleet) => ({
    loss: fleet.pick([0, 5]),
    kill: 0,
    change: 0.03,
    submit: fleet.pick([0, 0.05]),
  }));
  expect(seen['taken']).toBeGreaterThan(0);
  expect(seen['lost']).toBeGreaterThan(0);
});

test('four processes use all of a budget but for less than a call', async () => {
  const use = async (seed: number): Promise<void> => {
    const fleet = new Fleet(seed, 4);
    const limit = 20_000n;
    const call = 13n;
    await fleet.put({ amount: limit });
    const posted = async (): Promise<bigint> =>
      (await fleet.store.budgets(NOON))[0]?.balance.posted ?? 0n;
    for (let turn = 0; turn < 20_000 && (await posted()) + call <= limit; turn++) {
      // Fewer and fewer of them have anything to do.
      const busy = fleet.processes.slice(0, 1 + (turn % 4));
      if (fleet.running < 64) fleet.call(fleet.pick(busy), call);
      await fleet.step();
      if (turn % 10 === 0) fleet.clock.advance(10);
    }
    expect(limit - (await posted())).toBeLessThan(call);
    await fleet.calm(3_000);
    await audit(fleet);
    await expectAllBack(fleet);
    const takes = fleet.processes.reduce((sum, { ledger }) => sum + ledger.counts.taken, 0);
    expect(takes).toBeLessThan(Number(limit / call) / 10);
  };
  await fc.assert(fc.asyncProperty(fc.integer(), use), { numRuns: 2, endOnFailure: true });
});
