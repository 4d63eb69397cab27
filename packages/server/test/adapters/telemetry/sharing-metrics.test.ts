/** What processes do with a store that they share can be watched. */
import { expect, test } from 'vitest';
import { openMetrics, type LiveFigures } from '../../../src/adapters/telemetry/metrics.ts';

const QUIET: LiveFigures = {
  settlementsPending: 0,
  callsRunning: 0,
  callsDraining: 0,
  admissionWaiting: 0,
  bufferedBytes: 0,
  refusalsWaiting: 0,
  refusalsNotKept: 0,
};

test('transactions are told by outcome, writes and units by kind, leases by event', async () => {
  const store = {
    ...{ committed: 7, cancelled: 2, throttled: 1, lost: 0, stale: 2, conflicts: 0 },
    ...{ reads: 3, items_read: 9, read_units: 11 },
    kinds: { intent: { writes: 40, conditions: 40, write_units: 80 } },
  };
  const text = await openMetrics(() => ({ ...QUIET, leases: { taken: 5 }, store })).text();
  expect(text).toMatch(/tollkeeper_store_transactions_total\{[^}]*outcome="committed"[^}]*\} 7/);
  expect(text).toMatch(/tollkeeper_store_transactions_total\{[^}]*outcome="throttled"[^}]*\} 1/);
  expect(text).toMatch(/tollkeeper_store_writes_total\{[^}]*kind="intent"[^}]*\} 40/);
  expect(text).toMatch(/tollkeeper_store_write_units_total\{[^}]*kind="intent"[^}]*\} 80/);
  expect(text).toMatch(/tollkeeper_store_read_units_total\{[^}]*\} 11/);
  expect(text).toMatch(/tollkeeper_lease_events_total\{[^}]*event="taken"[^}]*\} 5/);
});

test('a process with a file of its own tells nothing of it', async () => {
  const text = await openMetrics(() => QUIET).text();
  expect(text).not.toMatch(/^tollkeeper_(store|lease)/m);
});
