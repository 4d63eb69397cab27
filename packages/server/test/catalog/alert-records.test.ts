/** Document ids of alerts: one for each thing, in an order that lists can be read in. */
import { expect, it } from 'vitest';
import {
  alertDocument,
  deliveryDocument,
  webhookDocument,
} from '../../src/catalog/alert-records.ts';

it('has one alert for a threshold, a budget and a window', () => {
  const ids = [
    alertDocument('b', 0, 50),
    alertDocument('b', 0, 80),
    alertDocument('b', 1, 50),
    alertDocument('c', 0, 50),
  ];
  expect(new Set(ids).size).toBe(4);
  expect(webhookDocument('o1', 'w')).not.toBe(webhookDocument('o2', 'w'));
});

it('puts later messages of a webhook first, over any change of digits', () => {
  const at = (created_at: number): string =>
    deliveryDocument({ webhook_uid: 'u', created_at, message_id: 'm' });
  const times = [0, 9, 10, 999_999_999_999, 1_000_000_000_000, 1_795_348_800_000];
  const ids = times.map(at);
  expect([...ids].sort()).toEqual([...ids].reverse());
});
