/** What this process has of the limits of a party: requests, tokens, and slots of an instance. */
import {
  exchangeRates,
  type RateExchange,
  type RateLimits,
  type RateShare,
  type ShareDecision,
  type SharedRates,
  type ShareRule,
} from '@tollkeeper/core';
import type { Clock } from '../../../ports/clock.ts';
import type { Item, ItemKey, Write } from '../items/items.ts';
import {
  HOLDERS_PARTITION,
  partyKey,
  ratesOf,
  ratesToItem,
  slotsKey,
  slotsOf,
  slotsToItem,
} from './rate-items.ts';
import { RecentDemand } from './recent-demand.ts';
import type { Exchanged, Holding, ShareTiming } from './share-desk.ts';

export interface TakeCall {
  readonly limits: RateLimits;
  /** The most it can use. */
  readonly tokens: number;
  readonly at: number;
}

/** A call of this party that has ended. */
export interface EndedCall {
  readonly limits: RateLimits;
  readonly charged: number;
  /** As in `FinishRates`. */
  readonly used: number | null | 'none';
  readonly at: number;
}

/** A refusal that is given again for a short while, by party. */
export type Refusals = Map<
  string,
  { readonly call: TakeCall; readonly decision: Refused; readonly until: number }
>;

type Refused = Extract<ShareDecision, { kind: 'refused' }>;

export class PartyHolding implements Holding<TakeCall, ShareDecision> {
  readonly keys: readonly ItemKey[];
  readonly #instanceId: string;
  readonly #party: string;
  readonly #refusals: Refusals;
  readonly #clock: Clock;
  readonly #timing: ShareTiming;
  readonly #sharing: ShareRule;
  readonly #demand: RecentDemand;
  #share: RateShare | null = null;
  #until = 0;
  #suspended = true;
  /** What has come back since the last exchange. */
  #back: Back = NOTHING_BACK;
  /** The last exchange that was seen. */
  #turn = 0;
  /** Admitted calls that have not ended, and those of them that take a slot. */
  #open = 0;
  #running = 0;
  #slots = 0;
  #idle = { tokens: 0, slots: 0 };
  #last: { readonly limits: RateLimits; readonly at: number } = { limits: {}, at: 0 };

  constructor(
    of: { readonly instanceId: string; readonly party: string; readonly refusals: Refusals },
    clock: Clock,
    timing: ShareTiming,
    sharing: ShareRule,
  ) {
    this.keys = [partyKey(of.party), slotsKey(of.instanceId, of.party)];
    this.#instanceId = of.instanceId;
    this.#party = of.party;
    this.#refusals = of.refusals;
    this.#clock = clock;
    this.#timing = timing;
    this.#sharing = sharing;
    this.#demand = new RecentDemand(timing.shareMs);
  }

  get empty(): boolean {
    const { requests, tokens } = this.#back;
    return requests === 0 && tokens === 0 && this.#slots <= this.#running && !this.#hasShare;
  }

  get resting(): boolean {
    return this.empty && this.#open === 0;
  }

  /** Calls that have not ended. */
  get open(): number {
    return this.#open;
  }

