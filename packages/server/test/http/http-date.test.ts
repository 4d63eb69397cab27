/** Dates of answers. */
import { expect, test } from 'vitest';
import type { Clock } from '../../src/ports/clock.ts';
import { httpDates } from '../../src/http/http-date.ts';

test('a date is that of the present second, as RFC 9110 writes it', () => {
  // The example of RFC 9110, section 5.6.7.
  let now = Date.UTC(1994, 10, 6, 8, 49, 37);
  const date = httpDates({ now: () => now } as Clock);
  expect(date()).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
  now += 999;
  expect(date()).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
  now += 1;
  expect(date()).toBe('Sun, 06 Nov 1994 08:49:38 GMT');
});
