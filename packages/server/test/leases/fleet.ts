/**
 * Processes with leases over one ledger in memory, and between them a network that loses, delays
 * and reorders, all by one seed. A plain model of a gateway makes the calls.
 */
import type { Budget } from '@tollkeeper/core';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import {
  budget,
  NOON,
  recovery,
  reserve,
  settle,
  submission,
} from '@tollkeeper/testkit/conformance/fixtures';
import { LeasingMemoryLedger } from '../../src/adapters/memory/leasing.ts';
import { LeasedLedger } from '../../src/leases/leased-ledger.ts';
import { LEASE_DEFAULTS } from '../../src/leases/lease-settings.ts';
import { StoreUnavailable } from '../../src/ports/ledger-store.ts';
import type { LeasingLedger } from '../../src/ports/leasing-ledger.ts';

const REQUESTS: readonly (keyof LeasingLedger)[] = [
  ...(['reserve', 'reserveLeased', 'settle', 'settleLeased', 'release'] as const),
  ...(['takeLease', 'returnLease', 'recordLeased', 'record', 'putBudget', 'removeBudget'] as const),
];

export interface Process {
  readonly id: string;
  readonly ledger: LeasedLedger;
  isDead: boolean;
}

export class Fleet {
  readonly clock = virtualClock(NOON);
  readonly store = new LeasingMemoryLedger(() => 0);
  readonly random: () => number;
  /** How often of a hundred a request is lost, before or after it was carried out. */
  lossPct = 0;
  processes: Process[] = [];
  /** The highest limit that each budget ever had. */
  readonly limits = new Map<string, bigint>();
  /** What is under way, in no order. */
  readonly #events: (() => void)[] = [];
  #names = 0;
  readonly #running = new Map<string, Process>();
  /** What should never happen. */
  readonly failures: unknown[] = [];

  constructor(seed: number, size: number) {
    this.random = mulberry(seed);
    for (let index = 0; index < size; index++) this.start();
  }

  start(): void {
    const id = `p${(this.#names += 1)}`;
    const process: { -readonly [K in keyof Process]: Process[K] } = {
      id,
      isDead: false,
      ledger: undefined as never,
    };
    process.ledger = new LeasedLedger({
      inner: this.#through(process),
      instanceId: id,
      clock: this.clock,
      ids: {
        uuid: () => `${id}-${(this.#names += 1)}`,
        secret: () => new Uint8Array(),
      },
      settings: {
        ...LEASE_DEFAULTS,
        ...{ leaseMs: 1_000, idleMs: 100, strayMs: 1_000, minCalls: 2, freeParts: 4, directMax: 4 },
      },
    });
    this.processes.push(process);
  }

  pick<T>(from: readonly T[]): T {
    const found = from[Math.floor(this.random() * from.length)];
    if (found === undefined) throw new Error('Nothing to pick from.');
    return found;
  }

  upTo(most: number): number {
    return Math.floor(this.random() * (most + 1));
  }

  async put(changes: Parameters<typeof budget>[0]): Promise<void> {
    const made = budget(changes);
    await this.store.putBudget({ budget: made, at: this.clock.now() });
    this.#raise(made);
  }

