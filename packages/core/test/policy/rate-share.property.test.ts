/**
 * However many processes share a limit, and whatever they do with their shares: an exact limit that
 * is told what they admit would have admitted all of it.
 */
import fc from 'fast-check';
import { test } from 'vitest';
import {
  exchangeRates,
  finish,
  NO_SHARED_TRAFFIC,
  NO_TRAFFIC,
  type RateLimits,
  type RateShare,
  takeBack,
  tryTake,
} from '../../src/index.ts';

const START = Date.UTC(2026, 10, 22, 14, 33);
/** No process uses a share for longer, or keeps to itself what came back. */
const SHARE_MS = 2_000;

const step = fc.record({
  by: fc.nat(2),
  kind: fc.constantFrom('exchange', 'exchange', 'use', 'end', 'take back', 'pass', 'pass', 'die'),
  /** Calls, and tokens of each: a few, or more than there is. */
  calls: fc.constantFrom(1, 3, 61),
  tokens: fc.constantFrom(1, 5, 40, 1_000),
  ms: fc.constantFrom(100, 1_000, SHARE_MS, 60_000),
});

interface Process {
  share: RateShare | null;
  takenAt: number;
  back: { requests: number; tokens: number; since: number; turn: number };
  turn: number;
}

const fresh = (): Process => ({
  share: null,
  takenAt: 0,
  back: { requests: 0, tokens: 0, since: 0, turn: 0 },
  turn: 0,
});

test('shares never admit what one exact limit would not', () => {
  const limitsOf = fc.record({
    requests_per_minute: fc.constantFrom(60, 1_000_000),
    tokens_per_minute: fc.constantFrom(60, 600, 1_000_000),
  });
  fc.assert(
    fc.property(limitsOf, fc.array(step, { maxLength: 80 }), (limits, steps) => {
      const model = new Model(limits);
      for (const one of steps) model.take(one);
    }),
    { numRuns: 4_000, interruptAfterTimeLimit: 1_500, markInterruptAsFailure: false },
  );
});

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Three processes that share, and an exact limit that is told what they admit. */
class Model {
  readonly #limits: RateLimits;
  readonly #processes = [fresh(), fresh(), fresh()];
  readonly #running: { readonly charged: number; readonly by: number }[] = [];
  #now = START;
  #shared = NO_SHARED_TRAFFIC;
  #exact = NO_TRAFFIC;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  take({ by, kind, calls, tokens, ms }: Step): void {
    if (kind === 'pass') this.#pass(ms);
    if (kind === 'exchange')
      this.#exchange(
        by,
        Array.from({ length: calls }, () => tokens),
      );
    if (kind === 'die') this.#processes[by] = fresh();
    if (kind === 'end') this.#end(by, 1);
    if (kind === 'take back') this.#end(by, 'none');
    if (kind === 'use') for (let call = 0; call < calls; call++) this.#use(by);
  }

  #pass(ms: number): void {
    this.#now += ms;
    for (const [who, { takenAt, share, back }] of this.#processes.entries()) {
      const something = share !== null || back.requests !== 0 || back.tokens !== 0;
      if (something && this.#now - takenAt > SHARE_MS) this.#exchange(who, []);
    }
  }

  #exchange(by: number, calls: readonly number[]): void {
    const mine = this.#processes[by];
    if (mine === undefined) return;
    const returned = { share: mine.share, ...mine.back, slots: 0, running: 0 };
    const demand = { calls: 8, tokens: 40 };
    const ask = { limits: this.#limits, now: this.#now, returned, calls, demand };
    const { shared, share, decisions } = exchangeRates(this.#shared, ask, { parts: 2 });
    this.#shared = shared;
    for (const [index, decision] of decisions.entries()) {
      if (decision.kind === 'admitted') this.#admit(calls[index] ?? 0, decision.charged, by);
    }
    this.#processes[by] = { ...fresh(), share, takenAt: this.#now, turn: shared.turn };
  }

  #use(by: number): void {
    const mine = this.#processes[by];
    const share = mine?.share;
    if (!mine || !share || share.requests.left < 1 || share.tokens.left < 5) return;
    this.#admit(5, 5, by);
    const requests = { ...share.requests, left: share.requests.left - 1 };
    const tokens = { ...share.tokens, left: share.tokens.left - 5 };
    this.#processes[by] = { ...mine, share: { from: share.from, requests, tokens } };
  }

  #admit(tokens: number, charged: number, by: number): void {
    const decision = tryTake(this.#exact, this.#limits, this.#now, tokens);
    if (decision.kind !== 'admitted' || decision.charged !== charged) {
      throw new Error('An exact limit would have refused this.');
    }
    this.#exact = decision.state;
    this.#running.push({ charged, by });
  }

  #end(by: number, used: 1 | 'none'): void {
    const index = this.#running.findIndex((call) => call.by === by);
    const [call] = index < 0 ? [] : this.#running.splice(index, 1);
    const mine = this.#processes[by];
    if (call === undefined || mine === undefined) return;
    const { charged } = call;
    this.#exact =
      used === 'none'
        ? takeBack(this.#exact, this.#limits, this.#now, charged)
        : finish(this.#exact, this.#limits, this.#now, charged, used);
    const { back, share, takenAt, turn } = mine;
    const first = back.requests === 0 && back.tokens === 0;
    this.#processes[by] = {
      ...mine,
      takenAt: first && share === null ? this.#now : takenAt,
      back: {
        requests: back.requests + (used === 'none' ? 1 : 0),
        tokens: back.tokens + charged - (used === 'none' ? 0 : used),
        since: first ? this.#now : back.since,
        turn: first ? turn : back.turn,
      },
    };
  }
}
