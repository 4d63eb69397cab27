/** Windows that count requests: at their edges, and by their laws. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countRequest, type CountWindow, type WindowRule } from '../../src/policy/count-window.ts';

const RULE: WindowRule = { limit: 2, length_ms: 60_000 };
const TIME_BOX = { numRuns: 1_000, interruptAfterTimeLimit: 1_500 } as const;

describe('a window of two requests a minute', () => {
  test('begins with its first request, and says what is left and when it ends', () => {
    expect(countRequest(null, RULE, 5_000)).toEqual({
      admitted: true,
      window: { began: 5_000, count: 1 },
      remaining: 1,
      ends_at: 65_000,
    });
  });

  test('refuses the third, and changes nothing by it', () => {
    const full = { began: 5_000, count: 2 };
    expect(countRequest(full, RULE, 64_999)).toEqual({
      admitted: false,
      window: full,
      remaining: 0,
      ends_at: 65_000,
    });
  });

  test('is over after a minute to the millisecond; the next begins with the next request', () => {
    const full = { began: 5_000, count: 2 };
    expect(countRequest(full, RULE, 65_000).window).toEqual({ began: 65_000, count: 1 });
    expect(countRequest(full, RULE, 999_999).window).toEqual({ began: 999_999, count: 1 });
  });

  test('moves back with the clock and keeps its count', () => {
    const full = { began: 3_600_000, count: 2 };
    expect(countRequest(full, RULE, 1_000)).toMatchObject({ admitted: false, ends_at: 61_000 });
    const half = { began: 3_600_000, count: 1 };
    expect(countRequest(half, RULE, 1_000).window).toEqual({ began: 1_000, count: 2 });
  });

  test('under a limit that was lowered, nothing is left, and not less than nothing', () => {
    const window = { began: 0, count: 100 };
    expect(countRequest(window, RULE, 1)).toMatchObject({ admitted: false, remaining: 0 });
  });
});

test('no window admits more than its limit, and whoever waits for its end is admitted', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 25_000 }), { maxLength: 80 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (waits, limit) => {
      const rule = { limit, length_ms: 60_000 };
      const admittedAt: number[] = [];
      let window: CountWindow | null = null;
      let now = 0;
      for (const wait of waits) {
        now += wait;
        const decision = countRequest(window, rule, now);
        window = decision.window;
        if (decision.admitted) admittedAt.push(now);
        else expect(countRequest(window, rule, decision.ends_at).admitted).toBe(true);
        const began = decision.window.began;
        expect(admittedAt.filter((at) => at >= began).length).toBeLessThanOrEqual(limit);
      }
    }),
    TIME_BOX,
  );
});
