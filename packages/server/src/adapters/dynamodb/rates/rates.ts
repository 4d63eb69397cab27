/**
 * The store of rate limits over the table, for any number of processes on any machines. Each
 * process takes shares of limits and gives them out by itself (`share-desk.ts`).
 *
 * The error has one side: what all processes admit together is never more than the limit. A process
 * may refuse early, by at most what others have taken and not used; that comes back after
 * `shareMs + lingerMs`. What a process took that has died refills as if it had been used, and of a
 * window it comes back with the next one. Times are those of the machines' clocks.
 */
import type { ShareDecision, ShareRule } from '@tollkeeper/core';
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import type {
  Counted,
  FinishRates,
  RateParty,
  RateStore,
  TakenRates,
  TakeRates,
} from '../../../ports/rate-store.ts';
import type { WindowRule } from '@tollkeeper/core';
import { Backoff } from '../items/backoff.ts';
import { itemPages } from '../items/item-pages.ts';
import type { Item } from '../items/items.ts';
import { PartyHolding, type Refusals, type TakeCall } from './party-holding.ts';
import {
  HOLDERS_PARTITION,
  partyOfSlots,
  ratesOf,
  ratesToItem,
  slotsOf,
  slotsPartition,
} from './rate-items.ts';
import { SHARE_TIMING, ShareDesk, type DeskParts, type ShareTiming } from './share-desk.ts';
import { WindowHolding, type CountCall } from './window-holding.ts';

export interface DynamoRatesParts extends Omit<DeskParts, 'timing'> {
  readonly timing?: ShareTiming;
  readonly sharing?: ShareRule;
}

/** A share is at most an eighth of what is free. */
export const SHARING: ShareRule = { parts: 8 };

/** Limits of which something is remembered at most; beyond that the oldest ones are let go. */
const DESKS_MAX = 100_000;

interface PartyDesk {
  readonly instanceId: string;
  readonly desk: ShareDesk<TakeCall, ShareDecision>;
  readonly holding: PartyHolding;
}

/** Opens the store of rates. `close` brings back what is unused; it leaves the table open. */
export function openDynamoRates(parts: DynamoRatesParts): RateStore {
  const { timing = SHARE_TIMING, sharing = SHARING } = parts;
  return new DynamoRates({ ...parts, timing }, sharing);
}

class DynamoRates implements RateStore {
  readonly #parts: DeskParts;
  readonly #sharing: ShareRule;
  readonly #windows = new Map<string, ShareDesk<CountCall, Counted>>();
  readonly #parties = new Map<string, PartyDesk>();
  readonly #refusals: Refusals = new Map();

  constructor(parts: DeskParts, sharing: ShareRule) {
    this.#parts = parts;
    this.#sharing = sharing;
  }

  async count(key: string, rule: WindowRule, at: number): Promise<Counted> {
    const desk = this.#windowDesk(key);
    return desk.local({ rule, at }) ?? desk.ask({ rule, at });
  }

