/** The simulation itself: that it repeats exactly, and a short run of it. */
import {
  dynamoEngine,
  leasedMemoryEngine,
  memoryEngine,
  simulate,
} from '@tollkeeper/testkit/simulation';
import { expect, test } from 'vitest';

test('a seed replays exactly, and another one does not', async () => {
  const one = await simulate(7, { engine: dynamoEngine() });
  const again = await simulate(7, { engine: dynamoEngine(), readable: true });
  const other = await simulate(8, { engine: dynamoEngine() });
  expect(again.hash).toBe(one.hash);
  expect(again.events).toBe(one.events);
  expect(again.lines.length).toBeGreaterThan(500);
  expect(other.hash).not.toBe(one.hash);
});

test.for([
  ['the plain stores in memory', memoryEngine, 3],
  ['leases over them', leasedMemoryEngine, 3],
  ['leases over the DynamoDB store', dynamoEngine(), 6],
] as const)('nothing is wrong with %s', { timeout: 120_000 }, async ([_name, engine, seeds]) => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations, events, processes, faults } = await simulate(seed, { engine });
    expect(violations).toEqual([]);
    expect(events).toBeGreaterThan(500);
    expect(processes).toBeGreaterThanOrEqual(3);
    expect(faults.crash + faults.crash_in_step).toBeGreaterThan(0);
  }
});
