/**
 * Where calls of this process ask one item of the table for their part of a limit: out of the share
 * that the process has of it, as long as there is enough and it is not too old; else by an
 * exchange, one at a time, which serves all calls that wait for it.
 *
 * An exchange is one transaction, on condition that the items are as they were read. It ends the
 * share, brings back what is unused, admits what waits and takes the next share. While it is on its
 * way nothing is given out. When its outcome is not known, what it brought and what it took are
 * both given up: they lapse, and nobody has more than the limit.
 */
import type { Clock, Timer } from '../../../ports/clock.ts';
import type { Ids } from '../../../ports/ids.ts';
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import { Backoff, type Patience } from '../items/backoff.ts';
import type { Item, ItemKey, Items, Transacted, Write } from '../items/items.ts';
import { untilKnown } from '../items/settled-write.ts';
import type { Attributes } from '../groups/transactions.ts';

export interface DeskParts {
  readonly items: Items;
  readonly clock: Clock;
  readonly ids: Ids;
  /** From 0 inclusive to 1 exclusive. */
  readonly random: () => number;
  readonly timing: ShareTiming;
}

export interface ShareTiming {
  /** A share is given out for so long after it was asked for. */
  readonly shareMs: number;
  /** After that, what is unused goes back when no call has come for so long. */
  readonly lingerMs: number;
  /** A refusal is repeated for so long without asking again. */
  readonly refusalMs: number;
  readonly patience: Patience;
}

export const SHARE_TIMING: ShareTiming = {
  shareMs: 2_000,
  lingerMs: 1_000,
  refusalMs: 200,
  patience: { ms: 2_000, tries: 60, firstPauseMs: 4, longestPauseMs: 100 },
};

/** What an exchange makes of the items, and what it answers. */
export interface Exchanged<Answer> {
  /** New attributes of each item, in the order of its keys; undefined: it stays as it is. */
  readonly items: readonly (Attributes | undefined)[];
  /** What else goes into the transaction. */
  readonly also?: readonly Write[];
  readonly answers: readonly Answer[];
  /** It has happened. `until`: how long what it took may be given out (monotonic). */
  done(until: number): void;
}

/** What a process has of one limit. */
export interface Holding<Call, Answer> {
  readonly keys: readonly ItemKey[];
  /** Answers from memory; undefined: that is not possible. */
  local(call: Call): Answer | undefined;
  exchange(items: readonly (Item | undefined)[], calls: readonly Call[]): Exchanged<Answer>;
  /** The share is not given out any more: an exchange is on its way, or it was lost. */
  suspend(): void;
  /** What an exchange has brought is gone. */
  lost(): void;
  /** Whether there is nothing to bring back. */
  readonly empty: boolean;
  /** Whether there is nothing to remember either. */
  readonly resting: boolean;
}

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls that wait for one exchange at most. */
const WAITING_MAX = 10_000;

export class ShareDesk<Call, Answer> {
  readonly #parts: DeskParts;
  readonly #holding: Holding<Call, Answer>;
  readonly #leave: () => void;
  #waiting: Waiting<Call, Answer>[] = [];
  #running: Promise<void> | undefined;
  #wanted = false;
  /** The items as last seen; undefined: not known. */
  #items: readonly (Item | undefined)[] | undefined;
  /** Others write them too: what was last seen is hardly ever so any more. */
  #contended = false;
  #timer: Timer | undefined;
  #usedAt: number;
  #exchangedAt: number;

  /** `leave` is called when there is nothing to remember. */
  constructor(parts: DeskParts, holding: Holding<Call, Answer>, leave: () => void) {
    this.#parts = parts;
    this.#holding = holding;
    this.#leave = leave;
    this.#usedAt = parts.clock.monotonic();
    this.#exchangedAt = this.#usedAt;
    this.#schedule();
  }

  /** From memory and at once, if that is possible. */
  local(call: Call): Answer | undefined {
    this.#usedAt = this.#parts.clock.monotonic();
    return this.#waiting.length > 0 ? undefined : this.#holding.local(call);
  }

  /** Rejects with `StoreUnavailable` when the table does not answer in time. */
  ask(call: Call): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    if (this.#waiting.length >= WAITING_MAX) {
      return Promise.reject(new StoreUnavailable('Too many calls wait for the store of rates.'));
    }
    this.#waiting.push({ call, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Brings back what is unused. Never rejects; what fails is tried again later. */
  exchange(): void {
    this.#wanted = true;
    this.#running ??= this.#run();
  }

