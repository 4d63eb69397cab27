/** What this process has of a window of requests. */
import {
  exchangeWindow,
  type ShareRule,
  type WindowRule,
  type WindowShare,
} from '@tollkeeper/core';
import type { Clock } from '../../../ports/clock.ts';
import type { Counted } from '../../../ports/rate-store.ts';
import type { Item } from '../items/items.ts';
import { windowKey, windowOf, windowToItem } from './rate-items.ts';
import { RecentDemand } from './recent-demand.ts';
import type { Exchanged, Holding, ShareTiming } from './share-desk.ts';

export interface CountCall {
  readonly rule: WindowRule;
  readonly at: number;
}

export class WindowHolding implements Holding<CountCall, Counted> {
  readonly keys;
  readonly #clock: Clock;
  readonly #timing: ShareTiming;
  readonly #sharing: ShareRule;
  readonly #demand: RecentDemand;
  #share: WindowShare | null = null;
  #until = 0;
  #suspended = true;
  #refused: { readonly counted: Counted; readonly at: number; readonly until: number } | undefined;
  #rule: WindowRule | undefined;

  constructor(key: string, clock: Clock, timing: ShareTiming, sharing: ShareRule) {
    this.keys = [windowKey(key)];
    this.#clock = clock;
    this.#timing = timing;
    this.#sharing = sharing;
    this.#demand = new RecentDemand(timing.shareMs);
  }

  get empty(): boolean {
    return (this.#share?.left ?? 0) === 0;
  }

  get resting(): boolean {
    return this.empty;
  }

  local({ rule, at }: CountCall): Counted | undefined {
    const now = this.#clock.monotonic();
    if (!sameRule(rule, this.#rule)) return undefined;
    const refused = this.#refused;
    if (refused !== undefined && now < refused.until) {
      if (at >= refused.at && at < refused.counted.ends_at) return refused.counted;
    }
    const share = this.#share;
    if (this.#suspended || share === null || share.left === 0 || now >= this.#until) {
      return undefined;
    }
    if (at < share.began || at >= share.ends_at) return undefined;
    this.#demand.add(1, now);
    this.#share = { ...share, left: share.left - 1 };
    const remaining = share.elsewhere + share.left - 1;
    return { admitted: true, remaining, ends_at: share.ends_at };
  }

  exchange(items: readonly (Item | undefined)[], calls: readonly CountCall[]): Exchanged<Counted> {
    const before = windowOf(items[0]);
    const rule = calls.at(-1)?.rule ?? this.#rule;
    if (rule === undefined) return { items: [], answers: [], done: () => undefined };
    const now = this.#clock.monotonic();
    const recent = this.#demand.lately(now).calls + calls.length;
    const ask = { times: calls.map(({ at }) => at), recent };
    const result = exchangeWindow(before, rule, this.#share, ask, this.#sharing);
    const { window, decisions, share } = result;
    const same = before?.count === window?.count && before?.began === window?.began;
    return {
      items: same || window === null ? [] : [windowToItem(window, window.began + rule.length_ms)],
      answers: decisions,
      done: (until) => {
        for (const _ of calls) this.#demand.add(1, now);
        this.#rule = rule;
        this.#share = share;
        this.#until = until;
        this.#suspended = false;
        this.#remember(decisions, calls, now);
      },
    };
  }

  suspend(): void {
    this.#suspended = true;
  }

  lost(): void {
    this.#share = null;
  }

  /** Others may bring back what they did not use: so a refusal is not for the whole window. */
  #remember(decisions: readonly Counted[], calls: readonly CountCall[], now: number): void {
    const counted = decisions.at(-1);
    const at = calls.at(-1)?.at;
    this.#refused =
      counted === undefined || at === undefined || counted.admitted
        ? undefined
        : { counted, at, until: now + this.#timing.refusalMs };
  }
}

function sameRule(one: WindowRule, other: WindowRule | undefined): boolean {
  return one.limit === other?.limit && one.length_ms === other.length_ms;
}
