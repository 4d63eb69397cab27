/**
 * What an hour of provisioned capacity costs whom. Capacity is paid by the hour whether it is used
 * or not: its hours go to a pool. Hours in which something was used are split by how much everybody
 * used in the whole month; the others are idle, a line of their own. The parts sum to the hours
 * times the price, to the last pico-dollar.
 */
import type { PicoUsd } from '../money/pico.ts';

const HOUR_MS = 3_600_000;

/** What a model unit costs an hour, from a moment on until the next price. */
export interface UnitHourPrice {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly price: PicoUsd;
}

/** Capacity, and the time in which it was paid for. */
export interface PoolCapacity {
  readonly units: number;
  readonly created_at: number;
  /** Null: it is still there. */
  readonly deleted_at: number | null;
  /** In order of `from`; each hour has the price in force when it begins. */
  readonly prices: readonly UnitHourPrice[];
}

/** What one party used of the capacity in one clock hour. */
export interface PoolUse {
  /** Names the party. */
  readonly party: string;
  /** When the hour begins, in milliseconds since the epoch. */
  readonly hour: number;
  /** Tokens of all classes. */
  readonly tokens: number;
  readonly requests: number;
  /** Requests whose use is not known. */
  readonly unknown: number;
}

/** A stretch of time: `to` is exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What one party is charged, and why: `weight` of the `weight` of all. */
export interface PoolShare {
  readonly party: string;
  readonly tokens: number;
  readonly requests: number;
  readonly unknown: number;
  readonly weight: number;
  /** Null: some hour has no price. */
  readonly cost: PicoUsd | null;
}

/** Hours that have one price; null: none. */
export interface PricedHours {
  readonly price: PicoUsd | null;
  readonly hours: number;
}

/** A pool, taken apart. */
export interface PoolSplit {
  readonly hours: number;
  readonly used_hours: number;
  readonly idle_hours: number;
  readonly priced_hours: readonly PricedHours[];
  /** Of all hours; null: some hour has no price. It is `used_cost` + `idle_cost`. */
  readonly cost: PicoUsd | null;
  /** What the shares sum to. */
  readonly used_cost: PicoUsd | null;
  readonly idle_cost: PicoUsd | null;
  /** What shares are measured by: requests where nothing used has tokens. */
  readonly basis: 'tokens' | 'requests';
  /** Of everybody, in the basis. */
  readonly weight: number;
  /** In order of party. */
  readonly shares: readonly PoolShare[];
}

/**
 * Splits what capacity cost in a span (a month, in whole UTC clock hours) by its use, as far as
 * `now`. Every clock hour in which the capacity existed counts whole.
 */
export function splitPool(
  capacity: PoolCapacity,
  span: Span,
  now: number,
  uses: readonly PoolUse[],
): PoolSplit {
  const paid = paidHours(capacity, span, now);
  const sums = sumByParty(uses);
  const counts = (what: 'tokens' | 'requests'): boolean => sums.some((sum) => sum[what] > 0);
  const basis = !counts('tokens') && counts('requests') ? 'requests' : 'tokens';
  // Corrections can take back more than there is.
  const weights = sums.map((sum) => Math.max(0, sum[basis]));
  const weight = weights.reduce((sum, each) => sum + each, 0);
  // When all that was used was taken back, nothing was: then every hour is idle.
  const counted = weight === 0 ? [] : uses.filter((use) => use[basis] > 0);
  const usedHours = new Set(counted.map(({ hour }) => hour));
  const used = paid.filter(({ hour }) => usedHours.has(hour));
  const idle = paid.filter(({ hour }) => !usedHours.has(hour));
  const known = paid.every(({ price }) => price !== null);
  const used_cost = known ? costOf(used, capacity.units) : null;
  const idle_cost = known ? costOf(idle, capacity.units) : null;
  const costs = used_cost === null ? null : apportion(used_cost, weights);
  return {
    hours: paid.length,
    used_hours: used.length,
    idle_hours: idle.length,
    priced_hours: byPrice(paid),
    cost: used_cost === null || idle_cost === null ? null : used_cost + idle_cost,
    used_cost,
    idle_cost,
    basis,
    weight,
    shares: sums.map((sum, at) => {
      return { ...sum, weight: weights[at] ?? 0, cost: costs?.[at] ?? null };
    }),
  };
}

interface PaidHour {
  readonly hour: number;
  readonly price: PicoUsd | null;
}

/** The clock hours of a span in which the capacity existed, as far as they have begun. */
function paidHours(capacity: PoolCapacity, span: Span, now: number): readonly PaidHour[] {
  const { created_at, deleted_at, prices } = capacity;
  const first = Math.max(span.from, Math.floor(created_at / HOUR_MS) * HOUR_MS);
  const end = Math.min(span.to, now + 1, deleted_at ?? Infinity);
  const paid: PaidHour[] = [];
  for (let hour = first; hour < end; hour += HOUR_MS) {
    const price = prices.findLast(({ from }) => from <= hour)?.price ?? null;
    paid.push({ hour, price });
  }
  return paid;
}

function costOf(hours: readonly PaidHour[], units: number): PicoUsd {
  return hours.reduce((sum, { price }) => sum + (price ?? 0n) * BigInt(units), 0n);
}

function byPrice(paid: readonly PaidHour[]): readonly PricedHours[] {
  const counts = new Map<PicoUsd | null, number>();
  for (const { price } of paid) counts.set(price, (counts.get(price) ?? 0) + 1);
  return [...counts].map(([price, hours]) => ({ price, hours }));
}

type Sum = Omit<PoolShare, 'weight' | 'cost'>;

function sumByParty(uses: readonly PoolUse[]): readonly Sum[] {
  const sums = new Map<string, Sum>();
  for (const { party, tokens, requests, unknown } of uses) {
    const before = sums.get(party) ?? { party, tokens: 0, requests: 0, unknown: 0 };
    sums.set(party, {
      party,
      tokens: before.tokens + tokens,
      requests: before.requests + requests,
      unknown: before.unknown + unknown,
    });
  }
  return [...sums.values()].toSorted((one, other) => (one.party < other.party ? -1 : 1));
}

/**
 * An amount in parts by weight that sum to it exactly: each is rounded down, and the pico-dollars
 * that are left over go one each to the parts that lost most by it, the earlier of equals first
 * (largest remainders). No part is a whole pico-dollar off. Weights are whole and not below zero;
 * when none is above it, nobody pays.
 */
export function apportion(amount: PicoUsd, weights: readonly number[]): readonly PicoUsd[] {
  const exact = weights.map(BigInt);
  const total = exact.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) return weights.map(() => 0n);
  const parts = exact.map((weight) => (amount * weight) / total);
  const left = Number(amount - parts.reduce((sum, part) => sum + part, 0n));
  const byRemainder = exact
    .map((weight, at) => ({ at, remainder: (amount * weight) % total }))
    .toSorted((one, other) =>
      one.remainder === other.remainder
        ? one.at - other.at
        : one.remainder < other.remainder
          ? 1
          : -1,
    );
  const favoured = new Set(byRemainder.slice(0, left).map(({ at }) => at));
  return parts.map((part, at) => (favoured.has(at) ? part + 1n : part));
}
