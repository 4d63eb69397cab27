/** How often a process was asked to stop. */
import { expect, it } from 'vitest';
import { asking } from '../src/stop-signals.ts';

it('takes what one Ctrl-C sends several times as one request, and later ones as another', () => {
  const done: string[] = [];
  let now = 5_000;
  const ask = asking({
    stop: () => done.push('stop'),
    endAtOnce: () => done.push('end at once'),
    now: () => now,
  });
  ask();
  ask();
  now += 999;
  ask();
  expect(done).toEqual(['stop']);
  now += 1;
  ask();
  expect(done).toEqual(['stop', 'end at once']);
});