  async take({ instance_id, parties, tokens, at }: TakeRates): Promise<TakenRates> {
    const asked = parties.map(({ id, limits }) => {
      return { ...this.#partyDesk(instance_id, id), call: { limits, tokens, at } };
    });
    for (const [party, { holding, call }] of asked.entries()) {
      const refused = holding.refusal(call);
      if (refused !== undefined) return { ...refused, party };
    }
    if (asked.every(({ holding, call }) => holding.charge(call) !== undefined)) {
      const local = asked.map(({ desk, call }) => desk.local(call));
      if (local.every((decision) => decision !== undefined)) return this.#joined(parties, local);
      this.#giveBack(instance_id, parties, local, at);
    }
    return this.#ask(instance_id, asked, parties, at);
  }

  finish({ instance_id, parties, charged, used, at }: FinishRates): void {
    for (const [index, { id, limits }] of parties.entries()) {
      const { desk, holding } = this.#partyDesk(instance_id, id);
      holding.end({ limits, charged: charged[index] ?? 0, used, at });
      if (holding.pressing) desk.exchange();
    }
  }

  async instances(): Promise<readonly string[]> {
    const found: string[] = [];
    for await (const page of itemPages(this.#parts.items, { pk: HOLDERS_PARTITION })) {
      for (const { sk } of page) found.push(sk);
    }
    return found;
  }

  async endInstance(instanceId: string): Promise<void> {
    for (const party of this.#parties.values()) {
      if (party.instanceId === instanceId) party.holding.endRunning();
    }
    const pk = slotsPartition(instanceId);
    for await (const page of itemPages(this.#parts.items, { pk })) {
      for (const slots of page) await this.#endSlots(slots);
    }
    await this.#parts.items.writeEach([
      { op: 'delete', key: { pk: HOLDERS_PARTITION, sk: instanceId } },
    ]);
  }

  async close(): Promise<void> {
    const desks = [...this.#parties.values()].map(({ desk }) => desk);
    await Promise.all([...this.#windows.values(), ...desks].map((desk) => desk.flush()));
    this.#windows.clear();
    this.#parties.clear();
  }

  /** Asks every party at once; what some give when another refuses goes back. */
  async #ask(
    instanceId: string,
    asked: readonly (PartyDesk & { readonly call: TakeCall })[],
    parties: readonly RateParty[],
    at: number,
  ): Promise<TakenRates> {
    const answers = await Promise.allSettled(
      asked.map(async ({ desk, call }) => desk.local(call) ?? desk.ask(call)),
    );
    const decisions = answers.map((answer) =>
      answer.status === 'fulfilled' ? answer.value : undefined,
    );
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed === undefined && decisions.every((decision) => decision?.kind === 'admitted')) {
      return this.#joined(parties, decisions);
    }
    this.#giveBack(instanceId, parties, decisions, at);
    for (const [party, decision] of decisions.entries()) {
      if (decision?.kind === 'refused') return { ...decision, party };
    }
    throw failed?.reason ?? new StoreUnavailable('The store of rates gave no answer.');
  }

  #joined(
    parties: readonly RateParty[],
    decisions: readonly (ShareDecision | undefined)[],
  ): TakenRates {
    const charged = parties.map((_, index) => {
      const decision = decisions[index];
      return decision?.kind === 'admitted' ? decision.charged : 0;
    });
    return { kind: 'admitted', charged };
  }

  #giveBack(
    instanceId: string,
    parties: readonly RateParty[],
    decisions: readonly (ShareDecision | undefined)[],
    at: number,
  ): void {
    for (const [index, party] of parties.entries()) {
      const decision = decisions[index];
      if (decision?.kind !== 'admitted') continue;
      this.finish({
        ...{ instance_id: instanceId, parties: [party], charged: [decision.charged] },
        ...{ used: 'none', at },
      });
    }
  }

  /** Takes the slots of a dead instance off a party, once. */
  async #endSlots(found: Item): Promise<void> {
    const { items, clock, ids, timing } = this.#parts;
    const key = { pk: found.pk, sk: found.sk };
    const backoff = new Backoff(this.#parts, timing.patience);
    while (true) {
      const [party, slots] = await items.get([partyOfSlots(found), key]);
      if (slots === undefined) return;
      const shared = ratesOf(party);
      const left = Math.max(0, shared.slots - slotsOf(slots));
      const attributes = ratesToItem({ ...shared, slots: left }, clock.now());
      const gone = { op: 'delete', key, condition: { kind: 'version', v: slots.v } } as const;
      const outcome = await items.transact(
        party === undefined
          ? [gone]
          : [
              {
                op: 'put',
                item: { ...attributes, pk: party.pk, sk: party.sk, v: party.v + 1 },
                condition: { kind: 'version', v: party.v },
              },
              gone,
            ],
        ids.uuid(),
      );
      if (outcome.kind === 'committed') return;
      if (!backoff.failed()) throw new StoreUnavailable('Slots could not be freed.');
      await backoff.pause();
    }
  }

  #windowDesk(key: string): ShareDesk<CountCall, Counted> {
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    const { clock, timing } = this.#parts;
    const holding = new WindowHolding(key, clock, timing, this.#sharing);
    const desk = new ShareDesk(this.#parts, holding, () => void this.#windows.delete(key));
    this.#windows.set(key, desk);
    letGo(
      this.#windows,
      (oldest) => oldest,
      () => true,
    );
    return desk;
  }

  #partyDesk(instanceId: string, party: string): PartyDesk {
    const id = `${instanceId}\u0000${party}`;
    const known = this.#parties.get(id);
    if (known !== undefined) return known;
    const { clock, timing } = this.#parts;
    const of = { instanceId, party, refusals: this.#refusals };
    const holding = new PartyHolding(of, clock, timing, this.#sharing);
    const desk = new ShareDesk(this.#parts, holding, () => {
      this.#parties.delete(id);
      this.#refusals.delete(party);
    });
    const made = { instanceId, desk, holding };
    this.#parties.set(id, made);
    letGo(
      this.#parties,
      ({ desk: oldest }) => oldest,
      ({ holding }) => holding.open === 0,
    );
    return made;
  }
}

/** Of too many, the one that was there first, if it may go: what it has not used lapses. */
function letGo<T, C, A>(
  desks: Map<string, T>,
  deskOf: (one: T) => ShareDesk<C, A>,
  mayGo: (one: T) => boolean,
): void {
  if (desks.size <= DESKS_MAX) return;
  const [first] = desks;
  if (first === undefined) return;
  const [id, one] = first;
  desks.delete(id);
  if (mayGo(one)) void deskOf(one).flush();
  else desks.set(id, one);
}
