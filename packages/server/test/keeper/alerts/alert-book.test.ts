/** Raising alerts: once per threshold, window and budget, whoever does it and dies doing it. */
import { beforeEach, expect, it } from 'vitest';
import { alertWorld, BUDGET, NOON, ORG, stateOf, type AlertWorld } from './world.ts';

let world: AlertWorld;
beforeEach(() => {
  world = alertWorld();
});

const raised = (): number[] =>
  world.logged
    .map(({ fields }) => (fields as { threshold_pct: number }).threshold_pct)
    .sort((a, b) => a - b);
const messages = async () => (await world.outbox.pending()).map(({ value }) => value);

it('tells the log and every webhook that is on, and nobody else', async () => {
  await world.putWebhook({ webhook_id: 'on' });
  await world.putWebhook({ webhook_id: 'off', enabled: false });
  await world.putWebhook({ webhook_id: 'theirs', org_id: '22222222-2222-4222-8222-222222222222' });
  await world.book.raise(stateOf(812n), { reached: [80] });
  expect(world.logged).toMatchObject([
    {
      level: 'warn',
      fields: {
        org_id: ORG,
        budget_id: 'daily',
        threshold_pct: 80,
        spent_pct: '81.20',
        spent: '0.000000000812',
        limit: { unit: 'usd', amount: '0.000000001' },
        window_start: '2026-11-22T00:00:00.000Z',
        resets_at: '2026-11-23T00:00:00.000Z',
      },
    },
  ]);
  const [message, ...more] = await messages();
  expect(more).toEqual([]);
  expect(message).toMatchObject({ webhook_id: 'on', status: 'pending', next_attempt_at: NOON });
  expect(JSON.parse(message?.body ?? '')).toMatchObject({
    type: 'budget.threshold_reached',
    timestamp: '2026-11-22T12:00:00.000Z',
    data: world.logged[0]?.fields,
  });
  expect(world.queued.count).toBe(1);
});

it('raises each threshold once, by however many processes it is tried', async () => {
  await world.putWebhook({ webhook_id: 'on' });
  const others = [world.aBook(), world.aBook(), world.book];
  const all = { reached: [50, 80, 95, 100] };
  await Promise.all(others.map((book) => book.raise(stateOf(1000n), all)));
  await world.book.raise(stateOf(2000n), all);
  expect(raised()).toEqual([50, 80, 95, 100]);
  expect(await messages()).toHaveLength(4);
});

it('raises it again in the next window, and for another budget', async () => {
  const half = { reached: [50] };
  await world.book.raise(stateOf(500n), half);
  await world.book.raise(stateOf(500n, {}, NOON + 86_400_000), half);
  await world.book.raise(stateOf(500n, { budget_id: 'other' }), half);
  expect(raised()).toEqual([50, 50, 50]);
});

it('does not raise it again when the limit changes within the window', async () => {
  const half = { reached: [50] };
  await world.book.raise(stateOf(500n), half);
  const limit = { ...BUDGET.limit, amount: 4000n };
  await world.book.raise(stateOf(2000n, { limit }), half);
  expect(raised()).toEqual([50]);
});

it('sends what a process raised and did not send, once its own time is over', async () => {
  await world.putWebhook({ webhook_id: 'on' });
  const put = world.catalog.put.bind(world.catalog);
  // It dies right after it has raised the alert.
  world.catalog.put = async (command) => {
    await put(command);
    throw new Error('killed');
  };
  await expect(world.book.raise(stateOf(500n), { reached: [50] })).rejects.toThrow('killed');
  world.catalog.put = put;
  expect(await messages()).toEqual([]);

  await world.aBook().sendUnsent();
  expect(await messages()).toEqual([]);
  world.clock.advance(5_000);
  await world.aBook().sendUnsent();
  await world.aBook().sendUnsent();
  expect(await messages()).toHaveLength(1);
  expect(raised()).toEqual([50]);
});

it('forgets alerts of windows that are long over, and no others', async () => {
  await world.book.raise(stateOf(500n), { reached: [50] });
  await world.book.raise(stateOf(500n, { budget_id: 'ever', window: 'total' }), { reached: [50] });
  world.clock.advance(91 * 86_400_000);
  await world.book.raise(stateOf(500n, { budget_id: 'new' }, world.clock.now()), { reached: [50] });
  await world.book.forget();
  const { items } = await world.catalog.list('alert', { limit: 10 });
  expect(items.map(({ id }) => id.split('/')[0])).toEqual(['ever', 'new']);
});
