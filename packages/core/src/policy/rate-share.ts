/**
 * Rate limits in shares: a process takes several requests out of a limit that many processes have
 * in common, and gives them out by itself for a short while. Pure: the caller keeps what is common
 * and what is its own, and names the time.
 *
 * The error has one side. What is in a share has left the bucket, and a bucket never refills beyond
 * what its limit leaves beside the shares that may still be used: so no stretch of time admits
 * more than without shares. What a process has not used yet is what others may be refused for; it
 * comes back with the next exchange, and what a process never brings back lapses.
 */
import type { RateLimits } from '../identity.ts';
import { countRequest, type CountWindow, type WindowDecision } from './count-window.ts';
import type { WindowRule } from './count-window.ts';
import { tryTake, type RateLimitName } from './rate-limit.ts';

/** By which shares are sized. */
export interface ShareRule {
  /** A share is at most this part of what is free: one in so many. 0: nothing is ever shared. */
  readonly parts: number;
}

/** What this process was lately asked for, in about the time that a share lasts. */
export interface ShareDemand {
  readonly calls: number;
  readonly tokens: number;
}

/** What processes have taken in a span of time and not accounted for, in units of the limit. */
export interface Outstanding {
  /** When the span began. */
  readonly from: number;
  readonly amount: number;
}

/**
 * How full a bucket was, with what was out, at an exchange. What a call gives back is brought later
 * than it ended; had it come at once, the bucket might have overflowed since.
 */
export interface Peak {
  readonly turn: number;
  readonly at: number;
  readonly high: number;
}

/** A bucket that processes take shares of. `level` and `at` are those of a bucket without. */
export interface SharedBucket {
  readonly level: number;
  readonly at: number;
  readonly out: readonly Outstanding[];
  /** The highest of late: each is higher than all that follow. */
  readonly peaks: readonly Peak[];
}

/** All that is remembered of a limited party. */
export interface SharedRates {
  readonly requests: SharedBucket | null;
  readonly tokens: SharedBucket | null;
  /** Slots of all processes, whether a call runs in them or not. */
  readonly slots: number;
  /** Exchanges so far. */
  readonly turn: number;
}

/** A party that has not called yet. */
export const NO_SHARED_TRAFFIC: SharedRates = Object.freeze({
  turn: 0,
  requests: null,
  tokens: null,
  slots: 0,
});

/** What a process took of a limit and what of it is left. */
export interface SharePart {
  readonly taken: number;
  readonly left: number;
}

/** What a process may give out by itself. */
export interface RateShare {
  /** Of which span of time it is (`Outstanding.from`). */
  readonly from: number;
  readonly requests: SharePart;
  readonly tokens: SharePart;
}

/** What a process brings to an exchange. */
export interface RateReturn {
  /** Its share, which ends with this; null: it has none. */
  readonly share: RateShare | null;
  /** What calls gave back. Fewer tokens than none: what they used beyond their charge. */
  readonly requests: number;
  readonly tokens: number;
  /** When the first of those calls ended, and the turn of the last exchange before that. */
  readonly since: number;
  readonly turn: number;
  /** Slots that are counted to it, and calls of it that run. */
  readonly slots: number;
  readonly running: number;
}

export interface RateExchange {
  readonly shared: SharedRates;
  /** One for each call, in their order. */
  readonly decisions: readonly ShareDecision[];
  readonly share: RateShare;
  /** Slots that are counted to the process from now on: of its calls, and idle ones. */
  readonly slots: number;
  /** Of each the most that may lie idle at a process now. */
  readonly idle: { readonly tokens: number; readonly slots: number };
}

export type ShareDecision =
  | { readonly kind: 'admitted'; readonly charged: number }
  | {
      readonly kind: 'refused';
      readonly which: RateLimitName;
      readonly retry_after_ms: number | null;
    };

const MINUTE_MS = 60_000;
/** Shares of one span are remembered together. */
const SPAN_MS = 10_000;
/** A share that nobody accounted for counts as one that may still be used for so long. */
const LAPSE_MS = 60_000;
/** By so much clocks of processes may differ. */
const SKEW_MS = 1_000;
const PEAKS_MAX = 4;
/** A share of fewer calls saves nothing. */
const CALLS_WORTH_IT = 2;

/**
 * How many calls to take beside those that wait; 0: none. As many as came lately, and no more than
 * a part of what is free: shares shrink with it, and the last of a limit is not shared at all.
 */
export function shareCalls(recent: number, free: number, { parts }: ShareRule): number {
  if (parts === 0) return 0;
  const calls = Math.min(recent, Math.floor(free / parts));
  return calls < CALLS_WORTH_IT ? 0 : calls;
}

