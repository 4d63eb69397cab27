/** The bodies of messages: the words and forms of the API, nothing that is secret. */
import { expect, it } from 'vitest';
import type { AlertRecord } from '../../../src/catalog/alert-records.ts';
import { alertBody, testBody } from '../../../src/keeper/alerts/alert-message.ts';

const ALERT: AlertRecord = {
  alert_id: 'a',
  raised_at: Date.UTC(2026, 10, 22, 12),
  org_id: 'o',
  budget_id: 'b',
  scope: { type: 'application', org_id: 'o', app_id: 'web' },
  match: { label: 'premium' },
  threshold_pct: 95,
  unit: 'usd',
  limit: '10000000000000',
  posted: '9512345678901',
  mode: 'enforce',
  window: 'day',
  timezone: 'Asia/Seoul',
  window_start: Date.UTC(2026, 10, 21, 15),
  resets_at: Date.UTC(2026, 10, 22, 15),
};

it('states an alert whole, its money to the pico-dollar', () => {
  expect(JSON.parse(alertBody(ALERT))).toEqual({
    type: 'budget.threshold_reached',
    timestamp: '2026-11-22T12:00:00.000Z',
    data: {
      alert_id: 'a',
      org_id: 'o',
      budget_id: 'b',
      scope: { type: 'application', org_id: 'o', app_id: 'web' },
      match: { label: 'premium' },
      threshold_pct: 95,
      spent_pct: '95.12',
      spent: '9.512345678901',
      limit: { unit: 'usd', amount: '10' },
      mode: 'enforce',
      window: 'day',
      timezone: 'Asia/Seoul',
      window_start: '2026-11-21T15:00:00.000Z',
      resets_at: '2026-11-22T15:00:00.000Z',
    },
  });
});

it('counts other units in whole numbers, and has no times of a window that never ends', () => {
  const alert = { ...ALERT, unit: 'tokens', window: 'total', window_start: 0, resets_at: null };
  expect(JSON.parse(alertBody(alert as AlertRecord))).toMatchObject({
    data: {
      spent: '9512345678901',
      limit: { unit: 'tokens', amount: '10000000000000' },
      window_start: null,
      resets_at: null,
    },
  });
});

it('says of a test that it is one', () => {
  expect(JSON.parse(testBody('o', 'w', 0))).toEqual({
    type: 'webhook.test',
    timestamp: '1970-01-01T00:00:00.000Z',
    data: { org_id: 'o', webhook_id: 'w', message: 'This is a test.' },
  });
});
