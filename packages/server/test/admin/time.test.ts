/** Times: RFC 3339 in any offset in, UTC with milliseconds out, and no day that does not exist. */
import { describe, expect, it } from 'vitest';
import { fromApiDay, fromApiTime, fromApiTimeZone, toApiTime } from '../../src/admin/time.ts';

describe('fromApiTime', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01T01:00:00+01:00', 0],
    ['1970-01-01t00:00:00.001z', 1],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000],
    ['2026-11-22T14:33:00.123456789Z', 1_795_357_980_123],
  ])('reads %s', (text, at) => {
    expect(fromApiTime('m', text)).toBe(at);
  });

  it.each(['2026-02-29T00:00:00Z', '2026-04-31T00:00:00Z', '2026-13-01T00:00:00Z'])(
    'refuses %s, naming the member',
    (text) => {
      expect(() => fromApiTime('query.from', text)).toThrow('query.from');
    },
  );
});

it('takes days that exist only', () => {
  expect(fromApiDay('m', '2024-02-29')).toBe('2024-02-29');
  expect(fromApiDay('m', undefined)).toBeUndefined();
  for (const day of ['2026-02-29', '2026-02-30', '2026-13-01', '2026-00-10', '2026-04-00']) {
    expect(() => fromApiDay('query.from', day)).toThrow('query.from');
  }
});

it('prints UTC with milliseconds', () => {
  expect(toApiTime(1_709_164_800_001)).toBe('2024-02-29T00:00:00.001Z');
});

it('takes time zones of the IANA data base only', () => {
  expect(fromApiTimeZone('m', 'Europe/Zurich')).toBe('Europe/Zurich');
  expect(() => fromApiTimeZone('body.timezone', 'Europe/Atlantis')).toThrow('body.timezone');
});