  /** So much lies idle here that others may miss it. */
  get pressing(): boolean {
    const { tokens } = this.#back;
    if (tokens < 0 || tokens > this.#idle.tokens) return true;
    return this.#slots - this.#running > this.#idle.slots;
  }

  /** The refusal that would be given again; undefined: it has to be found out. */
  refusal({ limits, tokens, at }: TakeCall): Refused | undefined {
    const refused = this.#refusals.get(this.#party);
    if (refused === undefined || this.#clock.monotonic() >= refused.until) return undefined;
    const { call, decision } = refused;
    const passed = at - call.at;
    const wait = decision.retry_after_ms ?? this.#timing.refusalMs;
    if (tokens < call.tokens || passed < 0 || passed >= wait) return undefined;
    if (!sameLimits(limits, call.limits)) return undefined;
    if (decision.retry_after_ms === null) return decision;
    return { ...decision, retry_after_ms: wait - passed };
  }

  /** What a call would be charged out of the share; undefined: it does not do. */
  charge({ limits, tokens }: TakeCall): number | undefined {
    const share = this.#share;
    if (share === null || this.#suspended || this.#clock.monotonic() >= this.#until) {
      return undefined;
    }
    if (!sameLimits(limits, this.#last.limits)) return undefined;
    const perMinute = limits.tokens_per_minute;
    const charged = perMinute === undefined ? 0 : Math.max(1, Math.min(tokens, perMinute));
    if (limits.requests_per_minute !== undefined && share.requests.left < 1) return undefined;
    if (share.tokens.left < charged) return undefined;
    if (limits.concurrent_requests !== undefined && this.#slots <= this.#running) {
      return undefined;
    }
    return charged;
  }

  local(call: TakeCall): ShareDecision | undefined {
    const charged = this.charge(call);
    const share = this.#share;
    if (charged === undefined || share === null) return undefined;
    this.#demand.add(charged, this.#clock.monotonic());
    const { requests, tokens } = share;
    const fewer = call.limits.requests_per_minute === undefined ? 0 : 1;
    this.#share = {
      from: share.from,
      requests: { taken: requests.taken, left: requests.left - fewer },
      tokens: { taken: tokens.taken, left: tokens.left - charged },
    };
    this.#run(call.limits, 1);
    return { kind: 'admitted', charged };
  }

  /** A call has ended, or is taken back. */
  end({ limits, charged, used, at }: EndedCall): void {
    this.#last = { limits, at: Math.max(at, this.#last.at) };
    this.#run(limits, -1);
    this.#refusals.delete(this.#party);
    const requests = used === 'none' && limits.requests_per_minute !== undefined ? 1 : 0;
    const unused = used === 'none' ? charged : charged - (used ?? charged);
    const tokens = limits.tokens_per_minute === undefined ? 0 : unused;
    const owed = this.#payFromShare(tokens);
    const before = this.#back;
    const first = before.requests === 0 && before.tokens === 0;
    this.#back = {
      requests: before.requests + requests,
      tokens: before.tokens + tokens + owed,
      since: first ? at : Math.min(at, before.since),
      turn: first ? this.#turn : before.turn,
    };
  }

  /** The instance holds no slots any more. */
  endRunning(): void {
    this.#running = 0;
    this.#open = 0;
    this.#slots = 0;
  }

  exchange(
    [party, slots]: readonly (Item | undefined)[],
    calls: readonly TakeCall[],
  ): Exchanged<ShareDecision> {
    const last = calls.at(-1);
    const limits = last?.limits ?? this.#last.limits;
    const now = Math.max(0, ...calls.map(({ at }) => at)) || this.#last.at;
    const monotonic = this.#clock.monotonic();
    const back = this.#back;
    const before = ratesOf(party);
    const heldBefore = slotsOf(slots);
    const result = exchangeRates(
      before,
      {
        limits,
        now,
        returned: { share: this.#share, ...back, slots: heldBefore, running: this.#running },
        calls: calls.map(({ tokens }) => tokens),
        demand: calls.length === 0 ? NO_DEMAND : this.#demandWith(calls, monotonic),
      },
      this.#sharing,
    );
    const taken = this.#hasShare || result.decisions.some(({ kind }) => kind === 'admitted');
    const moved = taken || !this.empty || result.slots !== heldBefore;
    const held = result.slots;
    const also: readonly Write[] = slots === undefined && held > 0 ? [this.#holder()] : [];
    return {
      items: moved
        ? [
            ratesToItem(result.shared, now),
            held === heldBefore ? undefined : slotsToItem(held, now),
          ]
        : [],
      also: moved ? also : [],
      answers: result.decisions,
      done: (until) => {
        this.#last = { limits, at: now };
        const happened = moved ? result : unwritten(result, before);
        this.#settle(happened, calls, { back, until, monotonic, held });
      },
    };
  }

  suspend(): void {
    this.#suspended = true;
  }

  lost(): void {
    this.#share = null;
    // What was owed is kept: it may be owed twice, but is never forgotten.
    this.#back = { ...NOTHING_BACK, tokens: Math.min(0, this.#back.tokens) };
  }

  #settle(
    { shared, decisions, share, idle }: RateExchange,
    calls: readonly TakeCall[],
    at: {
      readonly back: Back;
      readonly until: number;
      readonly monotonic: number;
      readonly held: number;
    },
  ): void {
    this.#share = share;
    this.#until = at.until;
    this.#suspended = false;
    this.#slots = at.held;
    this.#idle = idle;
    // What came back while the exchange was on its way.
    this.#back = {
      ...this.#back,
      requests: this.#back.requests - at.back.requests,
      tokens: this.#back.tokens - at.back.tokens,
    };
    this.#turn = shared.turn;
    this.#refusals.delete(this.#party);
    for (const [index, call] of calls.entries()) {
      const decision = decisions[index];
      this.#demand.add(call.tokens, at.monotonic);
      if (decision?.kind === 'admitted') this.#run(call.limits, 1);
      if (decision?.kind === 'refused') {
        const until = at.monotonic + this.#timing.refusalMs;
        this.#refusals.set(this.#party, { call, decision, until });
      }
    }
  }

  get #hasShare(): boolean {
    return this.#share !== null && this.#share.requests.taken + this.#share.tokens.taken > 0;
  }

  #demandWith(
    calls: readonly TakeCall[],
    at: number,
  ): { readonly calls: number; readonly tokens: number } {
    const lately = this.#demand.lately(at);
    let { tokens } = lately;
    for (const call of calls) tokens += call.tokens;
    return { calls: lately.calls + calls.length, tokens };
  }

  /** Takes what is owed out of the share, as far as it goes; returns how much. */
  #payFromShare(tokens: number): number {
    const share = this.#share;
    if (tokens >= 0 || share === null || this.#suspended) return 0;
    const paid = Math.min(-tokens, share.tokens.left);
    this.#share = {
      ...share,
      tokens: { taken: share.tokens.taken, left: share.tokens.left - paid },
    };
    return paid;
  }

  #run({ concurrent_requests }: RateLimits, change: 1 | -1): void {
    this.#open = Math.max(0, this.#open + change);
    if (concurrent_requests === undefined) return;
    this.#running = Math.max(0, this.#running + change);
  }

  #holder(): Write {
    return { op: 'put', item: { pk: HOLDERS_PARTITION, sk: this.#instanceId, v: 1 } };
  }
}

/** What calls have given back, when the first of them ended, and after which exchange. */
interface Back {
  readonly requests: number;
  readonly tokens: number;
  readonly since: number;
  readonly turn: number;
}

const NOTHING_BACK: Back = { requests: 0, tokens: 0, since: 0, turn: 0 };
const NO_DEMAND = { calls: 0, tokens: 0 };

/** Of an exchange that is not written: its refusals hold, the share it would give was not taken. */
function unwritten(result: RateExchange, before: SharedRates): RateExchange {
  const none = { taken: 0, left: 0 };
  const share = { from: result.share.from, requests: none, tokens: none };
  return { ...result, shared: before, share };
}

function sameLimits(one: RateLimits, other: RateLimits): boolean {
  return (
    one.requests_per_minute === other.requests_per_minute &&
    one.tokens_per_minute === other.tokens_per_minute &&
    one.concurrent_requests === other.concurrent_requests
  );
}
