/** What a run of many seeds has to show before it counts for anything. */
import { expect, test } from 'vitest';
import { Report } from '../../src/simulation/report.ts';
import type { Outcome } from '../../src/simulation/simulate.ts';
import { FAULTS, type Fault } from '../../src/simulation/weather.ts';

/** One seed in which everything happened. */
function outcome(seed: number, changes: Partial<Outcome> = {}): Outcome {
  return {
    seed,
    ...{ violations: [], rules: {}, hash: '00000000000000ff', lines: [] },
    ...{ events: 500, virtualMs: 1_000, processes: 3, billed: 1 },
    faults: Object.fromEntries(FAULTS.map((fault) => [fault, 1])) as Record<Fault, number>,
    work: { calls: 1, answered: 1, refused: 0, unanswered: 0, submissions: 0 },
    leases: { taken: 1, returned: 1, lost: 1 },
    figures: { recovered: 1 },
    ...changes,
  };
}

function reportOf(seeds: number, changes: Partial<Outcome> = {}): Report {
  const report = new Report();
  for (let seed = 1; seed <= seeds; seed++) report.add(outcome(seed, changes));
  return report;
}

test('a run counts in which everything happened often enough', () => {
  expect(reportOf(10_000).voidBecause).toEqual([]);
  expect(reportOf(10).voidBecause).toEqual([]);
});

test('a run is void in which some kind of fault was rare', () => {
  const faults = { ...outcome(1).faults, conflict: 0 };
  const report = reportOf(9_500, { faults });
  for (let seed = 1; seed <= 500; seed++) report.add(outcome(seed));
  expect(report.voidBecause).toEqual(['conflict happened 500 times']);
});

test('a run is void in which nobody was served, nothing recovered, or no lease lost', () => {
  const work = { ...outcome(1).work, answered: 0 };
  expect(reportOf(10_000, { work }).voidBecause).toEqual(['answered happened 0 times']);
  const figures = { recovered: 0 };
  expect(reportOf(10_000, { figures }).voidBecause).toEqual(['recovered happened 0 times']);
  const leases = { taken: 1, returned: 1, lost: 0 };
  expect(reportOf(10_000, { leases }).voidBecause).toEqual(['leases lost happened 0 times']);
});

test('a seed that is too small makes a run void, however many there are', () => {
  const faults = { ...outcome(1).faults, crash: 0, crash_in_step: 0 };
  expect(reportOf(1, { faults }).voidBecause).toEqual(['a seed had no crash']);
  expect(reportOf(1, { events: 499 }).voidBecause).toEqual(['a seed had 499 events']);
  expect(reportOf(1, { processes: 2 }).voidBecause).toEqual(['a seed had 2 processes']);
});

test('the digest is the same in whatever order seeds end, and another for another trace', () => {
  const digestOf = (...outcomes: readonly Outcome[]): string => {
    const report = new Report();
    for (const each of outcomes) report.add(each);
    return report.digest;
  };
  const [one, two] = [outcome(1), outcome(2, { hash: '00000000000000aa' })];
  expect(digestOf(one, two)).toBe(digestOf(two, one));
  expect(digestOf(one, outcome(2))).not.toBe(digestOf(one, two));
  expect(digestOf(outcome(1, { hash: two.hash }), outcome(2))).not.toBe(digestOf(one, two));
});
