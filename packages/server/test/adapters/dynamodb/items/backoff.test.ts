/** Tries are bounded in number and in time; pauses grow, and no longer than they should. */
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import { Backoff } from '../../../../src/adapters/dynamodb/items/backoff.ts';

const PATIENCE = { ms: 1_000, tries: 5, firstPauseMs: 10, longestPauseMs: 50 };

test('pauses double up to the longest, each a random part of its length', async () => {
  const clock = virtualClock();
  const backoff = new Backoff({ clock, random: () => 0.5 }, PATIENCE);
  const passed: number[] = [];
  for (let tries = 0; tries < 4; tries += 1) {
    const before = clock.monotonic();
    const paused = backoff.pause().then(() => passed.push(clock.monotonic() - before));
    while (passed.length <= tries) {
      clock.advance(1);
      await Promise.resolve();
    }
    await paused;
  }
  expect(passed).toEqual([5, 10, 20, 25]);
});

test('it ends after a number of tries, and after a time', () => {
  const clock = virtualClock();
  const often = new Backoff({ clock, random: () => 0 }, PATIENCE);
  expect([1, 2, 3, 4, 5].map(() => often.failed())).toEqual([true, true, true, true, false]);
  const long = new Backoff({ clock, random: () => 0 }, PATIENCE);
  clock.advance(1_000);
  expect(long.failed()).toBe(false);
});
