/** The form of ids (RFC 9562, version 7) and that no two are the same. */
import { expect, test } from 'vitest';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { systemIds } from '../../../src/adapters/system/ids.ts';

const AT = 0x0199_f0e1_d2c3;

test('an id carries its millisecond, version 7 and the variant of RFC 9562', () => {
  const ids = systemIds(virtualClock(AT));
  for (let i = 0; i < 1_000; i++) {
    expect(ids.uuid()).toMatch(/^0199f0e1-d2c3-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test('ids of one millisecond are all different, over many draws of random bytes', () => {
  const ids = systemIds(virtualClock(AT));
  const made = Array.from({ length: 20_000 }, () => ids.uuid());
  expect(new Set(made).size).toBe(made.length);
});

test('ids sort by the time at which they were made', () => {
  const clock = virtualClock(AT);
  const ids = systemIds(clock);
  const made = Array.from({ length: 100 }, () => {
    clock.advance(1);
    return ids.uuid();
  });
  expect([...made].sort((a, b) => (a < b ? -1 : 1))).toEqual(made);
});

test('every bit that is free to vary does', () => {
  const ids = systemIds(virtualClock(AT));
  const seen = Array.from({ length: 36 }, () => new Set<string>());
  for (let i = 0; i < 2_000; i++) {
    for (const [at, digit] of ids.uuid().split('').entries()) seen[at]?.add(digit);
  }
  const varied = seen.map((digits) => digits.size);
  expect(varied.slice(0, 15)).toEqual(Array.from({ length: 15 }, () => 1));
  expect(varied.slice(15, 18)).toEqual([16, 16, 16]);
  expect(varied[19]).toBe(4);
  expect(varied.slice(24)).toEqual(Array.from({ length: 12 }, () => 16));
});

test('secrets have the length that was asked for and differ', () => {
  const ids = systemIds(virtualClock());
  expect(ids.secret(32)).toHaveLength(32);
  expect(Buffer.from(ids.secret(32)).equals(ids.secret(32))).toBe(false);
});
