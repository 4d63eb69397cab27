/** When what ended by itself is started again. */
import { expect, it } from 'vitest';
import { restartOf, WORKED_MS } from '../src/restarts.ts';

it('starts at once what has worked, however often it had failed before', () => {
  expect(restartOf(WORKED_MS, 9)).toEqual({ waitMs: 0, failures: 0 });
});

it('waits twice as long each time for what ends soon, and never longer than ten seconds', () => {
  const waits: number[] = [];
  for (let failures = 0; failures < 40;) {
    const next = restartOf(5, failures);
    waits.push(next.waitMs);
    failures = next.failures;
  }
  expect(waits.slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]);
  expect(new Set(waits.slice(7))).toEqual(new Set([10_000]));
});