  /** As `exchange`, until all that was asked is done. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    if (!this.#holding.empty) this.exchange();
    while (this.#running !== undefined) await this.#running;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    while (this.#wanted || this.#waiting.length > 0) {
      this.#wanted = false;
      const work = this.#waiting.splice(0);
      try {
        const answers = await this.#exchange(work.map(({ call }) => call));
        for (const [index, { resolve, reject }] of work.entries()) {
          const answer = answers[index];
          if (answer === undefined) reject(new Error('An exchange left a call without an answer.'));
          else resolve(answer);
        }
      } catch (error) {
        this.#items = undefined;
        for (const { reject } of work) reject(error);
      }
      this.#serveFromMemory();
    }
    this.#running = undefined;
  }

  /** Those who came meanwhile, in their order. */
  #serveFromMemory(): void {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting;
      const answer = first === undefined ? undefined : this.#holding.local(first.call);
      if (answer === undefined) break;
      this.#waiting.shift();
      first?.resolve(answer);
    }
  }

  async #exchange(calls: readonly Call[]): Promise<readonly Answer[]> {
    const { items, clock, timing } = this.#parts;
    const { keys } = this.#holding;
    const backoff = new Backoff(this.#parts, timing.patience);
    this.#exchangedAt = clock.monotonic();
    this.#holding.suspend();
    let fresh = false;
    let stale = false;
    // A read costs a sixteenth of a transaction that is cancelled.
    const remembered = this.#items?.map((item) => item?.v);
    if (this.#contended) this.#items = undefined;
    while (true) {
      if (this.#items === undefined) {
        this.#items = await items.get(keys);
        fresh = true;
        const same = this.#items.every((item, index) => item?.v === remembered?.[index]);
        if (same) this.#contended = false;
      }
      const seen = this.#items;
      const sentAt = clock.monotonic();
      const exchanged = this.#holding.exchange(seen, calls);
      const sent = this.#writesOf(seen, exchanged);
      if (sent.writes.length === 0) {
        // What is refused, is refused by what is there now.
        if (!fresh) {
          this.#items = undefined;
          continue;
        }
        exchanged.done(sentAt + timing.shareMs);
        return exchanged.answers;
      }
      const outcome = await this.#send(sent.writes, backoff);
      if (outcome.kind === 'committed') {
        this.#items = sent.after;
        exchanged.done(sentAt + timing.shareMs);
        return exchanged.answers;
      }
      this.#items = this.#seenBy(outcome, sent.at, seen);
      if (!backoff.failed()) {
        throw new StoreUnavailable('Too many processes write the same limit.');
      }
      // Somebody else was first: the first time it is tried at once, by what is there now.
      if (stale || outcome.kind === 'throttled') await backoff.pause();
      stale = true;
      this.#contended = true;
    }
  }

  #writesOf(
    seen: readonly (Item | undefined)[],
    { items, also = [] }: Exchanged<Answer>,
  ): {
    readonly writes: readonly Write[];
    /** Of each write, which item it is. */
    readonly at: readonly number[];
    readonly after: readonly (Item | undefined)[];
  } {
    const writes: Write[] = [];
    const at: number[] = [];
    const after = [...seen];
    for (const [index, attributes] of items.entries()) {
      const key = this.#holding.keys[index];
      if (attributes === undefined || key === undefined) continue;
      const before = seen[index];
      const v = before === undefined ? this.#newVersion() : before.v + 1;
      const item = { ...attributes, ...key, v } as Item;
      const condition =
        before === undefined
          ? ({ kind: 'absent' } as const)
          : ({ kind: 'version', v: before.v } as const);
      writes.push({ op: 'put', item, condition });
      at.push(index);
      after[index] = item;
    }
    return { writes: [...writes, ...also], at, after };
  }

  /** Such that an item which was removed and made again is not taken for the old one. */
  #newVersion(): number {
    const { clock, random } = this.#parts;
    return clock.now() * 1_024 + Math.floor(random() * 1_024);
  }

  /** Sends until it is known what has become of it; else, the holding is told. */
  async #send(writes: readonly Write[], backoff: Backoff): Promise<Transacted> {
    try {
      return await untilKnown(this.#parts, writes, backoff);
    } catch (error) {
      this.#holding.lost();
      throw error;
    }
  }

  /** What is there, as far as the outcome tells; undefined: it has to be read. */
  #seenBy(
    outcome: Exclude<Transacted, { kind: 'committed' }>,
    at: readonly number[],
    seen: readonly (Item | undefined)[],
  ): readonly (Item | undefined)[] | undefined {
    if (outcome.kind === 'throttled') return seen;
    const items = [...seen];
    for (const [place, reason] of outcome.reasons.entries()) {
      const index = at[place];
      if (reason.kind === 'invalid') throw new Error(`A limit was not written: ${reason.message}`);
      if (reason.kind === 'condition' && index !== undefined) items[index] = reason.item;
    }
    return items;
  }

  /** Looks again when the share has ended and nobody has come any more. */
  #schedule(): void {
    const { clock, timing } = this.#parts;
    const lasts = timing.shareMs + timing.lingerMs;
    const left = this.#exchangedAt + lasts - clock.monotonic();
    this.#timer = clock.after(left > 0 ? left : lasts, () => {
      const now = clock.monotonic();
      const busy = this.#running !== undefined || now - this.#usedAt < lasts;
      if (this.#holding.resting && !busy) {
        this.#leave();
        return;
      }
      if (!this.#holding.empty && now - this.#exchangedAt >= lasts) this.exchange();
      this.#schedule();
    });
  }
}
