/** Refusals are kept for a while and not for ever, unless the operator says otherwise. */
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';

test('refusals are kept for thirty days, a thousand of a kind in an hour', () => {
  const loaded = loadSettings({ demo: true, flags: {} });
  expect(loaded).toMatchObject({
    kind: 'ok',
    settings: { refusalDays: 30, refusalRowsMax: 1_000 },
  });
});

test('refusals cannot be kept for no time at all', () => {
  const loaded = loadSettings({ demo: true, flags: { refusalDays: 0 } });
  expect(loaded).toMatchObject({ kind: 'invalid' });
});
