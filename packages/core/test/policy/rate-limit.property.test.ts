/** The laws of rate limits, checked against a log of everything that was admitted. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { finish, NO_TRAFFIC, tryTake } from '../../src/policy/rate-limit.ts';

const TIME_BOX = { numRuns: 1_000, interruptAfterTimeLimit: 1_500 } as const;
const steps = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40_000 })),
    tokens: fc.integer({ min: 1, max: 300 }),
  }),
  { maxLength: 60 },
);

test('no stretch of time admits more than the limit and a minute of burst', () => {
  const limits = { requests_per_minute: 7, tokens_per_minute: 500 };
  fc.assert(
    fc.property(steps, (commands) => {
      const log: { at: number; tokens: number }[] = [];
      let state = NO_TRAFFIC;
      let now = 0;
      for (const { wait, tokens } of commands) {
        now += wait;
        const decision = tryTake(state, limits, now, tokens);
        if (decision.kind === 'refused') continue;
        state = decision.state;
        log.push({ at: now, tokens });
        for (let first = 0; first < log.length; first++) {
          const stretch = log.slice(first);
          const minutes = (now - (stretch[0]?.at ?? now)) / 60_000;
          const used = stretch.reduce((sum, entry) => sum + entry.tokens, 0);
          expect(stretch.length).toBeLessThanOrEqual(7 * (1 + minutes) + 1e-9);
          expect(used).toBeLessThanOrEqual(500 * (1 + minutes) + 1e-9);
        }
      }
    }),
    TIME_BOX,
  );
});

test('a caller that waits as long as it was told is admitted', () => {
  const limits = { requests_per_minute: 13, tokens_per_minute: 700 };
  fc.assert(
    fc.property(steps, (commands) => {
      let state = NO_TRAFFIC;
      let now = 0;
      for (const { tokens } of commands) {
        let decision = tryTake(state, limits, now, tokens);
        if (decision.kind === 'refused') {
          now += decision.retry_after_ms ?? Number.NaN;
          decision = tryTake(state, limits, now, tokens);
        }
        if (decision.kind === 'refused') throw new Error(`still refused by ${decision.which}`);
        state = decision.state;
      }
    }),
    TIME_BOX,
  );
});

test('putting back never makes more room than the limit, and slots never pass theirs', () => {
  const limits = { tokens_per_minute: 500, concurrent_requests: 3 };
  const action = fc.record({
    finishes: fc.boolean(),
    wait: fc.integer({ min: 0, max: 20_000 }),
    tokens: fc.integer({ min: 1, max: 600 }),
    used: fc.option(fc.integer({ min: 0, max: 900 })),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      let state = NO_TRAFFIC;
      const running: number[] = [];
      let now = 0;
      for (const { finishes, wait, tokens, used } of actions) {
        now += wait;
        if (finishes) {
          const charged = running.pop();
          if (charged !== undefined) state = finish(state, limits, now, charged, used);
        } else {
          const decision = tryTake(state, limits, now, tokens);
          if (decision.kind === 'admitted') {
            state = decision.state;
            running.push(decision.charged);
          }
        }
        expect(state.running).toBe(running.length);
        expect(running.length).toBeLessThanOrEqual(3);
        // Taking a whole bucket must leave nothing, however much was put back.
        const whole = tryTake({ ...state, running: 0 }, limits, now, 500);
        if (whole.kind === 'admitted') {
          expect(tryTake(whole.state, limits, now, 1).kind).toBe('refused');
        }
      }
    }),
    TIME_BOX,
  );
});
