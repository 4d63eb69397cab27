/** What budgets count for an entry. */
import { expect, test } from 'vitest';
import { countedCost } from '../../src/ledger/entry.ts';
import { anEntry } from './an-entry.ts';

test.each([
  ['the charge when all is known', 5n, null, 5n],
  ['the ceiling when it is the larger', 5n, 9n, 9n],
  ['the charge when it is the larger', 9n, 5n, 9n],
  ['nothing when nothing was used', 0n, null, 0n],
])('a budget counts %s', (_, cost, ceiling, expected) => {
  expect(countedCost(anEntry({ cost, ceiling }))).toBe(expected);
});