/** What is asked of the limits of one party. */
export interface RateAsk {
  readonly limits: RateLimits;
  readonly now: number;
  readonly returned: RateReturn;
  /** The most tokens of each call that waits. */
  readonly calls: readonly number[];
  readonly demand: ShareDemand;
}

/**
 * Takes what a process brings back, admits the calls that wait for it one by one, each under all
 * limits or none, and gives it a new share.
 */
export function exchangeRates(shared: SharedRates, ask: RateAsk, rule: ShareRule): RateExchange {
  const { limits, now, returned, calls } = ask;
  const { share } = returned;
  const from = Math.floor(now / SPAN_MS) * SPAN_MS;
  const turn = shared.turn + 1;
  const ended = { from: share?.from ?? from, since: returned.since, turn: returned.turn };
  const requests = settle(
    shared.requests,
    limits.requests_per_minute,
    { now, turn },
    { ...ended, part: share?.requests, back: returned.requests },
  );
  const tokens = settle(
    shared.tokens,
    limits.tokens_per_minute,
    { now, turn },
    { ...ended, part: share?.tokens, back: returned.tokens },
  );
  const others = Math.max(0, shared.slots - returned.slots);
  let state = { requests, tokens, running: others + returned.running };
  const decisions: ShareDecision[] = [];
  for (const most of calls) {
    const decision = tryTake(state, limits, now, most);
    if (decision.kind === 'refused') {
      decisions.push(decision);
      continue;
    }
    state = {
      requests: levelled(state.requests, decision.state.requests),
      tokens: levelled(state.tokens, decision.state.tokens),
      running: state.running + (limits.concurrent_requests === undefined ? 0 : 1),
    };
    decisions.push({ kind: 'admitted', charged: decision.charged });
  }
  const running = state.running - others;
  const extra = extraOf(state, ask, rule);
  const slotsFree = slotsLeft(limits, state.running);
  const idleSlots = Math.min(shareCalls(ask.demand.calls, slotsFree, rule), slotsFree);
  return {
    shared: {
      requests: taken(state.requests, from, extra.requests),
      tokens: taken(state.tokens, from, extra.tokens),
      slots: state.running + idleSlots,
      turn,
    },
    decisions,
    share: { from, requests: whole(extra.requests), tokens: whole(extra.tokens) },
    slots: running + idleSlots,
    idle: {
      tokens: partOf(unitsOf(state.tokens), rule),
      slots: partOf(slotsFree, rule),
    },
  };
}

/** How many of the calls fit beside those that were admitted, in each unit. */
function extraOf(
  { requests, tokens }: Pick<SharedRates, 'requests' | 'tokens'>,
  { demand }: RateAsk,
  rule: ShareRule,
): { readonly requests: number; readonly tokens: number } {
  const each = Math.max(1, Math.ceil(demand.tokens / Math.max(1, demand.calls)));
  let calls = demand.calls;
  if (requests !== null) calls = shareCalls(calls, unitsOf(requests), rule);
  if (tokens !== null) calls = shareCalls(calls, Math.floor(unitsOf(tokens) / each), rule);
  if (requests === null && tokens === null) return { requests: 0, tokens: 0 };
  return {
    requests: requests === null ? 0 : calls,
    tokens: tokens === null ? 0 : calls * each,
  };
}

function slotsLeft({ concurrent_requests }: RateLimits, running: number): number {
  return concurrent_requests === undefined ? 0 : Math.max(0, concurrent_requests - running);
}

/** Refills a bucket, then ends a share of it and adds what comes back. */
function settle(
  bucket: SharedBucket | null,
  perMinute: number | undefined,
  { now, turn }: { readonly now: number; readonly turn: number },
  ended: {
    readonly from: number;
    readonly part: SharePart | undefined;
    readonly back: number;
    readonly since: number;
    readonly turn: number;
  },
): SharedBucket | null {
  if (perMinute === undefined) return null;
  const full = perMinute * MINUTE_MS;
  // The clock was set back, as in a bucket without shares: it begins anew.
  if (bucket === null || bucket.at - now > MINUTE_MS) {
    return { level: full, at: now, out: [], peaks: [{ turn, at: now, high: full }] };
  }
  const elapsed = Math.max(0, now - bucket.at);
  // By what was out until now: of a share that ends it is not known when it was used.
  const room = roomOf(full, bucket.out);
  const refilled = Math.min(room, bucket.level + elapsed * perMinute);
  const high = full - room + refilled;
  const out = accounted(bucket.out, ended.from, ended.part?.taken ?? 0, now);
  const back = Math.min(ended.back * MINUTE_MS, full - highest(bucket.peaks, ended, high));
  const level = refilled + (ended.part?.left ?? 0) * MINUTE_MS + back;
  return {
    level: Math.min(roomOf(full, out), level),
    at: bucket.at + elapsed,
    out,
    peaks: peaksWith(bucket.peaks, { turn, at: now, high }),
  };
}

