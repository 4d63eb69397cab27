/** Leases of a file: what they have is exact whatever ends first, the lease or its holds. */
import { expect, test } from 'vitest';
import { granted, part, take } from '@tollkeeper/testkit/conformance/leasing';
import {
  budget,
  figures,
  NOON,
  recovery,
  reserve,
  settle,
} from '@tollkeeper/testkit/conformance/fixtures';
import type { LeasingLedger } from '../../../src/ports/leasing-ledger.ts';
import { Scratch } from './scratch.ts';

const OUT = 40n;

async function withHold(ledger: LeasingLedger): Promise<void> {
  await ledger.putBudget({ budget: budget(), at: NOON });
  await ledger.takeLease(take(70n));
  await ledger.reserveLeased({ ...reserve('1', OUT), leased: [part(OUT)] });
}

test('a lease that ends under an open hold leaves what the hold took, until it ends', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await withHold(ledger);
  await ledger.returnLease({ ...part(0n), instance_id: 'writer', ends: true });
  expect((await figures(ledger)).held).toBe(OUT);
  expect((await ledger.reserve(reserve('2', 61n))).kind).toBe('refused');
  await ledger.settleLeased({ ...settle('1', 25n), leased: [part(25n)] });
  expect(await figures(ledger)).toMatchObject({ posted: 25n, held: 0n });
});

test('an instance cannot hold more out of a lease than the lease has', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await withHold(ledger);
  const more = await ledger.reserveLeased({ ...reserve('2', 31n), leased: [part(31n)] });
  expect(more).toEqual({ kind: 'lease_lost', lease_ids: ['lease'] });
  await ledger.returnLease({ ...part(60n), instance_id: 'writer', ends: false });
  expect(await granted(ledger)).toBe(OUT);
  // The hold itself is never given away to another posting.
  await ledger.reserve(reserve('3', 5n));
  await ledger.settleLeased({ ...settle('3', 9n), leased: [part(4n)] });
  expect(await figures(ledger)).toMatchObject({ posted: 9n, held: OUT });
});

test('leases and what came out of them are there again when the file is opened again', async () => {
  await using scratch = new Scratch();
  const first = await scratch.open();
  await withHold(first.ledger);
  await first.ledger.close();
  const { ledger } = await scratch.open();
  expect(await granted(ledger)).toBe(70n);
  expect(await ledger.settle(recovery('1', OUT))).toMatchObject({ kind: 'settled' });
  expect(await granted(ledger)).toBe(30n);
  await ledger.endLeases('writer');
  expect(await figures(ledger)).toMatchObject({ posted: OUT, held: 0n });
});

test('what another process does to a lease or its budget is seen at once', async () => {
  await using scratch = new Scratch();
  const one = await scratch.open();
  const two = await scratch.open();
  await withHold(one.ledger);
  expect(await granted(two.ledger)).toBe(70n);
  await two.ledger.settle(recovery('1', OUT));
  await two.ledger.endLeases('writer');
  const next = { ...reserve('2', 5n), leased: [part(5n)] };
  expect(await one.ledger.reserveLeased(next)).toMatchObject({ kind: 'lease_lost' });
  expect(await figures(one.ledger)).toMatchObject({ posted: OUT, held: 0n });
});

test('commands of one group see each other, and figures are written once', async () => {
  await using scratch = new Scratch();
  const { ledger } = await scratch.open();
  await ledger.putBudget({ budget: budget(), at: NOON });
  const answers = await Promise.all([
    ledger.takeLease(take(50n)),
    ledger.reserveLeased({ ...reserve('1', 30n), leased: [part(30n)] }),
    ledger.reserveLeased({ ...reserve('2', 30n), leased: [part(30n)] }),
    ledger.takeLease(take(20n, { grows: true })),
    ledger.reserveLeased({ ...reserve('3', 30n), leased: [part(30n)] }),
    ledger.settleLeased({ ...settle('1', 10n), leased: [part(10n)] }),
    ledger.returnLease({ ...part(10n), instance_id: 'writer', ends: false }),
  ]);
  expect(answers.map((answer) => answer?.kind)).toEqual([
    'taken',
    'held',
    'lease_lost',
    'taken',
    'held',
    'settled',
    undefined,
  ]);
  expect(await granted(ledger)).toBe(50n);
  expect(await figures(ledger)).toMatchObject({ posted: 10n, held: 50n, high_water: 70n });
});
