/**
 * The store of rate limits in memory, for one process: the oracle of the others, and what tests of
 * everything else run on.
 */
import {
  countRequest,
  finish,
  NO_TRAFFIC,
  takeBack,
  tryTakeJointly,
  type CountWindow,
  type RateState,
  type WindowRule,
} from '@tollkeeper/core';
import type {
  Counted,
  FinishRates,
  RateParty,
  RateStore,
  TakenRates,
  TakeRates,
} from '../../ports/rate-store.ts';

/** Opens an empty store. */
export function memoryRates(): RateStore {
  return new MemoryRates();
}

class MemoryRates implements RateStore {
  readonly #windows = new Map<string, CountWindow>();
  readonly #states = new Map<string, RateState>();
  /** Running requests by instance, then by party. */
  readonly #running = new Map<string, Map<string, number>>();

  async count(key: string, rule: WindowRule, at: number): Promise<Counted> {
    const decision = countRequest(this.#windows.get(key) ?? null, rule, at);
    this.#windows.set(key, decision.window);
    const { admitted, remaining, ends_at } = decision;
    return { admitted, remaining, ends_at };
  }

  async take({ instance_id, parties, tokens, at }: TakeRates): Promise<TakenRates> {
    const limited = parties.map((party) => ({ state: this.#stateOf(party), limits: party.limits }));
    const decision = tryTakeJointly(limited, at, tokens);
    if (decision.kind === 'refused') return decision;
    for (const [index, { state }] of decision.taken.entries()) {
      const party = parties[index];
      if (party === undefined) continue;
      this.#states.set(party.id, state);
      this.#run(instance_id, party, 1);
    }
    return { kind: 'admitted', charged: decision.taken.map(({ charged }) => charged) };
  }

  finish({ instance_id, parties, charged, used, at }: FinishRates): void {
    for (const [index, party] of parties.entries()) {
      const state = this.#stateOf(party);
      const taken = charged[index] ?? 0;
      const { limits } = party;
      const after =
        used === 'none'
          ? takeBack(state, limits, at, taken)
          : finish(state, limits, at, taken, used);
      this.#states.set(party.id, after);
      this.#run(instance_id, party, -1);
    }
  }

  async instances(): Promise<readonly string[]> {
    return [...this.#running.keys()];
  }

  async endInstance(instanceId: string): Promise<void> {
    this.#running.delete(instanceId);
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  #stateOf({ id }: RateParty): RateState {
    let running = 0;
    for (const counts of this.#running.values()) running += counts.get(id) ?? 0;
    return { ...(this.#states.get(id) ?? NO_TRAFFIC), running };
  }

  #run(instanceId: string, { id, limits }: RateParty, change: 1 | -1): void {
    if (limits.concurrent_requests === undefined) return;
    const counts = this.#running.get(instanceId) ?? new Map<string, number>();
    const count = (counts.get(id) ?? 0) + change;
    if (count > 0) counts.set(id, count);
    else counts.delete(id);
    if (counts.size > 0) this.#running.set(instanceId, counts);
    else this.#running.delete(instanceId);
  }
}
