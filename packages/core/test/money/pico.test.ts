/** Money as text and as pico-dollars: what is read, what is refused, how it prints. */
import { describe, expect, test } from 'vitest';
import { formatUsd, parseUsd, PICO_PER_USD } from '../../src/index.ts';

describe('parseUsd', () => {
  test.each([
    ['0', 0n],
    ['1', PICO_PER_USD],
    ['0.50', 500_000_000_000n],
    ['-12', -12_000_000_000_000n],
    ['0.000000000001', 1n],
    ['-0.000000000001', -1n],
    ['007.10', 7_100_000_000_000n],
    ['123456789012345678901234567890', 123456789012345678901234567890n * PICO_PER_USD],
  ])('reads %s', (text, pico) => {
    expect(parseUsd(text)).toBe(pico);
  });

  test.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '1e3',
    '1,000',
    '.5',
    '5.',
    '--1',
    '0x10',
    'NaN',
    '1.0000000000001',
    '1\n',
    '٣',
    '1'.repeat(31),
  ])('refuses %j rather than guess', (text) => {
    expect(parseUsd(text)).toBeUndefined();
  });
});

describe('formatUsd', () => {
  test.each([
    [0n, '0'],
    [1n, '0.000000000001'],
    [-1n, '-0.000000000001'],
    [3_760_000_000n, '0.00376'],
    [30_000_000n, '0.00003'],
    [10n * PICO_PER_USD, '10'],
    [-1_500_000_000_000n, '-1.5'],
  ])('prints %s without exponent or trailing zeros', (pico, text) => {
    expect(formatUsd(pico)).toBe(text);
  });
});
