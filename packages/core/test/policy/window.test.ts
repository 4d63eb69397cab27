/** Windows where calendars are odd; every expected instant is written by hand. */
import { describe, expect, test } from 'vitest';
import { isTimeZone, windowAt } from '../../src/policy/window.ts';
import type { WindowKind } from '../../src/policy/budget.ts';

/** `kind zone at start end why`, instants in UTC; after a `#`, the history of the zone. */
type Row = readonly [
  why: string,
  kind: WindowKind,
  zone: string,
  at: string,
  start: string,
  end: string,
];

function rowsOf(table: string): Row[] {
  const lines = table.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [kind, zone = '', at = '', start = '', end = '', ...why] = line.split(/ +/);
      return [why.join(' '), kind as WindowKind, zone, `${at}Z`, `${start}Z`, `${end}Z`];
    });
}

const DAYS = `
  day   UTC                  2026-11-22T15:00 2026-11-22T00:00 2026-11-23T00:00 a plain UTC day
  day   UTC                  2026-11-22T00:00 2026-11-22T00:00 2026-11-23T00:00 the first instant
  # Berlin goes from +1 to +2 on 29 March at 01:00Z and back on 25 October at 01:00Z.
  day   Europe/Berlin        2026-03-29T12:00 2026-03-28T23:00 2026-03-29T22:00 23 hours
  day   Europe/Berlin        2026-10-25T12:00 2026-10-24T22:00 2026-10-25T23:00 25 hours
  # New York goes back from -4 to -5 on 1 November at 06:00Z.
  day   America/New_York     2026-11-02T04:59 2026-11-01T04:00 2026-11-02T05:00 25 hours
  # Troll goes from +0 to +2 on 29 March at 01:00Z.
  day   Antarctica/Troll     2026-03-29T05:00 2026-03-29T00:00 2026-03-29T22:00 22 hours
  # Lord Howe moves by half an hour: +11 to +10:30 on 7 April, back on 6 October.
  day   Australia/Lord_Howe  2024-04-07T00:00 2024-04-06T13:00 2024-04-07T13:30 24.5 hours
  day   Australia/Lord_Howe  2024-10-06T00:00 2024-10-05T13:30 2024-10-06T13:00 23.5 hours
  day   Asia/Kathmandu       2026-11-22T00:00 2026-11-21T18:15 2026-11-22T18:15 an offset of 5:45
  # Kathmandu went from +5:30 to +5:45 at the first moment of 1986.
  day   Asia/Kathmandu       1986-01-01T00:00 1985-12-31T18:30 1986-01-01T18:15 a zone change
  # Sao Paulo set its clocks at midnight: 00:00 became 01:00, and 24:00 became 23:00.
  day   America/Sao_Paulo    2018-11-04T12:00 2018-11-04T03:00 2018-11-05T02:00 no midnight
  day   America/Sao_Paulo    2018-11-04T02:59 2018-11-03T03:00 2018-11-04T03:00 the day before it
  day   America/Sao_Paulo    2018-02-18T02:30 2018-02-17T02:00 2018-02-18T03:00 a second 23 h
  # St. John's went from 00:01 back to 23:01 of the day before: the new day has begun and stays.
  day   America/St_Johns     2010-11-07T02:30 2010-11-07T02:30 2010-11-08T03:30 a minute before
  day   America/St_Johns     2010-11-07T02:45 2010-11-07T02:30 2010-11-08T03:30 back over midnight
  # Samoa went from -10 to +14 and had no 30 December 2011.
  day   Pacific/Apia         2011-12-30T09:59 2011-12-29T10:00 2011-12-30T10:00 before a skipped day
  day   Pacific/Apia         2011-12-30T10:00 2011-12-30T10:00 2011-12-31T10:00 after a skipped day
  # Kwajalein went from -12 to +12 and had no 21 August 1993.
  day   Pacific/Kwajalein    1993-08-21T12:00 1993-08-21T12:00 1993-08-22T12:00 a skipped day
  # Pyongyang went from +9 to +8:30 at midnight in 2015 and back at 23:30 in 2018.
  day   Asia/Pyongyang       2015-08-14T15:29 2015-08-13T15:00 2015-08-14T15:30 a later midnight
  day   Asia/Pyongyang       2018-05-04T14:59 2018-05-03T15:30 2018-05-04T15:00 an earlier midnight
`;

