/**
 * Laws of money as text: nothing is lost on the way out and in again, and equal amounts print
 * equally.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatUsd, parseUsd } from '../../src/index.ts';

const TIME_BOX = { numRuns: 2000, interruptAfterTimeLimit: 1000 };
const amount = fc.oneof(fc.bigInt(), fc.bigInt({ min: -(10n ** 14n), max: 10n ** 14n }));

test('every amount survives being printed and read again', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 41n), max: 10n ** 41n }), (pico) => {
      expect(parseUsd(formatUsd(pico))).toBe(pico);
    }),
    TIME_BOX,
  );
});

test('what is printed is a plain decimal in its shortest form', () => {
  fc.assert(
    fc.property(amount, (pico) => {
      expect(formatUsd(pico)).toMatch(/^(0|-?([1-9]\d*|(0|[1-9]\d*)\.\d{0,11}[1-9]))$/);
    }),
    TIME_BOX,
  );
});

test('reading is exact: the digits, moved twelve places, are the amount', () => {
  const digits = fc.stringMatching(/^[0-9]{1,18}$/);
  const fraction = fc.stringMatching(/^[0-9]{1,12}$/);
  fc.assert(
    fc.property(digits, fraction, (whole, part) => {
      expect(parseUsd(`${whole}.${part}`)).toBe(BigInt(whole + part.padEnd(12, '0')));
    }),
    TIME_BOX,
  );
});
