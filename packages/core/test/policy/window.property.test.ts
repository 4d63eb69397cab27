/** The laws of windows, over every zone of the engine and the years 2000 to 2040. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windowAt } from '../../src/policy/window.ts';
import type { WindowKind } from '../../src/policy/budget.ts';

const BOUNDED = ['hour', 'day', 'week', 'month'] as const satisfies readonly WindowKind[];
const LENGTH_MAX = { hour: 1, day: 49, week: 193, month: 770 } as const;

const kinds = fc.constantFrom(...BOUNDED);
const allZones = Intl.supportedValuesOf('timeZone');
const oddZones = ['Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Apia', 'Asia/Kathmandu'];
const zones = fc.oneof(
  fc.constantFrom(...allZones),
  fc.constantFrom(...oddZones, 'America/Sao_Paulo', 'Africa/Casablanca', 'Asia/Pyongyang'),
);
const instants = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2041, 0) });
const TIME_BOX = { numRuns: 2_000, interruptAfterTimeLimit: 1_500 } as const;

function bounded(kind: WindowKind, zone: string, at: number): { start: number; end: number } {
  const { start, end } = windowAt(kind, zone, at);
  if (end === null) throw new Error(`${kind} has no end`);
  return { start, end };
}

/** The local date as `2026-11-22`, read from the engine in a way of its own. */
function localDate(zone: string, at: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(at);
}

test('a window holds its instant, and its neighbours begin and end where it does', () => {
  fc.assert(
    fc.property(kinds, zones, instants, (kind, zone, at) => {
      const window = bounded(kind, zone, at);
      expect(window.start).toBeLessThanOrEqual(at);
      expect(window.end).toBeGreaterThan(at);
      expect(window.end - window.start).toBeLessThanOrEqual(LENGTH_MAX[kind] * 3_600_000);
      expect(bounded(kind, zone, window.end).start).toBe(window.end);
      expect(bounded(kind, zone, window.start - 1).end).toBe(window.start);
      expect(bounded(kind, zone, window.start)).toEqual(window);
      expect(bounded(kind, zone, window.end - 1)).toEqual(window);
    }),
    TIME_BOX,
  );
});

test('the longer windows are made of whole shorter ones', () => {
  fc.assert(
    fc.property(zones, instants, (zone, at) => {
      const day = bounded('day', zone, at);
      for (const kind of ['week', 'month'] as const) {
        const longer = bounded(kind, zone, at);
        expect(bounded('day', zone, longer.start).start).toBe(longer.start);
        expect(longer.start).toBeLessThanOrEqual(day.start);
        expect(longer.end).toBeGreaterThanOrEqual(day.end);
      }
      expect(bounded('hour', zone, day.start).start).toBe(day.start);
    }),
    TIME_BOX,
  );
});

test('a day begins when the local date moves on, and shows no later date until it ends', () => {
  fc.assert(
    fc.property(zones, instants, (zone, at) => {
      const day = bounded('day', zone, at);
      const date = localDate(zone, day.start);
      expect(localDate(zone, day.start - 1) < date).toBe(true);
      expect(localDate(zone, at) <= date).toBe(true);
      expect(localDate(zone, day.end - 1) <= date).toBe(true);
      expect(localDate(zone, day.end) > date).toBe(true);
    }),
    { ...TIME_BOX, numRuns: 500 },
  );
});

test('a week begins on a Monday and a month on the first, in local dates', () => {
  fc.assert(
    fc.property(zones, instants, (zone, at) => {
      const week = localDate(zone, bounded('week', zone, at).start);
      expect(new Date(`${week}T00:00Z`).getUTCDay()).toBe(1);
      expect(localDate(zone, bounded('month', zone, at).start).slice(8)).toBe('01');
    }),
    { ...TIME_BOX, numRuns: 500 },
  );
});