  /** Puts a budget through a process, or removes it there. */
  change(process: Process, changes: Parameters<typeof budget>[0] & { budget_id: string }): void {
    const made = budget(changes);
    const put = { budget: made, at: this.clock.now() };
    this.#raise(made);
    this.#begin(process, async () => {
      if (this.random() < 0.3)
        await untilAnswered(() => process.ledger.removeBudget(made.budget_id));
      await untilAnswered(() => process.ledger.putBudget(put));
    });
  }

  /** Usage that is reported. */
  submit(process: Process, usd: bigint, at = this.clock.now()): void {
    const id = `${process.id}-submission-${(this.#names += 1)}`;
    const command = { ...submission(id, usd, { at }), instance_id: process.id };
    this.#begin(process, () => untilAnswered(() => process.ledger.record(command)));
  }

  #raise({ budget_id, limit }: Budget): void {
    const before = this.limits.get(budget_id) ?? 0n;
    this.limits.set(budget_id, limit.amount > before ? limit.amount : before);
  }

  #begin(process: Process, run: () => Promise<void>): void {
    const id = `running-${(this.#names += 1)}`;
    this.#running.set(id, process);
    run()
      .catch((error: unknown) => this.failures.push(error))
      .finally(() => this.#running.delete(id));
  }

  /** A call as a gateway makes it; ends on its own, however often the store does not answer. */
  call(process: Process, most: bigint, at = this.clock.now()): void {
    const id = `${process.id}-call-${(this.#names += 1)}`;
    this.#begin(process, () => this.#call(process, id, most, at));
  }

  /** What living processes have begun and not ended. */
  get running(): number {
    return [...this.#running.values()].filter(({ isDead }) => !isDead).length;
  }

  /** One thing that is under way happens. */
  async step(): Promise<void> {
    const at = Math.floor(this.random() * this.#events.length);
    const [event] = this.#events.splice(at, 1);
    event?.();
    await settled();
  }

  /** Everything that is under way happens, and a time passes. */
  async calm(ms = 0): Promise<void> {
    for (let passed = 0; ; passed += 50) {
      do await this.step();
      while (this.#events.length > 0);
      if (passed >= ms) return;
      this.clock.advance(50);
    }
  }

  /** A process is gone from one moment to the next, and is recovered. */
  async kill(process: Process): Promise<void> {
    process.isDead = true;
    this.processes = this.processes.filter((other) => other !== process);
    for (const hold of await this.store.holds(process.id)) {
      await this.store.settle(recovery(hold.intent.attempt_id, hold.amounts.usd));
    }
    await this.store.endLeases(process.id);
  }

  async #call({ id: instance, ledger }: Process, id: string, most: bigint, at: number) {
    try {
      const reserved = await ledger.reserve({
        ...reserve(id, most, { at, instance }),
        amounts: { usd: most, tokens: most * 2n, requests: 1n },
      });
      if (reserved.kind !== 'held') return;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await untilAnswered(() => ledger.release(id));
      return;
    }
    await this.#later();
    if (this.random() < 0.1) return untilAnswered(() => ledger.release(id));
    const over = this.random() < 0.05 ? 2 : 1;
    const spent = BigInt(Math.floor(Number(most) * over * this.random()));
    const command = settle(id, this.random() < 0.5 ? most : spent, { instance });
    await untilAnswered(() => ledger.settle(command));
  }

  #later(): Promise<void> {
    return new Promise((resolve) => this.#events.push(resolve));
  }

  #through(process: Process): LeasingLedger {
    return new Proxy<LeasingLedger>(this.store, {
      get: (store, name: string) => {
        const member: unknown = Reflect.get(store, name);
        if (typeof member !== 'function') return member;
        const call = member.bind(store) as (...given: unknown[]) => Promise<unknown>;
        if (!REQUESTS.some((request) => request === name)) return call;
        return (...given: unknown[]) => this.#request(process, () => call(...given));
      },
    });
  }

  #request(process: Process, call: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const lost = (): boolean => this.random() * 100 < this.lossPct;
      const answer = (how: () => void): void => {
        this.#events.push(() => {
          if (!process.isDead) how();
        });
      };
      this.#events.push(() => {
        if (process.isDead) return;
        if (lost()) return answer(() => reject(new StoreUnavailable('Lost on the way there.')));
        const done = call();
        done.catch((error: unknown) => this.failures.push(error));
        done.then(
          (answered) => {
            if (lost()) answer(() => reject(new StoreUnavailable('Lost on the way back.')));
            else answer(() => resolve(answered));
          },
          (error: unknown) => answer(() => reject(asError(error))),
        );
      });
    });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function untilAnswered(ask: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}

/** All that follows by itself has followed. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

/** https://gist.github.com/tommyettinger/46a874533244883189143505d203312c, in the public domain. */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
