/** What dead instances left behind is settled, once, at its ceiling; what lives is not touched. */
import { describe, expect, test } from 'vitest';
import type { Entry } from '@tollkeeper/core';
import { NOON, budget, reserve, settle } from '@tollkeeper/testkit/conformance/fixtures';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { recoverDeadInstances, sweep, type RecoveryParts } from '../../src/jobs/recovery.ts';
import type { InstanceLocks } from '../../src/ports/instance-locks.ts';
import type { Settle } from '../../src/ports/ledger-store.ts';

const LATER_MS = 90_000;

/** A ledger with a budget of 100, and locks of which the test says who is dead. */
async function setUp() {
  const { ledger } = memoryStore();
  await ledger.putBudget({ budget: budget(), at: NOON });
  const dead = new Set<string>();
  const locks: InstanceLocks = {
    dead: async () => [...dead],
    lives: async (instance) => !dead.has(instance),
    forget: async (instance) => void dead.delete(instance),
    release: () => undefined,
  };
  const clock = virtualClock(NOON + LATER_MS);
  const logged: string[] = [];
  const parts: RecoveryParts = {
    instanceId: 'recoverer',
    ledger,
    locks,
    clock,
    ids: systemIds(clock),
    telemetry: {
      refused: () => expect.unreachable(),
      settled: () => undefined,
      excess: () => expect.unreachable(),
      log: (level) => void logged.push(level),
    },
  };
  const hold = async (attempt: string, usd: bigint, instance: string): Promise<void> => {
    expect((await ledger.reserve(reserve(attempt, usd, { instance }))).kind).toBe('held');
  };
  const entries = async (): Promise<readonly Entry[]> =>
    (await ledger.entries({ limit: 100 })).entries;
  return { ledger, dead, clock, parts, logged, hold, entries };
}

describe('recovery', () => {
  test('a call of a dead instance becomes an unknown entry whose ceiling is its hold', async () => {
    const { dead, parts, hold, entries, ledger } = await setUp();
    await hold('a', 30n, 'gone');
    dead.add('gone');
    expect(await recoverDeadInstances(parts)).toBe(1);
    expect(await entries()).toMatchObject([
      {
        entry_id: 'a',
        attempt_id: 'a',
        entry_type: 'attempt',
        outcome: 'interrupted',
        usage: null,
        usage_source: 'unknown',
        cost: 0n,
        ceiling: 30n,
        charges: [],
        org_id: 'org',
        key_id: 'key',
        model_id: 'model',
        tags: { team: 'blue' },
        started_at: NOON,
        ended_at: NOON + LATER_MS,
        latency_ms: LATER_MS,
      },
    ]);
    expect(await ledger.holds()).toEqual([]);
    const { balance } = (await ledger.budgets(NOON))[0] ?? {};
    expect(balance).toMatchObject({ held: 0n, posted: 30n, ceiling: 30n });
  });

  test('calls of living instances are not touched', async () => {
    const { dead, parts, hold, entries, ledger } = await setUp();
    await hold('a', 10n, 'alive');
    await hold('b', 10n, 'gone');
    dead.add('gone');
    expect(await recoverDeadInstances(parts)).toBe(1);
    expect((await ledger.holds()).map((each) => each.intent.attempt_id)).toEqual(['a']);
    expect((await entries()).map((each) => each.attempt_id)).toEqual(['b']);
  });

  test('what the dead one had settled itself stays as it is', async () => {
    const { dead, parts, hold, entries, ledger } = await setUp();
    await hold('a', 30n, 'gone');
    await ledger.settle(settle('a', 7n, { instance: 'gone' }));
    dead.add('gone');
    expect(await recoverDeadInstances(parts)).toBe(0);
    expect(await entries()).toMatchObject([{ cost: 7n, ceiling: null }]);
  });

  test('two that recover the same instance at once write each entry once', async () => {
    const { dead, parts, hold, entries } = await setUp();
    for (const attempt of ['a', 'b', 'c']) await hold(attempt, 5n, 'gone');
    dead.add('gone');
    const counts = await Promise.all([recoverDeadInstances(parts), recoverDeadInstances(parts)]);
    expect(counts[0] + counts[1]).toBe(3);
    expect(await entries()).toHaveLength(3);
  });

  test('an instance is forgotten only after all of its calls are settled', async () => {
    const { dead, parts, hold } = await setUp();
    await hold('a', 5n, 'gone');
    dead.add('gone');
    const failing: RecoveryParts = {
      ...parts,
      ledger: Object.assign(Object.create(parts.ledger) as RecoveryParts['ledger'], {
        settle: () => Promise.reject(new Error('the disk is full')),
        holds: () => parts.ledger.holds('gone'),
      }),
    };
    await expect(recoverDeadInstances(failing)).rejects.toThrow('the disk is full');
    expect([...dead]).toEqual(['gone']);
    expect(await recoverDeadInstances(parts)).toBe(1);
    expect([...dead]).toEqual([]);
  });
});

describe('recovery over a store that has its moods', () => {
  const withLedger = (
    parts: RecoveryParts,
    changed: Partial<RecoveryParts['ledger']>,
  ): RecoveryParts => ({
    ...parts,
    ledger: Object.assign(Object.create(parts.ledger) as RecoveryParts['ledger'], {
      settle: (command: Settle) => parts.ledger.settle(command),
      holds: (instance?: string) => parts.ledger.holds(instance),
      ...changed,
    }),
  });

  test('a call that cannot be settled keeps no other one waiting, and is tried again', async () => {
    const { dead, parts, hold, entries } = await setUp();
    for (const attempt of ['a', 'b', 'c']) await hold(attempt, 5n, 'first');
    await hold('d', 5n, 'second');
    for (const instance of ['first', 'second']) dead.add(instance);
    const failing = withLedger(parts, {
      settle: async (command) => {
        if (command.entry.attempt_id === 'a') throw new Error('too large');
        return parts.ledger.settle(command);
      },
    });
    await expect(recoverDeadInstances(failing)).rejects.toThrow('too large');
    expect((await entries()).map(({ attempt_id }) => attempt_id)).toEqual(['b', 'c', 'd']);
    expect([...dead]).toEqual(['first']);
    expect(await recoverDeadInstances(parts)).toBe(1);
    expect([...dead]).toEqual([]);
  });

  test('a call that its list shows late is settled before the instance is forgotten', async () => {
    const { dead, parts, hold, entries } = await setUp();
    await hold('a', 5n, 'gone');
    dead.add('gone');
    let looks = 0;
    const late = withLedger(parts, {
      holds: async (instance) => ((looks += 1) === 1 ? [] : parts.ledger.holds(instance)),
    });
    expect(await recoverDeadInstances(late)).toBe(1);
    expect(await entries()).toHaveLength(1);
  });
});

describe('the sweep', () => {
  test('looks again and again, a failing round included, until it is stopped', async () => {
    const { clock, parts, logged } = await setUp();
    let rounds = 0;
    const locks: InstanceLocks = {
      ...parts.locks,
      dead: () => {
        rounds += 1;
        return rounds === 2 ? Promise.reject(new Error('no such directory')) : Promise.resolve([]);
      },
    };
    const stop = sweep({ ...parts, locks }, 1_000);
    for (let second = 1; second <= 3; second++) {
      clock.advance(1_000);
      expect(rounds).toBe(second);
      // The round ends in promises of its own; the timer of the next one says that it has.
      while (clock.pending() === 0) await Promise.resolve();
    }
    expect(logged).toEqual(['warn']);
    stop();
    clock.advance(10_000);
    expect(rounds).toBe(3);
  });
});
