/**
 * Rate limits of the API: how many requests of a class one credential may send in a window. Exact
 * over all processes of a data directory, since each request is counted in the one store.
 *
 * While the store does not answer, requests are counted by this process alone: a limiter that has
 * failed should neither take the API with it nor leave it open.
 */
import type { RateClass } from '@tollkeeper/contract';
import { countRequest, type CountWindow, type WindowRule } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import { StoreUnavailable } from '../ports/ledger-store.ts';
import type { Counted, RateStore } from '../ports/rate-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { RateTable } from './rate-table.ts';

/** What a request is told of its limit. */
export interface Limited {
  /** `x-ratelimit-*`, for whatever answer follows; empty where nothing is limited. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request is one too many. Absent: it may go on. */
  readonly refused?: Refusal;
}

export interface Refusal {
  readonly message: string;
  /** At least 1. */
  readonly retryAfterSeconds: number;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface RequestLimitsParts {
  readonly rates: RateStore;
  readonly table: RateTable;
  readonly clock: Clock;
  readonly log: Telemetry['log'];
}

const UNLIMITED: Limited = Object.freeze({ headers: Object.freeze({}) });

/** Windows that are remembered here, of each kind, before those that have ended are dropped. */
const REMEMBERED_MAX = 10_000;
/** How often a failing store is logged. */
const LOG_EVERY_MS = 60_000;
/** Characters of a claimed id that count; a longer one is nobody's. */
const ID_LENGTH_MAX = 200;

export class RequestLimits {
  readonly #parts: RequestLimitsParts;
  /** When windows end that are known to be full: nothing more can fit, so nobody need be asked. */
  readonly #full = new Map<string, number>();
  /** What this process counts by itself while the store fails. */
  readonly #alone = new Map<string, CountWindow>();
  #loggedAt: number | undefined;

  constructor(parts: RequestLimitsParts) {
    this.#parts = parts;
  }

  /**
   * Counts one request. `credentialId` is a client id, a key id or `provisioning`; before a client
   * is authenticated, the id that it claims together with its `address`, so that nobody can use up
   * the limit of a client from elsewhere. Never rejects for a store that fails.
   */
  async take(
    rateClass: RateClass,
    credentialId: string,
    address: string | null = null,
  ): Promise<Limited> {
    const rule = this.#parts.table[rateClass];
    if (rule === null) return UNLIMITED;
    const now = this.#parts.clock.now();
    const id = credentialId.slice(0, ID_LENGTH_MAX);
    const key = address === null ? `${rateClass} ${id}` : `${rateClass} ${id} ${address}`;
    const counted = this.#knownFull(key, rule, now) ?? (await this.#count(key, rule, now));
    const headers = headersOf(rule, counted, id);
    if (counted.admitted) return { headers };
    return { headers, refused: refusal(rateClass, rule, counted.ends_at - now) };
  }

  #knownFull(key: string, rule: WindowRule, now: number): Counted | undefined {
    const endsAt = this.#full.get(key);
    if (endsAt === undefined) return undefined;
    // Further away than a whole window: the clock was set back.
    if (now < endsAt && endsAt - now <= rule.length_ms) {
      return { admitted: false, remaining: 0, ends_at: endsAt };
    }
    this.#full.delete(key);
    return undefined;
  }

  async #count(key: string, rule: WindowRule, now: number): Promise<Counted> {
    try {
      const counted = await this.#parts.rates.count(key, rule, now);
      if (!counted.admitted) {
        if (this.#full.size >= REMEMBERED_MAX) this.#full.clear();
        this.#full.set(key, counted.ends_at);
      }
      return counted;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      this.#tell(error, now);
      return this.#countAlone(key, rule, now);
    }
  }

  #countAlone(key: string, rule: WindowRule, now: number): Counted {
    const decision = countRequest(this.#alone.get(key) ?? null, rule, now);
    if (this.#alone.size >= REMEMBERED_MAX) this.#alone.clear();
    this.#alone.set(key, decision.window);
    return decision;
  }

  #tell(error: StoreUnavailable, now: number): void {
    const { log } = this.#parts;
    const last = this.#loggedAt;
    if (last !== undefined && now - last < LOG_EVERY_MS && now >= last) return;
    this.#loggedAt = now;
    log('error', 'The store of rate limits fails; this process counts requests by itself.', {
      cause: error.message,
    });
  }
}

/** Counts one request of the API; see `RequestLimits.take`. */
export function limit(
  deps: { readonly limits: RequestLimits },
  rateClass: RateClass,
  credentialId: string,
  address: string | null = null,
): Promise<Limited> {
  return deps.limits.take(rateClass, credentialId, address);
}

function headersOf(rule: WindowRule, counted: Counted, id: string): Record<string, string> {
  return {
    'x-ratelimit-limit': String(rule.limit),
    'x-ratelimit-remaining': String(counted.remaining),
    'x-ratelimit-reset': String(Math.ceil(counted.ends_at / 1_000)),
    'x-ratelimit-clientid': headerText(id),
  };
}

/** A claimed id may be any text; only what a header may hold goes into one. */
function headerText(id: string): string {
  return /^[\x21-\x7e]*$/.test(id) ? id : id.replaceAll(/[^\x21-\x7e]/g, '?');
}

function refusal(rateClass: RateClass, rule: WindowRule, waitMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const window = rule.length_ms === 60_000 ? 'minute' : 'hour';
  const what = rateClass.replaceAll('_', ' ');
  return {
    message:
      `This credential has used up its limit of ${rule.limit} requests per ${window} (${what}). ` +
      `Try again in ${seconds} s.`,
    retryAfterSeconds: seconds,
    details: { rate_class: rateClass, limit: rule.limit, window_secs: rule.length_ms / 1_000 },
  };
}
