/**
 * Shares have an error of one side: whatever several processes do, and whichever of them die, they
 * admit nothing that exact limits would not; and what they refuse early is what others have taken
 * and not used.
 */
import { NO_TRAFFIC, tryTake, finish, takeBack, type RateLimits } from '@tollkeeper/core';
import { MemoryItems } from '@tollkeeper/testkit/memory-items';
import { virtualClock, type VirtualClock } from '@tollkeeper/testkit/virtual-clock';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDynamoRates } from '../../../../src/adapters/dynamodb/index.ts';
import {
  partyKey,
  ratesOf,
  windowKey,
} from '../../../../src/adapters/dynamodb/rates/rate-items.ts';
import type { RateStore } from '../../../../src/ports/rate-store.ts';
import { aTake, NOON, party } from '../../rate-conformance.ts';
import { countingIds, seeded } from '../group-rig.ts';

const PROCESSES = 4;
/** After so long a process has brought back what it did not use. */
const BACK_MS = 3_000;

function processOn(items: MemoryItems, clock: VirtualClock, seed: number): RateStore {
  const random = seeded(seed);
  return openDynamoRates({ items, clock, ids: countingIds(random), random });
}

/** Lets everything happen that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** Lets time pass in pieces, so that whoever waits for another one comes to its turn. */
async function passed(clock: VirtualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 100) {
    clock.advance(100);
    await settled();
  }
}

type Step =
  | { readonly kind: 'calls'; readonly by: number; readonly tokens: readonly number[] }
  | { readonly kind: 'end'; readonly pick: number; readonly used: number | null | 'none' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'crash'; readonly who: number };

const by = fc.nat(PROCESSES - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('calls' as const),
      by,
      tokens: fc.oneof(
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 }),
        // More than many a limit has.
        fc.integer({ min: 1, max: 90 }).map((most) => Array.from({ length: 40 }, () => most)),
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      pick: fc.nat(),
      used: fc.oneof(fc.nat(120), fc.constant(null), fc.constant('none' as const)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.oneof(fc.nat(300), fc.nat(2_500), fc.nat(60_000)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), who: by }) },
);

const limitsOf: fc.Arbitrary<RateLimits> = fc
  .record({
    requests_per_minute: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    tokens_per_minute: fc.option(fc.integer({ min: 1, max: 1_500 }), { nil: undefined }),
    concurrent_requests: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
  })
  .map(
    (limits) =>
      Object.fromEntries(
        Object.entries(limits).filter(([, limit]) => limit !== undefined),
      ) as RateLimits,
  );

test('exact limits would have admitted whatever several processes admit', async () => {
  await fc.assert(
    fc.asyncProperty(limitsOf, fc.array(step, { maxLength: 60 }), async (limits, steps) => {
      const world = new World(limits);
      for (const one of steps) await world.take(one);
    }),
    { interruptAfterTimeLimit: 1_500, numRuns: 400, markInterruptAsFailure: false },
  );
});

/** Processes with a party, and an exact limit beside them that is told what they admit. */
class World {
  readonly #limits: RateLimits;
  readonly #clock = virtualClock(NOON);
  readonly #items = new MemoryItems();
  readonly #stores: RateStore[];
  readonly #names: string[];
  #exact = NO_TRAFFIC;
  #running: { who: string; store: RateStore; charged: number }[] = [];

  constructor(limits: RateLimits) {
    this.#limits = limits;
    this.#stores = Array.from({ length: PROCESSES }, (_, seed) =>
      processOn(this.#items, this.#clock, seed),
    );
    this.#names = this.#stores.map((_, index) => `instance-${index}`);
  }

  async take(one: Step): Promise<void> {
    if (one.kind === 'calls') await this.#calls(one.by, one.tokens);
    if (one.kind === 'end') this.#end(one.pick, one.used);
    if (one.kind === 'pass') this.#clock.advance(one.ms);
    if (one.kind === 'crash') await this.#crash(one.who);
    await settled();
  }

