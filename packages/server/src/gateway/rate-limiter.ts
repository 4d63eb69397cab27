/**
 * Rate limits of calls: those of the key, the application and the organization, all of them at
 * once. They are taken from the store that all processes share, so they hold over all of them
 * together. Callers without limits never come to it.
 *
 * While the store does not answer, whoever has limits is refused: a limit that somebody has set is
 * not lifted by a fault.
 */
import type { RateLimits } from '@tollkeeper/core';
import type { Caller } from '../credentials/authority.ts';
import type { Clock } from '../ports/clock.ts';
import { StoreUnavailable } from '../ports/ledger-store.ts';
import type { RateParty, RateStore, TakenRates } from '../ports/rate-store.ts';

/** A party whose limits apply, with its name in the message. */
interface Party extends RateParty {
  readonly level: 'API key' | 'application' | 'organization';
}

export type RateDecision =
  | {
      readonly kind: 'admitted';
      /** The call has ended; null: what it used is not known. */
      finish(tokensUsed: number | null): void;
      /** The call was turned away elsewhere: nothing was taken. */
      takeBack(): void;
    }
  | { readonly kind: 'refused'; readonly message: string; readonly retryAfterSeconds: number }
  /** The store of rates does not answer. Nothing was taken. */
  | { readonly kind: 'unavailable' };

export interface RateLimiterParts {
  readonly rates: RateStore;
  readonly clock: Clock;
  readonly instanceId: string;
}

const UNLIMITED: RateDecision = {
  kind: 'admitted',
  finish: () => undefined,
  takeBack: () => undefined,
};

export class RateLimiter {
  readonly #parts: RateLimiterParts;

  constructor(parts: RateLimiterParts) {
    this.#parts = parts;
  }

  /**
   * Takes one request of at most `tokens` tokens under every limit of the caller, all or none. At
   * once for callers without limits.
   */
  take(caller: Caller, tokens: number): RateDecision | Promise<RateDecision> {
    const parties = partiesOf(caller);
    return parties.length === 0 ? UNLIMITED : this.#take(parties, tokens);
  }

  async #take(limited: readonly Party[], tokens: number): Promise<RateDecision> {
    const { rates, clock, instanceId } = this.#parts;
    const parties = limited.map(({ id, limits }) => ({ id, limits }));
    const call = { instance_id: instanceId, parties };
    let taken: TakenRates;
    try {
      taken = await rates.take({ ...call, tokens, at: clock.now() });
    } catch (error) {
      if (error instanceof StoreUnavailable) return { kind: 'unavailable' };
      throw error;
    }
    if (taken.kind === 'refused') {
      const party = limited[taken.party];
      if (party === undefined) throw new Error('Rates were refused by nobody.');
      return refusal(party, taken.which, taken.retry_after_ms);
    }
    const { charged } = taken;
    const end = (used: number | null | 'none'): void =>
      rates.finish({ ...call, charged, used, at: clock.now() });
    return { kind: 'admitted', finish: end, takeBack: () => end('none') };
  }
}

function partiesOf({ principal, rateLimits }: Caller): readonly Party[] {
  const parties: Party[] = [];
  const add = (level: Party['level'], id: string, limits: RateLimits): void => {
    for (const limit of Object.values(limits) as readonly (number | undefined)[]) {
      if (limit === undefined) continue;
      parties.push({ level, id: `${level} ${id}`, limits });
      return;
    }
  };
  if (principal.key_id !== null) add('API key', principal.key_id, rateLimits.key);
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
