/**
 * Rate limits as token buckets: pure functions over a state that the caller keeps and a time that
 * the caller names. One state belongs to one limited party (a key, an application, an
 * organization).
 *
 * A bucket holds at most one minute of its limit and starts full, so no stretch of time of any
 * length `t` admits more than `limit + limit * t`. Requests cost one each. Tokens are charged at
 * admission with what the request can use at most, and `finish` puts back what it did not use (or
 * takes what it used beyond). A request larger than the whole bucket is charged a whole bucket, so
 * that it is served when nothing else was, rather than never.
 */
import type { RateLimits } from '../identity.ts';

/** A limit that stood in the way. */
export type RateLimitName = keyof RateLimits;

/**
 * What is in a bucket, in sixty-thousandths of its unit, so that a limit per minute refills by
 * whole numbers.
 */
interface Bucket {
  readonly level: number;
  /** When `level` was true, in the caller's milliseconds. */
  readonly at: number;
}

/** All that is remembered of a limited party. */
export interface RateState {
  readonly requests: Bucket | null;
  readonly tokens: Bucket | null;
  /** Admitted and not finished. */
  readonly running: number;
}

export type RateDecision =
  | {
      readonly kind: 'admitted';
      readonly state: RateState;
      /** Tokens charged; `finish` wants to know. */
      readonly charged: number;
    }
  | {
      readonly kind: 'refused';
      /** The limit with the longest wait. */
      readonly which: RateLimitName;
      /** After how long it would fit if nothing else came; null when time alone does not help. */
      readonly retry_after_ms: number | null;
    };

/** A party that has not called yet. */
export const NO_TRAFFIC: RateState = Object.freeze({ requests: null, tokens: null, running: 0 });

const MINUTE_MS = 60_000;

/**
 * Admits one request of at most `tokens` tokens under every limit, or under none: a refusal takes
 * nothing. `now` is in milliseconds of any clock. While it is behind what it was, nothing refills;
 * where it is more than a minute behind, it has been set back, and buckets begin anew.
 */
export function tryTake(
  state: RateState,
  limits: RateLimits,
  now: number,
  tokens: number,
): RateDecision {
  const perMinute = limits.tokens_per_minute;
  const charged = perMinute === undefined ? 0 : Math.max(1, Math.min(tokens, perMinute));
  const requests = take(state.requests, limits.requests_per_minute, now, 1);
  const taken = take(state.tokens, perMinute, now, charged);
  const slots = limits.concurrent_requests ?? Number.POSITIVE_INFINITY;

  const waits: readonly (readonly [RateLimitName, number])[] = [
    ['requests_per_minute', requests.wait],
    ['tokens_per_minute', taken.wait],
    ['concurrent_requests', state.running < slots ? 0 : Number.POSITIVE_INFINITY],
  ];
  const [which, wait] = waits.reduce((longest, next) => (next[1] > longest[1] ? next : longest));
  if (wait > 0) {
    return { kind: 'refused', which, retry_after_ms: Number.isFinite(wait) ? wait : null };
  }
  const next = { requests: requests.bucket, tokens: taken.bucket, running: state.running + 1 };
  return { kind: 'admitted', state: next, charged };
}

/** A limited party and what is remembered of it. */
export interface LimitedParty {
  readonly state: RateState;
  readonly limits: RateLimits;
}

export type JointDecision =
  | {
      readonly kind: 'admitted';
      /** The new state of each party and what it was charged, in the order of the parties. */
      readonly taken: readonly { readonly state: RateState; readonly charged: number }[];
    }
  | {
      readonly kind: 'refused';
      /** Index of the first party that refuses. */
      readonly party: number;
      readonly which: RateLimitName;
      readonly retry_after_ms: number | null;
    };

/** `tryTake` of the same request from every party, all or none. */
export function tryTakeJointly(
  parties: readonly LimitedParty[],
  now: number,
  tokens: number,
): JointDecision {
  const taken: { state: RateState; charged: number }[] = [];
  for (const [party, { state, limits }] of parties.entries()) {
    const decision = tryTake(state, limits, now, tokens);
    if (decision.kind === 'refused') return { ...decision, party };
    taken.push({ state: decision.state, charged: decision.charged });
  }
  return { kind: 'admitted', taken };
}

/**
 * Ends an admitted request: frees its slot and corrects its charge to the tokens it really used
 * (null: not known, the charge stands). What is put back never fills a bucket beyond its limit; a
 * request that used more than it was charged leaves a debt that refills first.
 */
export function finish(
  state: RateState,
  limits: RateLimits,
  now: number,
  charged: number,
  used: number | null,
): RateState {
  const running = Math.max(0, state.running - 1);
  const perMinute = limits.tokens_per_minute;
  if (perMinute === undefined || used === null) return { ...state, running };
  const bucket = refill(state.tokens, perMinute, now);
  const level = Math.min(perMinute * MINUTE_MS, bucket.level + (charged - used) * MINUTE_MS);
  return { ...state, running, tokens: { level, at: bucket.at } };
}

/**
 * Takes an admitted request back whole, as if it had not come: it was turned away elsewhere before
 * it did anything. Frees its slot and puts back the request and its charge.
 */
export function takeBack(
  state: RateState,
  limits: RateLimits,
  now: number,
  charged: number,
): RateState {
  const { requests, ...rest } = finish(state, limits, now, charged, 0);
  const perMinute = limits.requests_per_minute;
  if (perMinute === undefined) return { requests, ...rest };
  const { level, at } = refill(requests, perMinute, now);
  return { ...rest, requests: { level: Math.min(perMinute * MINUTE_MS, level + MINUTE_MS), at } };
}

/** The bucket after taking, and how long to wait first (0: it was there; infinite: never). */
function take(
  before: Bucket | null,
  perMinute: number | undefined,
  now: number,
  quantity: number,
): { readonly bucket: Bucket | null; readonly wait: number } {
  if (perMinute === undefined) return { bucket: null, wait: 0 };
  const { level, at } = refill(before, perMinute, now);
  const left = level - quantity * MINUTE_MS;
  return { bucket: { level: left, at }, wait: left < 0 ? Math.ceil(-left / perMinute) : 0 };
}

function refill(bucket: Bucket | null, perMinute: number, now: number): Bucket {
  const full = perMinute * MINUTE_MS;
  if (bucket === null) return { level: full, at: now };
  // So far back is no jitter between processes: the clock was set back. Nobody is kept out until it
  // has caught up; the bucket begins anew.
  if (bucket.at - now > MINUTE_MS) return { level: full, at: now };
  const elapsed = Math.max(0, now - bucket.at);
  return { level: Math.min(full, bucket.level + elapsed * perMinute), at: bucket.at + elapsed };
}
