/** The clock of the machine, held against what the machine says elsewhere. */
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/adapters/system/clock.ts';

test('the wall clock is the one of the machine', () => {
  const before = Date.now();
  const now = systemClock().now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

test('the monotonic clock does not go back', () => {
  const clock = systemClock();
  const readings = Array.from({ length: 1_000 }, () => clock.monotonic());
  expect([...readings].sort((a, b) => a - b)).toEqual(readings);
});

test('a timer fires once and can be called off', async () => {
  const clock = systemClock();
  const cancelled = clock.after(0, () => expect.unreachable());
  cancelled.cancel();
  let fired = 0;
  await new Promise<void>((resolve) => {
    clock.after(0, () => (fired += 1));
    clock.after(5, resolve);
  });
  expect(fired).toBe(1);
});
