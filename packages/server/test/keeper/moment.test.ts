/** Moments and local days: what exists, where days begin, and what is accepted of usage. */
import { describe, expect, test } from 'vitest';
import { acceptableRange, localDayAt, localDayOf, parseMoment } from '../../src/keeper/moment.ts';

describe('a moment', () => {
  test.each([
    ['2026-11-22T14:33:00Z', Date.UTC(2026, 10, 22, 14, 33)],
    ['2026-11-22t14:33:00z', Date.UTC(2026, 10, 22, 14, 33)],
    ['2026-11-22T14:33:00.123456+02:00', Date.UTC(2026, 10, 22, 12, 33, 0, 123)],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['2026-02-29T00:00:00Z', undefined],
    ['2026-04-31T00:00:00Z', undefined],
    ['2026-11-22T25:00:00Z', undefined],
  ])('%s', (text, at) => {
    expect(parseMoment(text)).toBe(at);
  });
});

describe('a local day', () => {
  // Hours of each day by the rules of the zones in 2026; Apia skipped 30 December 2011.
  test.each([
    ['America/New_York', '2026-03-08', 23],
    ['America/New_York', '2026-11-01', 25],
    ['Australia/Lord_Howe', '2026-04-05', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', 23.5],
    ['Asia/Seoul', '2026-11-22', 24],
    ['Pacific/Kiritimati', '2026-11-22', 24],
    ['Pacific/Niue', '2026-11-22', 24],
  ])('in %s, %s has %d hours', (zone, date, hours) => {
    const day = localDayOf(zone, date);
    expect(day?.date).toBe(date);
    expect(((day?.end ?? 0) - (day?.start ?? 0)) / 3_600_000).toBe(hours);
    expect(localDayAt(zone, day?.start ?? 0)).toEqual(day);
    expect(localDayAt(zone, (day?.end ?? 0) - 1)).toEqual(day);
  });

  test('that a zone left out is none, and neither is a date that does not exist', () => {
    expect(localDayOf('Pacific/Apia', '2011-12-30')).toBeUndefined();
    expect(localDayOf('UTC', '2026-02-30')).toBeUndefined();
  });
});

test('usage is taken of the local day and of 24 hours before it, and of seconds to come', () => {
  const now = Date.UTC(2026, 10, 1, 20);
  expect(acceptableRange('America/New_York', now)).toEqual({
    from: Date.UTC(2026, 9, 31, 4),
    to: now + 5_000,
  });
});
