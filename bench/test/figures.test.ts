/** The arithmetic of the bench: percentiles, arrivals, CPU shares and the rise of memory. */
import { describe, expect, it } from 'vitest';
import { coreTicks, cpuBetween } from '../cpu.ts';
import { median, percentilesOf } from '../percentiles.ts';
import { poissonArrivals } from '../schedule.ts';
import { relativeRise } from '../soak.ts';

describe('percentiles', () => {
  it('are values that were measured, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentilesOf(hundred)).toEqual({ count: 100, p50: 50, p90: 90, p99: 99, max: 100 });
    expect(percentilesOf([7])).toEqual({ count: 1, p50: 7, p90: 7, p99: 7, max: 7 });
  });

  it('have a median that splits even numbers of rounds in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
  });
});

describe('arrivals', () => {
  it('are the same for the same seed, ascending, and as many as asked for', () => {
    const arrivals = poissonArrivals(500, 20, 7);
    expect(poissonArrivals(500, 20, 7)).toEqual(arrivals);
    expect(arrivals.toSorted()).toEqual(arrivals);
    // 10,000 expected; the standard deviation of a Poisson count is its root, 100.
    expect(Math.abs(arrivals.length - 10_000)).toBeLessThan(400);
    expect(arrivals.at(-1)).toBeLessThan(20_000);
  });

  it('are as irregular as independent callers: the spread of the gaps equals their mean', () => {
    const arrivals = poissonArrivals(500, 60, 7);
    const gaps = Array.from(arrivals.subarray(1), (at, index) => at - (arrivals[index] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95);
    expect(Math.sqrt(variance) / mean).toBeLessThan(1.05);
  });
});

describe('CPU accounts', () => {
  it('count user, nice, system and interrupt time as busy, and idle, waiting and steal not', () => {
    const text =
      'cpu  1 1 1 1 1 1 1 1 0 0\ncpu0 10 1 5 100 50 2 3 7 0 0\ncpu1 0 0 0 9 0 0 0 0 0 0\nx 1';
    expect(coreTicks(text)).toEqual([
      { busy: 21, steal: 7 },
      { busy: 0, steal: 0 },
    ]);
  });

  it('become shares of one core over the time between', () => {
    const before = { atMs: 0, cores: [{ busy: 100, steal: 0 }], processes: { 42: 50 } };
    const after = { atMs: 2000, cores: [{ busy: 298, steal: 2 }], processes: { 42: 240 } };
    const shares = cpuBetween(before, after);
    expect(shares.seconds).toBe(2);
    expect(shares.cores).toEqual([{ busy: 0.99, steal: 0.01 }]);
    expect(shares.processes[42]).toBe(0.95);
  });
});

describe('the rise of memory', () => {
  const line = (from: number, perSecond: number): { seconds: number; bytes: number }[] =>
    Array.from({ length: 181 }, (_, index) => ({
      seconds: 120 + index,
      bytes: from + perSecond * index + (index % 2 === 0 ? 3 : -3),
    }));

  it('is that of the line through the samples, relative to its begin', () => {
    expect(relativeRise(line(1800, 1))).toBeCloseTo(0.1, 3);
    expect(relativeRise(line(1800, 0))).toBeCloseTo(0, 3);
    expect(relativeRise(line(1800, -1))).toBeCloseTo(-0.1, 3);
  });
});
