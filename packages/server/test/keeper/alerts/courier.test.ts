/** The courier: what becomes of a message by what its receiver answers. A real receiver. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { webhookSender } from '../../../src/adapters/webhook/webhook-sender.ts';
import type { DeliveryRecord, WebhookRecord } from '../../../src/catalog/alert-records.ts';
import { Courier, sealPurpose } from '../../../src/keeper/alerts/courier.ts';
import { newDelivery } from '../../../src/keeper/alerts/outbox.ts';
import { startReceiver, type Receiver } from '../../adapters/webhook/receiver.ts';
import { signaturesBy } from './verify.ts';
import { alertWorld, NOON, SECRET, type AlertWorld } from './world.ts';

let world: AlertWorld;
let receiver: Receiver;
let webhook: WebhookRecord;
let courier: Courier;
beforeEach(async () => {
  world = alertWorld();
  receiver = await startReceiver();
  webhook = await world.putWebhook({ webhook_id: 'ops', url: receiver.url });
  courier = new Courier({
    ...world,
    instanceId: 'i',
    sender: webhookSender({ timeoutMs: 500, privateAddresses: true }),
    settings: { timeoutMs: 500, triesMax: 3, backoffMs: 1_000, userAgent: 'Tollkeeper/1' },
  });
});
afterEach(() => receiver.close());

async function queue(): Promise<void> {
  const message = { message_id: 'msg_1', event_type: 'e', body: '{"a":1}', created_at: NOON };
  await world.outbox.add(newDelivery(webhook, message));
}

/** Carries what is pending; what came of it. */
async function carry(): Promise<string> {
  const [pending] = await world.outbox.pending();
  if (pending === undefined) throw new Error('Nothing is pending.');
  return courier.carry(pending);
}

async function history(): Promise<readonly DeliveryRecord[]> {
  return (await world.outbox.history(webhook.webhook_uid, 10, undefined)).deliveries;
}

it.each([200, 201, 204, 299])('is done when the receiver says %i', async (status) => {
  receiver.answers.push(status);
  await queue();
  expect(await carry()).toBe('taken');
  expect(await world.outbox.pending()).toEqual([]);
  expect(await history()).toMatchObject([
    { status: 'delivered', reason: null, attempts: [{ at: NOON, status, error: null }] },
  ]);
  const [message] = receiver.received;
  expect(message).toMatchObject({
    body: '{"a":1}',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Tollkeeper/1',
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(NOON / 1000),
    },
  });
  if (message !== undefined) expect(signaturesBy(message, SECRET)).toBe(1);
});

it.each([301, 400, 404, 429, 500, 503])('tries again later after %i', async (status) => {
  receiver.answers.push(status);
  await queue();
  expect(await carry()).toBe('refused');
  const [waiting] = await history();
  expect(waiting).toMatchObject({ status: 'pending', attempts: [{ status }], claim: null });
  const wait = (waiting?.next_attempt_at ?? 0) - NOON;
  expect(wait).toBeGreaterThanOrEqual(500);
  expect(wait).toBeLessThanOrEqual(1_000);
});

it('signs every try anew, with the time of the try, under the same id', async () => {
  receiver.answers.push(500);
  await queue();
  await carry();
  world.clock.advance(60_000);
  await carry();
  const [first, second] = receiver.received;
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(second?.headers['webhook-timestamp']).toBe(String((NOON + 60_000) / 1000));
  expect(second?.body).toBe(first?.body);
  if (second !== undefined) expect(signaturesBy(second, SECRET)).toBe(1);
});

it('gives up when no tries are left, and says so to the log', async () => {
  receiver.answers.push(500, 'never', 503);
  await queue();
  for (let i = 0; i < 3; i++) await carry();
  expect(await world.outbox.pending()).toEqual([]);
  expect(await history()).toMatchObject([
    {
      status: 'failed',
      reason: 'tries_exhausted',
      attempts: [{ status: 500 }, { status: null, error: 'timeout' }, { status: 503 }],
    },
  ]);
  expect(world.logged).toMatchObject([{ level: 'error', fields: { message_id: 'msg_1' } }]);
});

it('gives up at once when the receiver says that it is gone', async () => {
  receiver.answers.push(410);
  await queue();
  expect(await carry()).toBe('refused');
  expect(await history()).toMatchObject([{ status: 'failed', reason: 'gone' }]);
});

it('sends nothing to a webhook that was turned off, deleted, or made anew', async () => {
  await queue();
  await world.putWebhook({ webhook_id: 'ops', url: receiver.url, enabled: false });
  expect(await carry()).toBe('not_ours');
  expect(await history()).toMatchObject([{ status: 'failed', reason: 'disabled', attempts: [] }]);

  const message = { message_id: 'msg_2', event_type: 'e', body: '{}', created_at: NOON };
  await world.outbox.add(newDelivery(webhook, message));
  await world.putWebhook({ webhook_id: 'ops', url: receiver.url, webhook_uid: 'another' });
  expect(await carry()).toBe('not_ours');
  expect(await world.outbox.pending()).toEqual([]);
  expect(receiver.received).toEqual([]);
});

it('signs by the old secret too until its grace is over', async () => {
  const next = 'whsec_HhwdGhsYGRYXFBUSExAREg8ODQwLCgkIBwYFBAMCAQA=';
  const sealed_secret = world.box.seal(sealPurpose(webhook), next);
  const old = webhook.secrets.map((secret) => ({
    ...secret,
    expires_at: new Date(NOON + 1_000).toISOString(),
  }));
  const secrets = [{ sealed_secret, expires_at: null }, ...old];
  webhook = await world.putWebhook({ webhook_id: 'ops', url: receiver.url, secrets });
  await courier.test(webhook);
  world.clock.advance(1_000);
  await courier.test(webhook);
  const [during, after] = receiver.received;
  if (during === undefined || after === undefined) throw new Error('Both should have come.');
  expect([signaturesBy(during, next), signaturesBy(during, SECRET)]).toEqual([1, 1]);
  expect([signaturesBy(after, next), signaturesBy(after, SECRET)]).toEqual([1, 0]);
});

it('sends nothing unsigned when the secret cannot be opened', async () => {
  const secrets = [{ sealed_secret: '9.lost.key', expires_at: null }];
  webhook = await world.putWebhook({ webhook_id: 'ops', url: receiver.url, secrets });
  expect(await courier.test(webhook)).toMatchObject({
    status: 'failed',
    attempts: [{ status: null, error: 'secret_lost' }],
  });
  expect(receiver.received).toEqual([]);
});

it('tries a webhook out once, without the outbox, and keeps what came of it', async () => {
  receiver.answers.push(500);
  const failed = await courier.test(webhook);
  expect(failed).toMatchObject({ status: 'failed', event_type: 'webhook.test' });
  const well = await courier.test(webhook);
  expect(well).toMatchObject({ status: 'delivered', attempts: [{ status: 204 }] });
  expect(await world.outbox.pending()).toEqual([]);
  expect(await history()).toHaveLength(2);
  expect(receiver.received).toHaveLength(2);
});
