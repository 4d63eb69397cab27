/** The simulation itself: that it repeats exactly, and that the oracle passes it. */
import { memoryEngine, simulate } from '@tollkeeper/testkit/simulation';
import { expect, test } from 'vitest';

test('a seed replays exactly, and another one does not', async () => {
  const one = await simulate(7, { engine: memoryEngine });
  const again = await simulate(7, { engine: memoryEngine, readable: true });
  const other = await simulate(8, { engine: memoryEngine });
  expect(again.hash).toBe(one.hash);
  expect(again.events).toBe(one.events);
  expect(again.lines.length).toBeGreaterThan(500);
  expect(other.hash).not.toBe(one.hash);
});

test('nothing is wrong with the plain stores in memory', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { violations, events, processes, faults } = await simulate(seed, {
      engine: memoryEngine,
    });
    expect(violations).toEqual([]);
    expect(events).toBeGreaterThan(500);
    expect(processes).toBeGreaterThanOrEqual(3);
    expect(faults.crash + faults.crash_in_step).toBeGreaterThan(0);
  }
});
