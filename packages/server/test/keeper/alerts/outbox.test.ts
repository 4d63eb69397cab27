/** The outbox: one sender a message, whatever dies in between, and a history newest first. */
import { beforeEach, expect, it } from 'vitest';
import type { DeliveryAttempt, WebhookRecord } from '../../../src/catalog/alert-records.ts';
import {
  dueAt,
  newDelivery,
  type Claimed,
  type Pending,
} from '../../../src/keeper/alerts/outbox.ts';
import { alertWorld, NOON, type AlertWorld } from './world.ts';

let world: AlertWorld;
let webhook: WebhookRecord;
beforeEach(async () => {
  world = alertWorld();
  webhook = await world.putWebhook({ webhook_id: 'ops' });
});

const TRIED: DeliveryAttempt = { at: NOON, status: 500, error: null, duration_ms: 7 };
const DELIVERED = { status: 'delivered', reason: null } as const;

const aMessage = (message_id: string, created_at = NOON) =>
  newDelivery(webhook, { message_id, event_type: 'webhook.test', body: '{}', created_at });

async function only(): Promise<Pending> {
  const [pending, ...more] = await world.outbox.pending();
  if (pending === undefined || more.length > 0) throw new Error('There should be one.');
  return pending;
}

async function claimed(by = 'a', until = NOON + 1_000): Promise<Claimed> {
  const claim = await world.outbox.claim(await only(), by, until);
  if (claim === undefined) throw new Error('Somebody else has it.');
  return claim;
}

it('gives a message to one of those who ask for it', async () => {
  await world.outbox.add(aMessage('m'));
  await world.outbox.add(aMessage('m'));
  const pending = await only();
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((who) => world.outbox.claim(pending, who, NOON + 1_000)),
  );
  expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
  expect(dueAt((await only()).value)).toBe(NOON + 1_000);
});

it('has no use for what a sender says whose claim has run out and gone to another', async () => {
  await world.outbox.add(aMessage('m'));
  const late = await claimed('late');
  const next = await claimed('next', NOON + 9_000);
  await world.outbox.postpone(late, TRIED, NOON + 5_000);
  expect((await only()).value).toEqual(next.delivery);
  await world.outbox.finish(next, TRIED, DELIVERED);
  expect(await world.outbox.pending()).toEqual([]);
});

it('tries a message again when it is due, with all that was tried before', async () => {
  await world.outbox.add(aMessage('m'));
  await world.outbox.postpone(await claimed(), TRIED, NOON + 5_000);
  const again = await only();
  expect(dueAt(again.value)).toBe(NOON + 5_000);
  expect(again.value).toMatchObject({ status: 'pending', attempts: [TRIED], claim: null });
  await world.outbox.finish(await claimed(), { ...TRIED, status: 200 }, DELIVERED);
  const { deliveries } = await world.outbox.history(webhook.webhook_uid, 10, undefined);
  expect(deliveries).toMatchObject([
    { status: 'delivered', attempts: [{ status: 500 }, { status: 200 }], next_attempt_at: null },
  ]);
});

it('sends nothing twice that a process has finished half', async () => {
  await world.outbox.add(aMessage('m'));
  const { delivery } = await claimed();
  // It died between the history and the outbox.
  await world.outbox.keep(delivery, TRIED, DELIVERED);
  expect(await world.outbox.claim(await only(), 'b', NOON)).toBeUndefined();
  expect(await world.outbox.pending()).toEqual([]);
});

it('sends nothing twice that comes in a second time after it was delivered', async () => {
  await world.outbox.add(aMessage('m'));
  await world.outbox.finish(await claimed(), TRIED, DELIVERED);
  await world.outbox.add(aMessage('m'));
  expect(await world.outbox.claim(await only(), 'b', NOON)).toBeUndefined();
  expect(await world.outbox.pending()).toEqual([]);
});

it('orders what is pending by when it is due', async () => {
  await world.outbox.add(aMessage('later', NOON + 2));
  await world.outbox.add(aMessage('first', NOON));
  await world.outbox.add(aMessage('second', NOON + 1));
  const ids = (await world.outbox.pending()).map(({ value }) => value.message_id);
  expect(ids).toEqual(['first', 'second', 'later']);
});

it('lists the newest first, pending or not, page by page, and only of one webhook', async () => {
  const other = await world.putWebhook({ webhook_id: 'other' });
  for (let i = 0; i < 5; i++) {
    if (i % 2 === 0) await world.outbox.add(aMessage(`m${i}`, NOON + i));
    else await world.outbox.keep(aMessage(`m${i}`, NOON + i), TRIED, DELIVERED);
  }
  await world.outbox.add({ ...aMessage('theirs'), webhook_uid: other.webhook_uid });
  const ids: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const page = await world.outbox.history(webhook.webhook_uid, 2, cursor);
    ids.push(...page.deliveries.map(({ message_id }) => message_id));
    cursor = page.next_cursor ?? undefined;
    pages += 1;
  } while (cursor !== undefined);
  expect(ids).toEqual(['m4', 'm3', 'm2', 'm1', 'm0']);
  expect(pages).toBe(3);
});

it('forgets what was done with before a moment', async () => {
  await world.outbox.keep(aMessage('old'), { ...TRIED, at: NOON - 1 }, DELIVERED);
  await world.outbox.keep(aMessage('new'), TRIED, DELIVERED);
  await world.outbox.keep(aMessage('untried'), null, { status: 'failed', reason: 'disabled' });
  expect(await world.outbox.forget(NOON)).toBe(1);
  const { deliveries } = await world.outbox.history(webhook.webhook_uid, 10, undefined);
  expect(deliveries.map(({ message_id }) => message_id).sort()).toEqual(['new', 'untried']);
});
