/** The log stays short however long the writing goes on. */
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { startCheckpoints } from '../../../src/adapters/sqlite/checkpoints.ts';
import { toReserve, toSettle } from '../../../src/adapters/sqlite/rows.ts';
import { prepareFile } from '../../../src/adapters/sqlite/schema.ts';
import { Writer } from '../../../src/adapters/sqlite/writer.ts';
import { Scratch } from './scratch.ts';

const LOG_PAGES_MAX = 100;

test('a log that is copied while it is written is restarted and grows no further', async () => {
  await using scratch = new Scratch();
  prepareFile({ path: scratch.path });
  const writer = new Writer({ path: scratch.path });
  let restarts = 0;
  const checkpoints = startCheckpoints(
    { path: scratch.path },
    (error) => {
      throw error;
    },
    () => {
      expect(writer.restartLog()).toBe(true);
      restarts += 1;
    },
    { commandsBetween: 20, logPagesMax: LOG_PAGES_MAX, restPagesMax: 4_096 },
  );
  using outside = new DatabaseSync(scratch.path);
  let calls = 0;
  const call = (): void => {
    const id = `${(calls += 1)}`;
    writer.run([toReserve(reserve(id, 1n)), toSettle(settle(id, 1n))]);
  };
  const logPages = (): number =>
    Number(outside.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()?.log);
  for (let round = 1; round <= 5; round++) {
    while (restarts < round) {
      call();
      checkpoints.committed(2);
      await setImmediate();
    }
    call();
    expect(logPages()).toBeLessThan(LOG_PAGES_MAX);
  }
  await checkpoints.close();
  writer.close();
});
