/** The clock of the machine, held against what the machine says elsewhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileClock, systemClock } from '../../../src/adapters/system/clock.ts';

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

test('a file sets the wall clock: an instant, a distance, and what it said last', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tollkeeper-clock-'));
  const file = join(directory, 'clock');
  const clock = fileClock(file);
  const near = (expected: number): void => {
    expect(Math.abs(clock.now() - expected)).toBeLessThan(60_000);
  };
  near(Date.now());
  writeFileSync(file, '2026-03-29T01:30:00+01:00\n');
  expect(clock.now()).toBe(Date.UTC(2026, 2, 29, 0, 30));
  writeFileSync(file, '2026-03-');
  expect(clock.now()).toBe(Date.UTC(2026, 2, 29, 0, 30));
  writeFileSync(file, '-86400000');
  near(Date.now() - 86_400_000);
  rmSync(directory, { recursive: true });
  near(Date.now() - 86_400_000);
});
