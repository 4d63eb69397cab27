/** Several processes on one file: what holds for one holds for all of them together. */
import { expect, test } from 'vitest';
import {
  allEntries,
  budget,
  figures,
  NOON,
  recovery,
  reserve,
  settle,
} from '@tollkeeper/testkit/conformance/fixtures';
import { openInstanceLocks } from '../../../src/adapters/sqlite/instance-lock.ts';
import { Scratch } from './scratch.ts';

test('two processes spend one budget to its end and never pass it', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await ledger.putBudget({ budget: budget({ amount: 30_000n }), at: NOON });
  const spenders = await Promise.all([
    scratch.startSpender('first', 100_000),
    scratch.startSpender('second', 100_000),
  ]);
  for (const spender of spenders) spender.go();
  const settled = await Promise.all(spenders.map((spender) => spender.settled()));
  await Promise.all(spenders.map((spender) => spender.exited));
  const { posted, held, high_water, excess } = await figures(ledger);
  expect(held).toBe(0n);
  expect(high_water).toBeLessThanOrEqual(30_000n);
  expect(Object.values(excess)).toEqual([0n, 0n, 0n, 0n]);
  expect(30_000n - posted).toBeLessThan(10n);
  const entries = await allEntries(ledger);
  expect(posted).toBe(4n * BigInt(entries.length));
  expect(entries.length).toBe((settled[0] ?? 0) + (settled[1] ?? 0));
  expect(await ledger.writers()).toEqual([
    { writer_id: 'first', last_sequence: settled[0] },
    { writer_id: 'second', last_sequence: settled[1] },
  ]);
});

test('a process sees at once what another has changed: keys, budgets and balances', async () => {
  await using scratch = new Scratch();
  const one = await scratch.open();
  const two = await scratch.open();
  await one.ledger.putBudget({ budget: budget(), at: NOON });
  expect((await two.ledger.reserve(reserve('1', 60n))).kind).toBe('held');
  expect((await one.ledger.reserve(reserve('2', 60n))).kind).toBe('refused');
  await one.ledger.putBudget({ budget: budget({ amount: 200n }), at: NOON });
  expect((await two.ledger.reserve(reserve('2', 60n))).kind).toBe('held');
  expect((await one.ledger.settle(settle('2', 5n))).kind).toBe('settled');
  expect((await two.ledger.settle(settle('2', 5n))).kind).toBe('already');
  await one.catalog.put({ kind: 'api_key', id: 'k', parent: 'a', value: {} });
  const stale = await two.ledger.reserve({ ...reserve('3', 1n), catalog_revision: 0 });
  expect(stale).toEqual({ kind: 'stale', catalog_revision: 1 });
});

test('what a killed process held is recovered by another, and nothing counts twice', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  const locks = await openInstanceLocks(scratch.instances, 'recoverer');
  await ledger.putBudget({ budget: budget({ amount: 10n ** 9n }), at: NOON });
  const spender = await scratch.startSpender('victim', 1_000_000);
  spender.go();
  expect(await spender.nextLine()).toBe('spending');
  expect(await locks.dead()).toEqual([]);
  spender.child.kill('SIGKILL');
  await spender.exited;
  expect(await locks.dead()).toEqual(['victim']);
  const holds = await ledger.holds('victim');
  const before = (await allEntries(ledger)).length;
  for (const hold of holds) {
    const settled = await ledger.settle(recovery(hold.intent.attempt_id, hold.amounts.usd));
    expect(settled.kind).toBe('settled');
  }
  await locks.forget('victim');
  expect(await locks.dead()).toEqual([]);
  expect(await ledger.holds()).toEqual([]);
  const entries = await allEntries(ledger, 1_000);
  expect(entries.length).toBe(before + holds.length);
  expect(new Set(entries.map((line) => line.attempt_id)).size).toBe(entries.length);
  const { posted, held, ceiling } = await figures(ledger);
  expect({ held, ceiling }).toEqual({ held: 0n, ceiling: 10n * BigInt(holds.length) });
  expect(posted).toBe(4n * BigInt(before) + 10n * BigInt(holds.length));
  const numbers = (await ledger.entriesOfWriter('victim', 0, 1_000_000)).map((l) => l.sequence);
  expect(numbers).toEqual(Array.from({ length: before }, (_, index) => index + 1));
  locks.release();
});

test('a hold that another process has ended and made anew is not the one remembered', async () => {
  await using scratch = new Scratch();
  const one = await scratch.open();
  const two = await scratch.open();
  await one.ledger.putBudget({ budget: budget(), at: NOON });
  for (const id of ['1', '2', '3']) await one.ledger.reserve(reserve(id, 20n));
  await two.ledger.release('1');
  await two.ledger.release('2');
  await two.ledger.reserve(reserve('2', 5n));
  expect((await one.ledger.settle(settle('1', 4n))).kind).toBe('unknown_attempt');
  expect((await one.ledger.settle(settle('2', 4n))).kind).toBe('settled');
  expect((await one.ledger.settle(settle('3', 4n))).kind).toBe('settled');
  expect(await figures(one.ledger)).toMatchObject({ posted: 8n, held: 0n });
  expect(await one.ledger.holds()).toEqual([]);
});
