/**
 * How rates lie in the table. Windows and buckets are items of their own that processes take shares
 * of; slots are also kept by instance, so that those of a dead one can be freed. What is at rest
 * expires; what holds slots does not.
 */
import { createHash } from 'node:crypto';
import {
  NO_SHARED_TRAFFIC,
  type CountWindow,
  type SharedBucket,
  type SharedRates,
} from '@tollkeeper/core';
import type { Item, ItemKey, ItemValue } from '../items/items.ts';
import type { Attributes } from '../groups/transactions.ts';

/** Longer names are kept as their hash: a partition key has at most 2,048 bytes. */
const NAME_BYTES_MAX = 512;
/** So long after it counts for nothing an item is kept, whatever clocks say. */
const SLACK_S = 3_600;
const DAY_S = 86_400;

/** The window of a key. */
export const windowKey = (key: string): ItemKey => ({ pk: `RW#${nameOf(key)}`, sk: 'W' });
/** The buckets of a party, and its slots of all instances. */
export const partyKey = (party: string): ItemKey => ({ pk: `RP#${nameOf(party)}`, sk: 'P' });
/** The slots of a party that are counted to an instance. */
export const slotsKey = (instanceId: string, party: string): ItemKey => ({
  pk: slotsPartition(instanceId),
  sk: nameOf(party),
});
export const slotsPartition = (instanceId: string): string => `RI#${instanceId}`;
/** Instances that may hold slots. */
export const HOLDERS_PARTITION = 'RATEHOLDERS';

/** The party of an item of `slotsKey`. */
export const partyOfSlots = ({ sk }: Item): ItemKey => ({ pk: `RP#${sk}`, sk: 'P' });

export function windowToItem(window: CountWindow, endsAt: number): Attributes {
  return { ...window, ttl: Math.ceil(endsAt / 1_000) + SLACK_S };
}

export function windowOf(item: Item | undefined): CountWindow | null {
  if (item === undefined) return null;
  return { began: Number(item.began), count: Number(item.count) };
}

export function ratesToItem(rates: SharedRates, now: number): Attributes {
  const { requests, tokens, slots, turn } = rates;
  const all = { requests: bucketToValue(requests), tokens: bucketToValue(tokens), slots, turn };
  return slots > 0 ? all : { ...all, ttl: atRest(now) };
}

export function ratesOf(item: Item | undefined): SharedRates {
  if (item === undefined) return NO_SHARED_TRAFFIC;
  return {
    requests: bucketOf(item.requests),
    tokens: bucketOf(item.tokens),
    slots: Number(item.slots),
    turn: Number(item.turn),
  };
}

export function slotsToItem(slots: number, now: number): Attributes {
  return slots > 0 ? { slots } : { slots, ttl: atRest(now) };
}

export const slotsOf = (item: Item | undefined): number => Number(item?.slots ?? 0);

/** After a day every bucket is full again, whatever was owed. */
const atRest = (now: number): number => Math.ceil(now / 1_000) + DAY_S;

function bucketToValue(bucket: SharedBucket | null): ItemValue {
  if (bucket === null) return null;
  const out = bucket.out.map(({ from, amount }) => [from, amount]);
  const peaks = bucket.peaks.map(({ turn, at, high }) => [turn, at, high]);
  return { level: bucket.level, at: bucket.at, out, peaks };
}

function bucketOf(value: ItemValue | undefined): SharedBucket | null {
  if (value === undefined || value === null || typeof value !== 'object' || !('level' in value)) {
    return null;
  }
  const out = rowsOf(value.out).map(([from = 0, amount = 0]) => ({ from, amount }));
  const peaks = rowsOf(value.peaks).map(([turn = 0, at = 0, high = 0]) => ({ turn, at, high }));
  return { level: Number(value.level), at: Number(value.at), out, peaks };
}

const rowsOf = (value: ItemValue | undefined): readonly (readonly number[])[] =>
  value as readonly (readonly number[])[];

function nameOf(name: string): string {
  if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return name;
  return `#${createHash('sha256').update(name).digest('hex')}`;
}