  async #calls(by: number, tokens: readonly number[]): Promise<void> {
    const store = this.#stores[by];
    const who = this.#names[by] ?? '';
    if (store === undefined) return;
    const parties = [party('org', this.#limits)];
    const at = this.#clock.now();
    const asked = tokens.map((most) =>
      store.take(aTake(parties, { instance_id: who, tokens: most, at })),
    );
    for (const [index, answer] of (await Promise.all(asked)).entries()) {
      if (answer.kind === 'refused') continue;
      const exact = tryTake(this.#exact, this.#limits, at, tokens[index] ?? 0);
      expect(exact).toMatchObject({ kind: 'admitted', charged: answer.charged[0] });
      if (exact.kind === 'admitted') this.#exact = exact.state;
      this.#running.push({ who, store, charged: answer.charged[0] ?? 0 });
    }
  }

  #end(pick: number, used: number | null | 'none'): void {
    const [call] = this.#running.splice(pick % Math.max(1, this.#running.length), 1);
    if (call === undefined) return;
    const { who, store, charged } = call;
    const at = this.#clock.now();
    const parties = [party('org', this.#limits)];
    store.finish({ instance_id: who, parties, charged: [charged], used, at });
    this.#exact =
      used === 'none'
        ? takeBack(this.#exact, this.#limits, at, charged)
        : finish(this.#exact, this.#limits, at, charged, used);
  }

  /** Its calls run no more, and nothing that it has in memory comes back. */
  async #crash(by: number): Promise<void> {
    const who = this.#names[by] ?? '';
    const gone = this.#running.filter((call) => call.who === who);
    this.#running = this.#running.filter((call) => call.who !== who);
    for (const { charged } of gone) {
      this.#exact = finish(this.#exact, this.#limits, this.#clock.now(), charged, null);
    }
    const survivor = (by + 1) % PROCESSES;
    this.#names[by] = `${who}'`;
    this.#stores[by] = processOn(this.#items, this.#clock, by + 100);
    await this.#stores[survivor]?.endInstance(who);
  }
}

test('a window admits its limit between all processes, and not one more', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 300 }),
      fc.array(fc.tuple(by, fc.integer({ min: 1, max: 60 }), fc.nat(900)), { maxLength: 40 }),
      async (limit, rounds) => {
        const clock = virtualClock(NOON);
        const items = new MemoryItems();
        const stores = Array.from({ length: PROCESSES }, (_, seed) =>
          processOn(items, clock, seed),
        );
        const admitted = new Map<number, number>();
        for (const [who, requests, pause] of rounds) {
          const store = stores[who];
          if (store === undefined) continue;
          const rule = { limit, length_ms: 10_000 };
          const answers = await Promise.all(
            Array.from({ length: requests }, () => store.count('k', rule, clock.now())),
          );
          for (const answer of answers) {
            if (!answer.admitted) continue;
            const count = (admitted.get(answer.ends_at) ?? 0) + 1;
            expect(count).toBeLessThanOrEqual(limit);
            admitted.set(answer.ends_at, count);
          }
          clock.advance(pause);
          await settled();
        }
      },
    ),
    { interruptAfterTimeLimit: 1_000, numRuns: 200, markInterruptAsFailure: false },
  );
});

test('what processes did not use comes back: one of them alone gets all the rest', async () => {
  const clock = virtualClock(NOON);
  const items = new MemoryItems();
  const stores = Array.from({ length: PROCESSES }, (_, seed) => processOn(items, clock, seed));
  const rule = { limit: 1_000, length_ms: 3_600_000 };
  let counted = 0;
  for (const requests of [8, 8, 8, 8, 5]) {
    for (const store of stores) {
      const answers = Array.from({ length: requests }, () => store.count('k', rule, clock.now()));
      for (const { admitted } of await Promise.all(answers)) counted += admitted ? 1 : 0;
    }
    clock.advance(100);
  }
  expect(counted).toBe(148);
  expect(Number(items.peek(windowKey('k'))?.count)).toBeGreaterThan(counted);
  await passed(clock, BACK_MS + 500);
  expect(Number(items.peek(windowKey('k'))?.count)).toBe(counted);
  const [first] = stores;
  const rest = Array.from({ length: 1_000 }, async () => first?.count('k', rule, clock.now()));
  const admitted = (await Promise.all(rest)).filter((answer) => answer?.admitted);
  expect(admitted).toHaveLength(1_000 - counted);
});

test('what is refused early is what others have not used, and comes back', async () => {
  const limit = 6_000;
  const clock = virtualClock(NOON);
  const items = new MemoryItems();
  const stores = Array.from({ length: PROCESSES }, (_, seed) => processOn(items, clock, seed));
  const parties = [party('org', { requests_per_minute: limit })];
  const calls = async (who: number, count: number): Promise<number> => {
    const by = { instance_id: `instance-${who}`, at: clock.now() };
    const asked = Array.from({ length: count }, async () => stores[who]?.take(aTake(parties, by)));
    return (await Promise.all(asked)).filter((answer) => answer?.kind === 'admitted').length;
  };
  // Everybody is busy, then all but one fall silent with a share in their hands.
  let admitted = 0;
  for (const count of [500, 1]) {
    for (const who of stores.keys()) admitted += await calls(who, count);
  }
  const rates = () => ratesOf(items.peek(partyKey('org'))).requests;
  const taken = (rates()?.out ?? []).reduce((sum, { amount }) => sum + amount, 0);
  expect(admitted).toBe(2_004);
  admitted += await calls(0, limit);
  const early = limit - admitted;
  expect(early).toBeGreaterThan(0);
  expect(early).toBeLessThan(taken);
  // Shares of three others, each at most an eighth of what was free.
  expect(early).toBeLessThanOrEqual((3 * limit) / 8);
  await passed(clock, BACK_MS + 500);
  const refilled = (limit * (BACK_MS + 500)) / 60_000;
  expect(await calls(0, limit)).toBe(early + refilled);
});
