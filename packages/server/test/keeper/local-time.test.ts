/** Local times with the offset of the moment; each is written by hand. */
import { expect, test } from 'vitest';
import { localTime } from '../../src/keeper/local-time.ts';

test.each([
  ['UTC', '2026-11-22T14:33:00.999Z', '2026-11-22T14:33:00+00:00'],
  ['America/New_York', '2026-11-22T14:33:00Z', '2026-11-22T09:33:00-05:00'],
  // The hour that is repeated as the clocks go back.
  ['America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T01:30:00-04:00'],
  ['America/New_York', '2026-11-01T06:30:00Z', '2026-11-01T01:30:00-05:00'],
  ['Asia/Seoul', '2026-05-09T15:00:00Z', '2026-05-10T00:00:00+09:00'],
  ['Australia/Lord_Howe', '2026-04-04T13:00:00Z', '2026-04-05T00:00:00+11:00'],
  ['Australia/Lord_Howe', '2026-04-05T13:30:00Z', '2026-04-06T00:00:00+10:30'],
  ['America/St_Johns', '2026-12-01T00:00:00Z', '2026-11-30T20:30:00-03:30'],
])('in %s, %s is %s', (zone, at, local) => {
  expect(localTime(zone, Date.parse(at))).toBe(local);
  // It names the same second.
  expect(Date.parse(local)).toBe(Math.floor(Date.parse(at) / 1000) * 1000);
});
