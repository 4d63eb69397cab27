/** Old entries go once they were copied, all of them, and only they. */
import { NOON, submission } from '@tollkeeper/testkit/conformance/fixtures';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { expect, test } from 'vitest';
import { MemoryLedger } from '../../src/adapters/memory/ledger.ts';
import { entryRetention, PART_MAX, PARTS_MAX } from '../../src/jobs/entry-retention.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const OLD = { at: NOON - 3 * DAY_MS, started_at: NOON - 3 * DAY_MS };

function world() {
  const ledger = new MemoryLedger(() => 0);
  const clock = virtualClock(NOON);
  const told: string[] = [];
  const log = (_level: string, message: string): void => void told.push(message);
  return { ledger, clock, told, round: entryRetention({ ledger, clock, days: 2, log }) };
}

const left = async ({ ledger }: { ledger: MemoryLedger }): Promise<string[]> =>
  (await ledger.entries({ limit: 10_000 })).entries.map(({ entry_id }) => entry_id);

test('all that is old and was copied goes, however much, and what is young stays', async () => {
  const all = world();
  for (let i = 0; i < PART_MAX + 7; i += 1) await all.ledger.record(submission(`${i}`, 1n, OLD));
  await all.ledger.record(submission('young', 1n, { started_at: NOON - 2 * DAY_MS }));
  await all.ledger.markCopied('export', { writer_id: 'writer', sequence: 10_000 });
  await all.round();
  expect(await left(all)).toEqual(['young']);
  expect(all.told).toEqual([]);
});

test('what was not copied stays, which is told once a day', async () => {
  const all = world();
  for (const id of ['a', 'b']) await all.ledger.record(submission(id, 1n, OLD));
  await all.ledger.markCopied('export', { writer_id: 'writer', sequence: 1 });
  await all.round();
  expect(await left(all)).toEqual(['b']);
  for (let hour = 0; hour < 23; hour += 1) {
    all.clock.advance(HOUR_MS);
    await all.round();
  }
  expect(all.told).toEqual([expect.stringContaining('no copy')]);
  all.clock.advance(HOUR_MS);
  await all.round();
  expect(all.told).toHaveLength(2);
});

test('a round ends, and the next goes on without waiting for the hour', async () => {
  const clock = virtualClock(NOON);
  let asked = 0;
  const forgetEntries = async (): Promise<{ removed: number; kept: number }> => {
    asked += 1;
    return { removed: asked > PARTS_MAX ? 0 : PART_MAX, kept: 0 };
  };
  const round = entryRetention({ ledger: { forgetEntries }, clock, days: 2, log: () => undefined });
  await round();
  expect(asked).toBe(PARTS_MAX);
  await round();
  await round();
  expect(asked).toBe(PARTS_MAX + 1);
});

test('it works once an hour, and again at once when it failed', async () => {
  const { clock, ...all } = world();
  const store = { fails: true };
  const round = entryRetention({
    ledger: {
      forgetEntries: (command) =>
        store.fails
          ? Promise.reject(new StoreUnavailable('disk full'))
          : all.ledger.forgetEntries(command),
    },
    ...{ clock, days: 2, log: () => undefined },
  });
  await all.ledger.markCopied('export', { writer_id: 'writer', sequence: 10 });
  await all.ledger.record(submission('a', 1n, OLD));
  await expect(round()).rejects.toThrow('disk full');
  store.fails = false;
  await round();
  expect(await left(all)).toEqual([]);
  await all.ledger.record(submission('b', 1n, OLD));
  await round();
  expect(await left(all)).toEqual(['b']);
  clock.advance(HOUR_MS);
  await round();
  expect(await left(all)).toEqual([]);
});
