/**
 * The item of an instance among all of them: whether it is alive, by a heartbeat that is the
 * version of the item itself, and what it has.
 */
import type { Item, ItemKey, Items, Write } from '../items/items.ts';
import { allItems } from '../items/item-pages.ts';
import { INSTANCE_SHARDS, instanceKey, instancesPartition } from '../items/keys.ts';
import { laneKey } from '../groups/lanes.ts';

/**
 * `alive` until somebody fences it; `fenced` until what it intended is settled and its leases are
 * ended; then `recovered`, for good.
 */
export type InstanceState = 'alive' | 'fenced' | 'recovered';

export interface Head {
  /** The name under which it acts: never used again once it is fenced. */
  readonly name: string;
  /** Whose name it is: the instance itself, or one that went on under another name. */
  readonly of: string;
  readonly state: InstanceState;
  readonly epoch: number;
  /** How many lanes it has. */
  readonly lanes: number;
  /** Raised by every heartbeat. */
  readonly v: number;
  /** When it was written last, by the clock of who wrote it: for people, it decides nothing. */
  readonly at: number | null;
}

/** An instance that was dealt with stays known for so long. */
const RECOVERED_TTL_S = 7 * 86_400;

export function headOf(item: Item): Head {
  const { state } = item;
  return {
    name: item.sk,
    of: typeof item.of === 'string' ? item.of : item.sk,
    state: state === 'fenced' || state === 'recovered' ? state : 'alive',
    epoch: Number(item.epoch),
    lanes: Number(item.lanes),
    v: item.v,
    at: typeof item.at === 'number' ? item.at : null,
  };
}

/** Everybody that is registered. */
export async function allHeads(items: Items): Promise<readonly Head[]> {
  const shards = await Promise.all(
    Array.from({ length: INSTANCE_SHARDS }, (_, shard) =>
      allItems(items, { pk: instancesPartition(shard) }),
    ),
  );
  return shards.flat().map(headOf);
}

/** Registers an instance that nobody knows, which has to know budgets up to a revision. */
export function registering(
  { name, of, lanes }: Pick<Head, 'name' | 'of' | 'lanes'>,
  mustKnow: number,
  at: number,
): Write[] {
  const absent = { kind: 'absent' } as const;
  const head = { ...instanceKey(name), v: 1, state: 'alive', epoch: 1, lanes, of, at };
  return [
    { op: 'put', item: head, condition: absent },
    ...lanesOf(name, lanes).map((key): Write => ({
      op: 'put',
      item: { ...key, v: 1, epoch: 1, must_know: mustKnow },
      condition: absent,
    })),
  ];
}

/** The head as it is written next, on condition that it is as it was read. */
export function headWrite(head: Head, state: InstanceState, at: number): Write {
  const { name, of, lanes, v } = head;
  const epoch = head.epoch + (head.state === 'alive' && state !== 'alive' ? 1 : 0);
  const ends = state === 'recovered' ? { ttl: ttlAt(at) } : {};
  return {
    op: 'put',
    item: { ...instanceKey(name), v: v + 1, state, epoch, lanes, of, at, ...ends },
    condition: { kind: 'version', v },
  };
}

/** A lane that is fenced from now on. Without the lane: it must not come. */
export function fencedLane(key: ItemKey, lane: Item | undefined, at: number): Write {
  if (lane === undefined) return { op: 'check', key, condition: { kind: 'absent' } };
  const epoch = Number(lane.epoch) + 1;
  return {
    op: 'put',
    item: { ...lane, v: lane.v + 1, epoch, fenced: true, ttl: ttlAt(at) },
    condition: { kind: 'version', v: lane.v },
  };
}

/** The keys of the lanes of an instance. */
export function lanesOf(name: string, count: number): ItemKey[] {
  return Array.from({ length: count }, (_, lane) => laneKey(name, lane));
}

const ttlAt = (at: number): number => Math.ceil(at / 1_000) + RECOVERED_TTL_S;