/** How full it was at most since calls ended that give back now. */
function highest(
  peaks: readonly Peak[],
  { since, turn }: { readonly since: number; readonly turn: number },
  now: number,
): number {
  let high = now;
  for (const peak of peaks) {
    if (peak.turn > turn && peak.at >= since - SKEW_MS) high = Math.max(high, peak.high);
  }
  return high;
}

function peaksWith(peaks: readonly Peak[], next: Peak): readonly Peak[] {
  const kept = [...peaks.filter(({ high }) => high > next.high), next];
  const [first, second, ...rest] = kept;
  if (kept.length <= PEAKS_MAX || first === undefined || second === undefined) return kept;
  return [{ ...second, high: first.high }, ...rest];
}

/** What a bucket may have in it beside what is out. */
function roomOf(full: number, out: readonly Outstanding[]): number {
  let room = full;
  for (const { amount } of out) room -= amount * MINUTE_MS;
  return Math.max(0, room);
}

function accounted(
  out: readonly Outstanding[],
  from: number,
  amount: number,
  now: number,
): readonly Outstanding[] {
  return out
    .map((span) => (span.from === from ? { from, amount: span.amount - amount } : span))
    .filter((span) => span.amount > 0 && now - span.from < SPAN_MS + LAPSE_MS);
}

/** A bucket after a call was admitted from it. */
function levelled(
  bucket: SharedBucket | null,
  after: { readonly level: number } | null,
): SharedBucket | null {
  return bucket === null || after === null ? null : { ...bucket, level: after.level };
}

function taken(bucket: SharedBucket | null, from: number, amount: number): SharedBucket | null {
  if (bucket === null || amount === 0) return bucket;
  const before = bucket.out.find((span) => span.from === from)?.amount ?? 0;
  const out = bucket.out.filter((span) => span.from !== from);
  out.push({ from, amount: before + amount });
  return { ...bucket, level: bucket.level - amount * MINUTE_MS, out };
}

const whole = (amount: number): SharePart => ({ taken: amount, left: amount });
const unitsOf = (bucket: SharedBucket | null): number =>
  bucket === null ? 0 : Math.max(0, Math.floor(bucket.level / MINUTE_MS));
const partOf = (free: number, { parts }: ShareRule): number =>
  parts === 0 ? 0 : Math.floor(free / parts);

/** What a process may count by itself of a window. Its window has counted it already. */
export interface WindowShare {
  readonly began: number;
  readonly ends_at: number;
  readonly left: number;
  /** What the window had left beside it, when it was taken. */
  readonly elsewhere: number;
}

export interface WindowExchange {
  /** Null: there was none, and nobody asked for one. */
  readonly window: CountWindow | null;
  readonly decisions: readonly Omit<WindowDecision, 'window'>[];
  readonly share: WindowShare | null;
}

/**
 * The same of a window of requests: ends the share of a process, counts the requests that wait,
 * each at its own time, and gives it a new share. A share of a window that has ended is gone.
 */
export function exchangeWindow(
  before: CountWindow | null,
  rule: WindowRule,
  returned: WindowShare | null,
  ask: { readonly times: readonly number[]; readonly recent: number },
  sharing: ShareRule,
): WindowExchange {
  let window = before;
  if (window !== null && returned !== null && window.began === returned.began) {
    window = { began: window.began, count: window.count - returned.left };
  }
  const decisions: Omit<WindowDecision, 'window'>[] = [];
  let last: WindowDecision | undefined;
  for (const at of ask.times) {
    last = countRequest(window, rule, at);
    window = last.window;
    decisions.push({ admitted: last.admitted, remaining: last.remaining, ends_at: last.ends_at });
  }
  if (last === undefined || window === null) return { window, decisions, share: null };
  const left = shareCalls(ask.recent, last.remaining, sharing);
  const share = {
    ...{ began: window.began, ends_at: last.ends_at, left, elsewhere: last.remaining - left },
  };
  const counted = { began: window.began, count: window.count + left };
  return { window: counted, decisions, share: left === 0 ? null : share };
}
