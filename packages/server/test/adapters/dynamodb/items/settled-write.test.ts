/** What is written has been written once, or it is said that nobody knows. */
import { expect, test } from 'vitest';
import type { Write } from '../../../../src/adapters/dynamodb/index.ts';
import { writeUntilSettled } from '../../../../src/adapters/dynamodb/items/settled-write.ts';
import { StoreUnavailable } from '../../../../src/ports/ledger-store.ts';
import { countingIds, hastyClock, seeded } from '../group-rig.ts';
import { NO_TROUBLE, UnreliableItems } from '../unreliable-items.ts';

const key = { pk: 'p', sk: 's' };

/** Adds one to a number by what is there. */
function adding(items: UnreliableItems): () => Promise<readonly Write[]> {
  return async () => {
    const [before] = await items.table.get([key]);
    const item = { ...key, v: (before?.v ?? 0) + 1, n: Number(before?.n ?? 0) + 1 };
    const condition =
      before === undefined
        ? ({ kind: 'absent' } as const)
        : ({ kind: 'version', v: before.v } as const);
    return [{ op: 'put', item, condition }];
  };
}

test('each of many writers has its say once, whatever the network does', async () => {
  const random = seeded(5);
  const wrong = { conflict: 20, throttled: 10, lostBefore: 20, lostAfter: 20 };
  const items = new UnreliableItems(wrong, random);
  const parts = { items, ids: countingIds(random), clock: hastyClock(), random };
  const done = await Promise.all(
    Array.from({ length: 20 }, () => writeUntilSettled(parts, adding(items))),
  );
  expect(done.every(Boolean)).toBe(true);
  expect(items.table.peek(key)).toMatchObject({ n: 20 });
});

test('nothing to write is nothing written', async () => {
  const items = new UnreliableItems(NO_TROUBLE, seeded(1));
  const parts = { items, ids: countingIds(seeded(1)), clock: hastyClock(), random: seeded(1) };
  expect(await writeUntilSettled(parts, async () => undefined)).toBe(false);
  expect(items.sent).toEqual([]);
});

test('a table that stays away is given up', async () => {
  const items = new UnreliableItems({ ...NO_TROUBLE, lostBefore: 100 }, seeded(1));
  const parts = { items, ids: countingIds(seeded(1)), clock: hastyClock(), random: seeded(1) };
  await expect(writeUntilSettled(parts, adding(items))).rejects.toThrow(StoreUnavailable);
});