const HOURS = `
  hour  UTC                  2026-11-22T15:59 2026-11-22T15:00 2026-11-22T16:00 a plain hour
  hour  Asia/Kathmandu       2026-11-22T15:20 2026-11-22T15:15 2026-11-22T16:15 an offset of 5:45
  hour  America/New_York     2026-11-01T05:30 2026-11-01T05:00 2026-11-01T06:00 the first 01 h
  hour  America/New_York     2026-11-01T06:00 2026-11-01T06:00 2026-11-01T07:00 the second 01 h
  hour  Europe/Berlin        2026-03-29T01:00 2026-03-29T01:00 2026-03-29T02:00 a skipped 02 h
  # 02:00 became 01:30: half of the hour from one o'clock is repeated.
  hour  Australia/Lord_Howe  2024-04-06T14:30 2024-04-06T14:00 2024-04-06T15:00 before half an hour
  hour  Australia/Lord_Howe  2024-04-06T15:10 2024-04-06T15:00 2024-04-06T15:30 half an hour again
  # 02:00 became 02:30: half of the hour from two o'clock is missing.
  hour  Australia/Lord_Howe  2024-10-05T15:45 2024-10-05T15:30 2024-10-05T16:00 half an hour less
  # One minute past midnight became one minute past eleven.
  hour  America/St_Johns     2010-11-07T02:30 2010-11-07T02:30 2010-11-07T02:31 one minute
  hour  America/St_Johns     2010-11-07T02:31 2010-11-07T02:31 2010-11-07T03:30 the rest of 23 h
  # Midnight became a quarter past.
  hour  Asia/Kathmandu       1985-12-31T18:30 1985-12-31T18:30 1985-12-31T19:15 a zone change
`;

const LONGER = `
  week  UTC                  2026-11-22T23:59 2026-11-16T00:00 2026-11-23T00:00 a Sunday ends a week
  week  UTC                  2026-11-23T00:00 2026-11-23T00:00 2026-11-30T00:00 a Monday begins one
  week  UTC                  2025-01-01T12:00 2024-12-30T00:00 2025-01-06T00:00 over the new year
  week  UTC                  1970-01-01T00:00 1969-12-29T00:00 1970-01-05T00:00 the first week
  week  Europe/Berlin        2026-10-22T12:00 2026-10-18T22:00 2026-10-25T23:00 169 hours
  # The week of the skipped Friday has six days.
  week  Pacific/Apia         2011-12-31T00:00 2011-12-26T10:00 2012-01-01T10:00 six days
  month UTC                  2026-11-22T12:00 2026-11-01T00:00 2026-12-01T00:00 30 days
  month UTC                  2024-02-29T23:59 2024-02-01T00:00 2024-03-01T00:00 a leap February
  month UTC                  2026-02-28T23:59 2026-02-01T00:00 2026-03-01T00:00 a plain February
  month UTC                  2026-12-31T23:59 2026-12-01T00:00 2027-01-01T00:00 a December
  month Europe/Berlin        2026-03-31T21:59 2026-02-28T23:00 2026-03-31T22:00 an hour less
  month America/New_York     2026-11-01T04:00 2026-11-01T04:00 2026-12-01T05:00 an hour more
  month Asia/Tokyo           2026-11-30T15:00 2026-11-30T15:00 2026-12-31T15:00 local dates
`;

describe('a window begins and ends where the local calendar says', () => {
  test.each(rowsOf(DAYS + HOURS + LONGER))(
    '%s: %s in %s at %s',
    (_, kind, zone, at, start, end) => {
      // Somewhere else first, so that no answer is one that was kept.
      windowAt(kind, zone, 0);
      expect(windowAt(kind, zone, Date.parse(at))).toEqual({
        start: Date.parse(start),
        end: Date.parse(end),
      });
    },
  );
});

test('a total window begins with the epoch, has no end and asks for no zone', () => {
  expect(windowAt('total', 'Nowhere/AtAll', 1_763_820_000_000)).toEqual({ start: 0, end: null });
});

test('asking again within a window makes no new object', () => {
  const noon = Date.parse('2026-11-22T12:00Z');
  const first = windowAt('day', 'Asia/Tokyo', noon);
  expect(windowAt('day', 'Asia/Tokyo', noon + 1)).toBe(first);
});

test('answers do not depend on how many zones were asked for before', () => {
  const at = Date.parse('2026-11-22T12:00Z');
  const before = windowAt('day', 'Europe/Berlin', at);
  for (const zone of Intl.supportedValuesOf('timeZone')) windowAt('day', zone, at);
  expect(windowAt('day', 'Europe/Berlin', at)).toEqual(before);
});

describe('only names of the IANA data base are time zones', () => {
  test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia', 'Etc/GMT+5'])('%s is', (zone) => {
    expect(isTimeZone(zone)).toBe(true);
    windowAt('day', zone, 0);
    expect(isTimeZone(zone)).toBe(true);
  });
  test.each(['', '+02:00', 'Berlin', 'Europe/Bärlin', 'Europe/Berlin '])('"%s" is not', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
    expect(() => windowAt('day', zone, 0)).toThrow(RangeError);
  });
});
