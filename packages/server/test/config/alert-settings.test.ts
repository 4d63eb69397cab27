/** Private addresses are for the demo alone, unless the operator says otherwise. */
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';

test('webhooks may be at private addresses in the demo, and nowhere else', () => {
  expect(loadSettings({ demo: true, flags: {} })).toMatchObject({
    kind: 'ok',
    settings: { webhookPrivateAddresses: true },
  });
  expect(loadSettings({ flags: {} })).toMatchObject({
    kind: 'ok',
    settings: { webhookPrivateAddresses: false, webhookTriesMax: 10, webhookTimeoutMs: 10_000 },
  });
  expect(loadSettings({ flags: { webhookPrivateAddresses: true } })).toMatchObject({
    kind: 'ok',
    settings: { webhookPrivateAddresses: true },
  });
});

test('a message is tried at least once and not for ever', () => {
  expect(loadSettings({ flags: { webhookTriesMax: 0 } })).toMatchObject({ kind: 'invalid' });
  expect(loadSettings({ flags: { webhookTriesMax: 21 } })).toMatchObject({ kind: 'invalid' });
});
