/** Group commit over a table in memory, with time that passes as fast as it is waited for. */
import { idOfKey } from '../../../src/adapters/dynamodb/items/known-items.ts';
import type { Lanes, News } from '../../../src/adapters/dynamodb/groups/lanes.ts';
import { laneKey } from '../../../src/adapters/dynamodb/groups/lanes.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Ids } from '../../../src/ports/ids.ts';
import {
  GROUP_BOUNDS,
  type GroupBounds,
  GroupCommit,
  type ItemKey,
  type Items,
  PATIENCE,
} from '../../../src/adapters/dynamodb/index.ts';

/** Numbers that look random, the same for a seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A clock whose timers fire as soon as nothing else is to do. */
export function hastyClock(): Clock {
  let passed = 0;
  return {
    now: () => 1_800_000_000_000 + passed,
    monotonic: () => passed,
    after: (ms, then) => {
      const timer = setImmediate(() => {
        passed += ms;
        then();
      });
      return { cancel: () => clearImmediate(timer) };
    },
  };
}

/** Ids that count, their last digits spread as those of real ones. */
export function countingIds(random: () => number): Ids {
  let count = 0;
  return {
    uuid: () => {
      count += 1;
      const last = Math.floor(random() * 2 ** 40) * 256 + (count % 256);
      return `00000000-0000-7000-8000-${last.toString(16).padStart(12, '0')}`;
    },
    secret: (bytes) => new Uint8Array(bytes),
  };
}

/** Lanes of instances that a test has put into the table itself. */
export class KnownLanes implements Lanes {
  readonly count: number;
  readonly epochs = new Map<string, number>();
  readonly lostOnes: string[] = [];

  constructor(count: number) {
    this.count = count;
  }

  async open(instanceId: string): Promise<number | undefined> {
    return this.epochs.get(instanceId);
  }

  lost(instanceId: string): void {
    this.lostOnes.push(instanceId);
    this.epochs.delete(instanceId);
  }

  /** Puts an instance into the table and lets it act under epoch 1. */
  async admit(items: Items, instanceId: string): Promise<void> {
    this.epochs.set(instanceId, 1);
    await items.writeEach(
      Array.from({ length: this.count }, (_, lane) => ({
        op: 'put',
        item: { ...laneKey(instanceId, lane), v: 1, epoch: 1 },
      })),
    );
  }
}

/** Definitions that are known up to a number. */
export class NumberedNews implements News {
  revision = 0;
  readonly caughtUp: number[] = [];

  known(): number {
    return this.revision;
  }

  async catchUp(revision: number): Promise<void> {
    this.caughtUp.push(revision);
    await Promise.resolve();
    this.revision = Math.max(this.revision, revision);
  }
}

export interface Rig {
  readonly transactions: GroupCommit;
  readonly lanes: KnownLanes;
  readonly news: NumberedNews;
  readonly clock: Clock;
}

export function rigOf(items: Items, random: () => number, bounds: Partial<GroupBounds> = {}): Rig {
  const lanes = new KnownLanes(2);
  const news = new NumberedNews();
  const clock = hastyClock();
  const transactions = new GroupCommit({
    items,
    clock,
    ids: countingIds(random),
    random,
    lanes,
    news,
    patience: PATIENCE,
    bounds: { ...GROUP_BOUNDS, ...bounds },
  });
  return { transactions, lanes, news, clock };
}

/** The text of a key, as locks and caches have it. */
export const idOf = (key: ItemKey): string => idOfKey(key);
