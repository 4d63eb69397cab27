/**
 * Which model to use, as the service last said: kept for as long as it says so, then asked again
 * with the tag of the answer that is there, so that an unchanged one costs little. One request at
 * a time, however many callers wait.
 */
import {
  ApiError,
  exchange,
  type ApiResult,
  type ClientOptions,
  type Exchange,
} from '@tollkeeper/contract';
import { askedMs } from './back-off.ts';
import type { Outside } from './outside.ts';
import type { Place } from './reports.ts';

/** Advice, and whether it is out of date because the service could not be asked. */
export interface Selection {
  readonly advice: ApiResult<'selectModel'>;
  readonly stale: boolean;
}

/** Every quota is spent: there is no model to use until `until`. */
export class QuotasSpent extends Error {
  override readonly name = 'QuotasSpent';
  /** When the quotas start anew. */
  readonly until: Date;
  /** As the service states it: the labels, and by how much they are over. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(refusal: ApiError, until: Date) {
    super(refusal.message, { cause: refusal });
    this.until = until;
    this.details = refusal.details;
  }
}

export interface SelectionOptions {
  readonly api: ClientOptions;
  readonly place: Place;
  readonly outside: Outside;
  /** How long after its time an answer still serves while the service cannot be asked. */
  readonly staleSecsMax: number;
}

/** How long it is believed that all quotas are spent: they may be raised at any time. */
const SPENT_MS = 60_000;

interface Kept {
  readonly advice: ApiResult<'selectModel'>;
  readonly etag: string | null;
  /** On the monotonic clock. */
  readonly until: number;
}

export class Selections {
  readonly #options: SelectionOptions;
  #kept: Kept | undefined;
  #spent: { readonly error: QuotasSpent; readonly until: number } | undefined;
  readonly #asking = new Map<boolean, Promise<Selection>>();

  constructor(options: SelectionOptions) {
    this.#options = options;
  }

  /**
   * Rejects with `QuotasSpent`, or when there is no answer that may still serve with what the
   * request failed with. `fresh` asks the service whatever is kept.
   */
  current(fresh: boolean): Promise<Selection> {
    const now = this.#options.outside.monotonic();
    if (!fresh && this.#spent !== undefined && now < this.#spent.until) {
      return Promise.reject(this.#spent.error);
    }
    if (!fresh && this.#kept !== undefined && now < this.#kept.until) {
      return Promise.resolve({ advice: this.#kept.advice, stale: false });
    }
    const running = this.#asking.get(fresh);
    if (running !== undefined) return running;
    const asking = this.#ask(fresh).finally(() => this.#asking.delete(fresh));
    this.#asking.set(fresh, asking);
    return asking;
  }

  async #ask(fresh: boolean): Promise<Selection> {
    const { outside, api, place } = this.#options;
    const asked = outside.monotonic();
    const before = this.#kept;
    const tag: Record<string, string> =
      before === undefined || before.etag === null ? {} : { 'if-none-match': before.etag };
    const query = fresh ? { query: { force_check: true } } : {};
    try {
      const answer = await exchange(api, 'selectModel', { params: place, ...query }, tag);
      return { advice: this.#keep(answer, before, asked).advice, stale: false };
    } catch (error) {
      const stale = fresh ? undefined : this.#stale(error, asked);
      if (stale !== undefined) return stale;
      throw this.#refusal(error, asked);
    }
  }

  #keep(answer: Exchange<'selectModel'>, before: Kept | undefined, asked: number): Kept {
    const advice = answer.body ?? before?.advice;
    if (advice === undefined) throw new Error('The service says nothing new of nothing.');
    const until = asked + advice.client_guidance.cache_duration_secs * 1000;
    this.#kept = { advice, etag: answer.headers.get('etag') ?? before?.etag ?? null, until };
    this.#spent = undefined;
    return this.#kept;
  }

  /** What is kept, when the service fails rather than answers and it is not too old. */
  #stale(error: unknown, now: number): Selection | undefined {
    const { staleSecsMax } = this.#options;
    if (this.#kept === undefined || now >= this.#kept.until + staleSecsMax * 1000) return undefined;
    const answered = error instanceof ApiError && error.status < 500 && error.status !== 429;
    const spent = error instanceof ApiError && error.code === 'QUOTA_EXCEEDED';
    return answered || spent ? undefined : { advice: this.#kept.advice, stale: true };
  }

  #refusal(error: unknown, asked: number): unknown {
    if (!(error instanceof ApiError) || error.code !== 'QUOTA_EXCEEDED') return error;
    this.#kept = undefined;
    const { outside } = this.#options;
    const now = outside.now();
    const ms = askedMs(error.retryAfter, now) ?? SPENT_MS;
    const until = new Date(now + ms);
    const spent = {
      error: new QuotasSpent(error, until),
      until: asked + Math.min(SPENT_MS, ms),
    };
    this.#spent = spent;
    return spent.error;
  }
}
