/**
 * The queue before the writer: one message at a time, answers in order, bounded for new calls only.
 */
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { SqliteLedger } from '../../../src/adapters/sqlite/ledger.ts';
import { SETTLE } from '../../../src/adapters/sqlite/protocol.ts';
import type { Committed, ToWriter, WriteCommand } from '../../../src/adapters/sqlite/protocol.ts';
import { ReadQueue } from '../../../src/adapters/sqlite/read-queue.ts';
import type { WorkerThread } from '../../../src/adapters/sqlite/worker-thread.ts';
import { WriteQueue } from '../../../src/adapters/sqlite/write-queue.ts';
import { StoreUnavailable } from '../../../src/ports/ledger-store.ts';

/** A thread that only notes what it is sent, and answers when it is told to. */
function standIn<To, From>(): WorkerThread<To, From> & { readonly sent: To[] } {
  const sent: To[] = [];
  return {
    sent,
    post: (message) => void sent.push(message),
    close: () => Promise.resolve(),
    onMessage: () => undefined,
  };
}

function queue(): {
  thread: ReturnType<typeof standIn<ToWriter, Committed>>;
  writes: WriteQueue;
  ledger: SqliteLedger;
  commits: number[];
} {
  const thread = standIn<ToWriter, Committed>();
  const commits: number[] = [];
  const writes = new WriteQueue(thread, (commands) => commits.push(commands));
  const reads = new ReadQueue(standIn());
  const ledger = new SqliteLedger(writes, reads, () => writes.close());
  return { thread, writes, ledger, commits };
}

const probe: WriteCommand = { op: 'probe' };

test('the commands of one turn are one message, in their order', async () => {
  const { thread, writes } = queue();
  void writes.send({ op: 'probe' }, () => 1);
  const removal = { op: 'remove_budget', budgetId: 'b', audit: undefined } as const;
  void writes.send(removal, () => 2);
  expect(thread.sent).toEqual([]);
  await setImmediate();
  expect(thread.sent).toEqual([[{ op: 'probe' }, removal]]);
});

test('answers go to the commands in order, whatever groups they come in', async () => {
  const { thread, writes, commits } = queue();
  const answers = ['a', 'b', 'c'].map((name) =>
    writes.send(probe, (answer) => [name, 'kind' in answer ? answer.kind : '']),
  );
  await setImmediate();
  thread.onMessage({ states: [], answers: [{ kind: 'probed' }] });
  thread.onMessage({ states: [], answers: [{ kind: 'released' }, { kind: 'already' }] });
  expect(await Promise.all(answers)).toEqual([
    ['a', 'probed'],
    ['b', 'released'],
    ['c', 'already'],
  ]);
  expect(commits).toEqual([1, 2]);
});

test('a failure of the disk and one of the command are told apart', async () => {
  const { thread, writes } = queue();
  const results = Promise.allSettled([writes.send(probe, () => 1), writes.send(probe, () => 2)]);
  await setImmediate();
  thread.onMessage({
    states: [],
    answers: [
      { kind: 'failed', unavailable: true, message: 'disk' },
      { kind: 'failed', unavailable: false, message: 'command' },
    ],
  });
  const [disk, command] = await results;
  expect(disk).toMatchObject({ reason: { code: 'store_unavailable', message: 'disk' } });
  expect(command).toMatchObject({ reason: { name: 'Error', message: 'command' } });
});

/** Answers message after message until nothing more is sent; the very last command gets `last`. */
async function answerAll(
  thread: ReturnType<typeof queue>['thread'],
  last: Committed['answers'][number],
): Promise<void> {
  for (let message = 0; ; message++) {
    await setImmediate();
    const batch = thread.sent[message];
    if (batch === undefined || 'control' in batch) return;
    const settles = batch.some((command) => Array.isArray(command) && command[0] === SETTLE);
    const answers: Committed['answers'] = batch.map((_, index) =>
      settles && index === batch.length - 1 ? last : { kind: 'probed' },
    );
    thread.onMessage({ states: [], answers });
  }
}

test('one message is on its way at a time, and the next has all that has gathered', async () => {
  const { thread, writes } = queue();
  const first = writes.send(probe, () => 1);
  await setImmediate();
  const others = [writes.send(probe, () => 2), writes.send(probe, () => 3)];
  await setImmediate();
  expect(thread.sent).toHaveLength(1);
  thread.onMessage({ states: [], answers: [{ kind: 'probed' }] });
  expect(await first).toBe(1);
  await setImmediate();
  expect(thread.sent.map((batch) => ('control' in batch ? 0 : batch.length))).toEqual([1, 2]);
  thread.onMessage({ states: [], answers: [{ kind: 'probed' }, { kind: 'probed' }] });
  expect(await Promise.all(others)).toEqual([2, 3]);
});

test('with too much on its way a new call is refused, and a settlement is not', async () => {
  const { thread, writes, ledger } = queue();
  while (!writes.full) writes.send(probe, () => 1).catch(() => undefined);
  await expect(ledger.reserve(reserve('1', 1n))).rejects.toThrow(StoreUnavailable);
  const settled = ledger.settle(settle('1', 1n));
  await answerAll(thread, { kind: 'already' });
  expect(await settled).toEqual({ kind: 'already' });
  expect(writes.full).toBe(false);
});

test('when the thread has failed, everything that waits and all that comes is told', async () => {
  const { writes } = queue();
  const waiting = writes.send(probe, () => 1);
  writes.fail(new StoreUnavailable('The store has failed.'));
  await expect(waiting).rejects.toThrow(StoreUnavailable);
  await expect(writes.send(probe, () => 1)).rejects.toThrow('The store has failed.');
});
