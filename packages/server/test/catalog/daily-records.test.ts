/** Names of documents, on whose order reading by day relies. */
import { expect, test } from 'vitest';
import { dailyDocument } from '../../src/catalog/daily-records.ts';

test('documents of a day come before those of the next, and after the bare day', () => {
  const last = dailyDocument('2026-11-21', 'zzzz', 'zzzz');
  const first = dailyDocument('2026-11-22', '0', 'a');
  expect(last < '2026-11-22').toBe(true);
  expect('2026-11-22' < first).toBe(true);
});
