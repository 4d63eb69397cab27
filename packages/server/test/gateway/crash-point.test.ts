/** Crash points stop where and when they were told to, and nowhere else. */
import { expect, test } from 'vitest';
import { CRASH_POINTS, NO_CRASH, crashAt } from '../../src/gateway/crash-point.ts';

test.each(CRASH_POINTS)('%s stops there and at no other point', (armed) => {
  const stops: string[] = [];
  let here = '';
  const reach = crashAt(armed, () => stops.push(here));
  for (const point of CRASH_POINTS) {
    here = point;
    reach(point);
  }
  expect(stops).toEqual([armed]);
});

test('a count stops at that visit only', () => {
  const stops: number[] = [];
  let visit = 0;
  const reach = crashAt('before-settle:3', () => stops.push(visit));
  for (visit = 1; visit <= 5; visit++) reach('before-settle');
  expect(stops).toEqual([3]);
});

test.each(['', 'before-lunch', 'before-settle:0', 'before-settle:x', 'before-settle:-1'])(
  '"%s" is refused with the names that there are',
  (armed) => {
    expect(() => crashAt(armed, () => undefined)).toThrow('before-authenticate, ');
  },
);

test('nothing happens where nothing is armed', () => {
  for (const point of CRASH_POINTS) expect(NO_CRASH(point)).toBeUndefined();
});
