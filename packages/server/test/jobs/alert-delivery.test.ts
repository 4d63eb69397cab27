/** Sending what is due: webhooks side by side, each one message after another, until stopped. */
import { beforeEach, expect, it } from 'vitest';
import { AlertDelivery } from '../../src/jobs/alert-delivery.ts';
import type { Courier } from '../../src/keeper/alerts/courier.ts';
import { newDelivery, type Pending } from '../../src/keeper/alerts/outbox.ts';
import { alertWorld, NOON, type AlertWorld } from '../keeper/alerts/world.ts';

const EVERY_MS = 30_000;

let world: AlertWorld;
let carried: string[];
/** What the courier does with a message; it is taken, unless a test says otherwise. */
let fate: (id: string) => Promise<'taken' | 'refused'>;
let delivery: AlertDelivery;

beforeEach(() => {
  world = alertWorld();
  carried = [];
  fate = () => Promise.resolve('taken');
  const courier: Pick<Courier, 'carry'> = { carry };
  delivery = new AlertDelivery({ ...world, courier: courier as Courier, everyMs: EVERY_MS });
});

async function carry(pending: Pending): Promise<'taken' | 'refused' | 'not_ours'> {
  const { message_id } = pending.value;
  const claimed = await world.outbox.claim(pending, 'i', world.clock.now() + 12_000);
  if (claimed === undefined) return 'not_ours';
  carried.push(message_id);
  const attempt = { at: world.clock.now(), status: null, error: null, duration_ms: 0 };
  const answer = await fate(message_id);
  if (answer === 'taken') {
    await world.outbox.finish(claimed, attempt, { status: 'delivered', reason: null });
  } else await world.outbox.postpone(claimed, attempt, world.clock.now() + 5_000);
  return answer;
}

async function queue(webhook_id: string, ...ids: string[]): Promise<void> {
  const webhook = { org_id: 'o', webhook_id, webhook_uid: webhook_id };
  for (const message_id of ids) {
    const message = { message_id, event_type: 'e', body: '{}', created_at: NOON };
    await world.outbox.add(newDelivery(webhook, message));
  }
}

/** Lets everything happen that waits for no timer. */
async function settled(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}

async function pass(ms: number): Promise<void> {
  world.clock.advance(ms);
  await settled();
}

it('sends at once what is due when it is woken', async () => {
  await queue('a', 'm1', 'm2');
  delivery.wake();
  await settled();
  expect(carried.sort()).toEqual(['m1', 'm2']);
  expect(await world.outbox.pending()).toEqual([]);
});

it('finds what another process has left, by looking now and again', async () => {
  delivery.wake();
  await settled();
  await queue('a', 'm1');
  await pass(EVERY_MS - 1);
  expect(carried).toEqual([]);
  await pass(1);
  expect(carried).toEqual(['m1']);
});

it('comes back when a message is due again, and not before', async () => {
  fate = () => Promise.resolve('refused');
  await queue('a', 'm1');
  delivery.wake();
  await settled();
  await pass(4_999);
  expect(carried).toEqual(['m1']);
  fate = () => Promise.resolve('taken');
  await pass(1);
  await pass(50);
  expect(carried).toEqual(['m1', 'm1']);
  expect(await world.outbox.pending()).toEqual([]);
});

it('lets no webhook that does not answer hold up another', async () => {
  const stuck = Promise.withResolvers<'taken'>();
  fate = (id) => (id === 'slow' ? stuck.promise : Promise.resolve('taken'));
  await queue('a', 'slow', 'zzz');
  await queue('b', 'm1');
  delivery.wake();
  await settled();
  await queue('b', 'm2');
  delivery.wake();
  await settled();
  await pass(50);
  expect([...carried].sort()).toEqual(['m1', 'm2', 'slow']);
  stuck.resolve('taken');
  await settled();
  await pass(50);
  expect(carried.at(-1)).toBe('zzz');
});

it('does not try the next message of a webhook right after one that it refused', async () => {
  fate = (id) => Promise.resolve(id === 'm1' ? 'refused' : 'taken');
  await queue('a', 'm1', 'm2');
  delivery.wake();
  await settled();
  expect(carried).toEqual(['m1']);
  await pass(999);
  expect(carried).toEqual(['m1']);
  await pass(1);
  expect(carried).toEqual(['m1', 'm2']);
});

it('goes on after the store failed', async () => {
  const list = world.catalog.list.bind(world.catalog);
  world.catalog.list = () => Promise.reject(new Error('disk full'));
  await queue('a', 'm1');
  delivery.wake();
  await settled();
  expect(world.logged).toHaveLength(1);
  world.catalog.list = list;
  await pass(EVERY_MS);
  expect(carried).toEqual(['m1']);
});

it('waits, when it is stopped, for what is being sent, and sends no more', async () => {
  const running = Promise.withResolvers<'taken'>();
  fate = () => running.promise;
  await queue('a', 'm1', 'm2');
  delivery.wake();
  await settled();
  let stopped = false;
  const stopping = delivery.stop().then(() => (stopped = true));
  await settled();
  expect(stopped).toBe(false);
  running.resolve('taken');
  await stopping;
  delivery.wake();
  await pass(10 * EVERY_MS);
  expect(carried).toHaveLength(1);
});
