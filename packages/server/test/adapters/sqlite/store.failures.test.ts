/**
 * A disk that is full and a file that somebody else locks: nothing is lost, and nothing stays
 * broken.
 */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import {
  allEntries,
  budget,
  figures,
  NOON,
  reserve,
  settle,
} from '@tollkeeper/testkit/conformance/fixtures';
import { StoreUnavailable } from '../../../src/ports/ledger-store.ts';
import { Scratch } from './scratch.ts';

test('a full disk refuses holds, loses no settlement, and is healthy again with room', async () => {
  await using scratch = new Scratch();
  const first = await scratch.open();
  await first.ledger.putBudget({ budget: budget({ amount: 10n ** 9n }), at: NOON });
  using outside = new DatabaseSync(scratch.path);
  outside.exec('CREATE TABLE ballast (bytes BLOB)');
  for (let page = 0; page < 300; page++)
    outside.exec('INSERT INTO ballast VALUES (zeroblob(4000))');
  const pages = Number(outside.prepare('PRAGMA page_count').get()?.page_count);
  const { ledger } = await scratch.open({ pagesMax: pages + 40 });
  const open: string[] = [];
  let settled = 0;
  let refused: unknown;
  for (let index = 0; refused === undefined; index++) {
    const tags = { filling: 'x'.repeat(2_000) };
    try {
      await ledger.reserve(reserve(`${index}`, 10n, { tags }));
      open.push(`${index}`);
      if (index % 2 === 1) continue;
      await ledger.settle(settle(`${index}`, 4n, { tags }));
      open.pop();
      settled += 1;
    } catch (error) {
      refused = error;
    }
  }
  expect(refused).toBeInstanceOf(StoreUnavailable);
  expect(settled).toBeGreaterThan(5);
  const unsettled = await Promise.allSettled(
    open.map((id) => ledger.settle(settle(id, 4n, { tags: { more: 'x'.repeat(20_000) } }))),
  );
  for (const answer of unsettled) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } });
  }
  await expect(ledger.probe().then(() => 'probed')).resolves.toBeDefined();
  outside.exec('DROP TABLE ballast');
  const answers = await Promise.all(open.map((id) => ledger.settle(settle(id, 4n))));
  expect(answers.every((answer) => answer.kind === 'settled')).toBe(true);
  expect(await allEntries(ledger)).toHaveLength(settled + open.length);
  expect(await figures(ledger)).toMatchObject({
    held: 0n,
    posted: 4n * BigInt(settled + open.length),
  });
  const numbers = (await ledger.entriesOfWriter('writer', 0, 1_000)).map((line) => line.sequence);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
});

test('a file that another process keeps locked is unavailable, and works again later', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open({ busyTimeoutMs: 20 });
  await ledger.putBudget({ budget: budget(), at: NOON });
  await ledger.reserve(reserve('1', 60n));
  using outside = new DatabaseSync(scratch.path);
  outside.exec('BEGIN IMMEDIATE');
  const refused = await Promise.allSettled([
    ledger.reserve(reserve('2', 10n)),
    ledger.settle(settle('1', 25n)),
    ledger.probe(),
  ]);
  for (const answer of refused) {
    expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } });
  }
  expect((await figures(ledger)).held).toBe(60n);
  outside.exec('ROLLBACK');
  expect((await ledger.settle(settle('1', 25n))).kind).toBe('settled');
  expect((await ledger.reserve(reserve('2', 10n))).kind).toBe('held');
  await ledger.probe();
});

test('a command that cannot be carried out fails alone among others on their way', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  const nowhere = budget({ budget_id: 'nowhere', timezone: 'Nowhere/At_All' });
  const answers = await Promise.allSettled([
    ledger.putBudget({ budget: budget(), at: NOON }),
    ledger.reserve(reserve('1', 60n)),
    ledger.putBudget({ budget: nowhere, at: NOON }),
    ledger.reserve(reserve('2', 60n)),
    ledger.settle(settle('1', 25n)),
    ledger.reserve(reserve('3', 60n)),
  ]);
  expect(answers[2]).toMatchObject({ status: 'rejected', reason: { name: 'Error' } });
  const kinds = answers.map((answer) =>
    answer.status === 'fulfilled' && 'kind' in answer.value ? answer.value.kind : answer.status,
  );
  expect(kinds).toEqual(['fulfilled', 'held', 'rejected', 'refused', 'settled', 'held']);
  expect(await figures(ledger)).toMatchObject({ posted: 25n, held: 60n });
});

test('an amount beyond 64 bits is refused with a reason, and nothing is written', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await expect(ledger.reserve(reserve('1', 2n ** 63n))).rejects.toThrow(/64 bits/);
  await ledger.reserve(reserve('1', 1n));
  await expect(ledger.settle(settle('1', -(2n ** 63n)))).rejects.toThrow(/64 bits/);
  expect(await ledger.holds()).toHaveLength(1);
});

test('a closed store says that it is unavailable', async () => {
  await using scratch = new Scratch();
  const { ledger, catalog } = await scratch.open();
  await ledger.close();
  await expect(ledger.reserve(reserve('1', 1n))).rejects.toThrow(StoreUnavailable);
  await expect(ledger.budgets(NOON)).rejects.toThrow(StoreUnavailable);
  await expect(catalog.revision()).rejects.toThrow(StoreUnavailable);
  await ledger.close();
});

test('commands that were sent before closing are carried out', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  const reserved = ledger.reserve(reserve('1', 1n));
  await ledger.close();
  expect((await reserved).kind).toBe('held');
  const again = await scratch.open();
  expect(await again.ledger.holds()).toHaveLength(1);
});
