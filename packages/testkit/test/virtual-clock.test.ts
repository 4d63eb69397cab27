/** The hands of the clock that other tests trust. */
import { expect, test } from 'vitest';
import { virtualClock } from '../src/virtual-clock.ts';

test('timers fire in order of their time, each at its own, and equal ones as they were set', () => {
  const clock = virtualClock(1_000);
  const fired: string[] = [];
  const note = (name: string) => () => fired.push(`${name}@${clock.monotonic()}`);
  clock.after(20, note('late'));
  clock.after(10, note('first'));
  clock.after(10, note('second'));
  clock.after(31, note('never'));
  clock.advance(30);
  expect(fired).toEqual(['first@10', 'second@10', 'late@20']);
  expect(clock.now()).toBe(1_030);
  expect(clock.pending()).toBe(1);
});

test('a timer set by a timer fires in the same stretch of time if it is due', () => {
  const clock = virtualClock();
  const fired: number[] = [];
  clock.after(5, () => clock.after(5, () => fired.push(clock.monotonic())));
  clock.advance(10);
  expect(fired).toEqual([10]);
});

test('a timer that was called off does not fire', () => {
  const clock = virtualClock();
  const timer = clock.after(1, () => expect.unreachable());
  timer.cancel();
  clock.advance(2);
  expect(clock.pending()).toBe(0);
});

test('a step of the wall clock moves neither the monotonic clock nor a timer', () => {
  const clock = virtualClock(1_000);
  clock.after(1, () => expect.unreachable());
  clock.step(-500);
  expect([clock.now(), clock.monotonic(), clock.pending()]).toEqual([500, 0, 1]);
});
