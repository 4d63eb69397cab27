/** A file of one machine is the default; what a shared table is called can be told. */
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';

test('the store is SQLite, and a silent process is dead after ten seconds, unless told', () => {
  expect(loadSettings({ demo: true, flags: {} })).toMatchObject({
    kind: 'ok',
    settings: { store: 'sqlite', leaseMs: 10_000, freshnessMs: 5_000, laneCount: 4 },
  });
});

test('the name of a table takes no spaces', () => {
  const named = (tablePrefix: string): unknown =>
    loadSettings({ demo: true, flags: { tablePrefix } });
  expect(named('prod-eu.1_')).toMatchObject({
    kind: 'ok',
    settings: { tablePrefix: 'prod-eu.1_' },
  });
  expect(named('prod eu')).toMatchObject({ kind: 'invalid' });
});

test('a silence shorter than a heartbeat can be kept is refused', () => {
  expect(loadSettings({ demo: true, flags: { leaseMs: 10 } })).toMatchObject({ kind: 'invalid' });
});
