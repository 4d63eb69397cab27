/** The parts sum to the whole, whatever was used and whatever an hour costs. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apportion, splitPool } from '../../src/provisioned/pool.ts';

const HOUR = 3_600_000;
const FROM = Date.parse('2026-11-01T00:00:00Z');
const HOURS = 720;
const moment = fc.integer({ min: FROM - 100 * HOUR, max: FROM + 900 * HOUR });
const price = fc.bigInt({ min: 0n, max: 10n ** 15n });
const use = fc.record({
  party: fc.constantFrom('a', 'b', 'c', 'd'),
  hour: fc.integer({ min: 0, max: HOURS - 1 }).map((index) => FROM + index * HOUR),
  tokens: fc.integer({ min: -5, max: 10_000_000 }),
  requests: fc.integer({ min: 0, max: 1000 }),
  unknown: fc.constant(0),
});

it('shares and idle time sum to hours x units x price exactly, and no share is a pico off', () => {
  const property = fc.property(
    fc.record({
      units: fc.integer({ min: 1, max: 50 }),
      created: moment,
      life: fc.integer({ min: 0, max: 1000 * HOUR }),
      unitHour: price,
      uses: fc.array(use, { maxLength: 40 }),
    }),
    ({ units, created, life, unitHour, uses }) => {
      const split = splitPool(
        {
          units,
          created_at: created,
          deleted_at: created + life,
          prices: [{ from: 0, price: unitHour }],
        },
        { from: FROM, to: FROM + HOURS * HOUR },
        FROM + 2000 * HOUR,
        uses,
      );
      const shares = split.shares.reduce((sum, { cost }) => sum + (cost ?? 0n), 0n);
      const whole = BigInt(split.hours) * BigInt(units) * unitHour;
      expect(split.cost).toBe(whole);
      expect(shares + (split.idle_cost ?? -1n)).toBe(whole);
      expect(split.used_hours + split.idle_hours).toBe(split.hours);
    },
  );
  fc.assert(property, { interruptAfterTimeLimit: 1500 });
});

it('each part is the exact one, less or more than a whole pico-dollar by none', () => {
  const property = fc.property(
    fc.bigInt({ min: 0n, max: 10n ** 24n }),
    fc.array(fc.nat({ max: 10 ** 9 }), { minLength: 1, maxLength: 20 }),
    (amount, weights) => {
      const total = BigInt(weights.reduce((sum, weight) => sum + weight, 0));
      const parts = apportion(amount, weights);
      fc.pre(total > 0n);
      expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount);
      for (const [at, part] of parts.entries()) {
        const off = part * total - amount * BigInt(weights[at] ?? 0);
        expect(off > -total && off < total).toBe(true);
      }
    },
  );
  fc.assert(property, { interruptAfterTimeLimit: 1000 });
});
