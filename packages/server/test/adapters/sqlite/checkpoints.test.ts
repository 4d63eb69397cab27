/** The log stays short however long the writing goes on. */
import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { startCheckpoints } from '../../../src/adapters/sqlite/checkpoints.ts';
import { toReserve, toSettle } from '../../../src/adapters/sqlite/rows.ts';
import { prepareFile } from '../../../src/adapters/sqlite/schema.ts';
import { Writer } from '../../../src/adapters/sqlite/writer.ts';
import { Scratch } from './scratch.ts';

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
    { commandsBetween: 20, logPagesMax: 100, restPagesMax: 4_096 },
  );
  let calls = 0;
  for (let round = 0; round < 8; round++) {
    const before = restarts;
    while (restarts === before) {
      const id = `${(calls += 1)}`;
      writer.run([toReserve(reserve(id, 1n)), toSettle(settle(id, 1n))]);
      checkpoints.committed(2);
      await setImmediate();
    }
  }
  await checkpoints.close();
  const logBytes = statSync(`${scratch.path}-wal`).size;
  writer.close();
  // A call changes at least six pages: the hold, the entry, three indexes and the numbering.
  const writtenBytes = calls * 6 * 4_096;
  expect(logBytes).toBeLessThan(writtenBytes / 2);
});
