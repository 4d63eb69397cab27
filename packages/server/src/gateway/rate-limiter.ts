/**
 * The rate limits of this process: one state per key, application and organization that has limits.
 */
import {
  finish,
  NO_TRAFFIC,
  takeBack,
  tryTake,
  type RateLimits,
  type RateState,
} from '@tollkeeper/core';
import type { Caller } from '../credentials/authority.ts';
import type { Clock } from '../ports/clock.ts';

/** A party whose limits apply: its name in the message, its id, its limits. */
interface Party {
  readonly level: 'API key' | 'application' | 'organization';
  readonly id: string;
  readonly limits: RateLimits;
}

interface Taken {
  readonly party: Party;
  readonly charged: number;
}

export type RateDecision =
  | {
      readonly kind: 'admitted';
      /** The call has ended; null: what it used is not known. */
      finish(tokensUsed: number | null): void;
      /** The call was turned away elsewhere: nothing was taken. */
      takeBack(): void;
    }
  | { readonly kind: 'refused'; readonly message: string; readonly retryAfterSeconds: number };

const UNLIMITED: RateDecision = {
  kind: 'admitted',
  finish: () => undefined,
  takeBack: () => undefined,
};

/** States kept before those of parties at rest are dropped. */
const STATES_MAX = 100_000;

export class RateLimiter {
  readonly #clock: Clock;
  readonly #states = new Map<string, RateState>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one request of at most `tokens` tokens under every limit of the caller, all or none. */
  take(caller: Caller, tokens: number): RateDecision {
    const parties = partiesOf(caller);
    if (parties.length === 0) return UNLIMITED;
    const now = this.#clock.monotonic();
    const decisions = parties.map((party) => ({
      party,
      decision: tryTake(this.#stateOf(party), party.limits, now, tokens),
    }));
    for (const { party, decision } of decisions) {
      if (decision.kind !== 'refused') continue;
      return refusal(party, decision.which, decision.retry_after_ms);
    }
    const taken: Taken[] = [];
    for (const { party, decision } of decisions) {
      if (decision.kind !== 'admitted') continue;
      this.#states.set(party.id, decision.state);
      taken.push({ party, charged: decision.charged });
    }
    return {
      kind: 'admitted',
      finish: (used) => {
        this.#change(taken, (state, { party, charged }, now) =>
          finish(state, party.limits, now, charged, used),
        );
      },
      takeBack: () => {
        this.#change(taken, (state, { party, charged }, now) =>
          takeBack(state, party.limits, now, charged),
        );
      },
    };
  }

  #stateOf(party: Party): RateState {
    if (this.#states.size > STATES_MAX) this.#forgetResting();
    return this.#states.get(party.id) ?? NO_TRAFFIC;
  }

  #change(
    taken: readonly Taken[],
    change: (state: RateState, given: Taken, now: number) => RateState,
  ): void {
    const now = this.#clock.monotonic();
    for (const given of taken) {
      const state = this.#states.get(given.party.id);
      if (state !== undefined) this.#states.set(given.party.id, change(state, given, now));
    }
  }

  #forgetResting(): void {
    for (const [id, state] of this.#states) if (state.running === 0) this.#states.delete(id);
  }
}

function partiesOf({ principal, rateLimits }: Caller): readonly Party[] {
  const parties: Party[] = [];
  const add = (level: Party['level'], id: string, limits: RateLimits): void => {
    for (const limit of Object.values(limits) as readonly (number | undefined)[]) {
      if (limit === undefined) continue;
      parties.push({ level, id: `${level}:${id}`, limits });
      return;
    }
  };
  add('API key', principal.key_id, rateLimits.key);
  add('application', `${principal.org_id}/${principal.app_id}`, rateLimits.application);
  add('organization', principal.org_id, rateLimits.organization);
  return parties;
}

function refusal(party: Party, which: keyof RateLimits, waitMs: number | null): RateDecision {
  const limit = party.limits[which];
  const unit = which.replaceAll('_', ' ');
  const retryAfterSeconds = Math.max(1, Math.ceil((waitMs ?? 1_000) / 1_000));
  const message =
    `The ${party.level} has reached its limit of ${limit} ${unit}. ` +
    `Try again in ${retryAfterSeconds} s.`;
  return { kind: 'refused', message, retryAfterSeconds };
}
