/**
 * Carries one group of commands out: fetches what they read, runs them one on top of the other,
 * and sends the outcome as one transaction, until it has happened or nothing can be made of it.
 *
 * A cancelled transaction says of each item why. An item that had changed is taken from there, and
 * the commands decide again by it at once. Items that others are just writing, or that are
 * throttled, cost a pause; the commands that do not touch them go ahead without the others. A part
 * that DynamoDB will never take is answered alone. When the answer is lost, the same transaction is
 * sent again under the same token, so that it happens once.
 */
import type { Ids } from '../../../ports/ids.ts';
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import { Backoff, type Chances, type Patience, pause } from '../items/backoff.ts';
import { type Pass, type Pending, runGroup } from './group-pass.ts';
import { GroupReads } from './group-reads.ts';
import {
  isFinal,
  type Item,
  type ItemKey,
  type Items,
  type Reason,
  type Transacted,
  type Write,
} from '../items/items.ts';
import type { KeyLocks, KeyTicket } from './key-locks.ts';
import { REVISIONS } from '../items/keys.ts';
import { idOfKey, type KnownItems } from '../items/known-items.ts';
import {
  budgetsRevision,
  Fenced,
  laneKey,
  type Lanes,
  laneVerdict,
  type News,
  TransactionRefused,
} from './lanes.ts';

/** What all groups of a store share. */
export interface GroupParts extends Chances {
  readonly items: Items;
  readonly ids: Ids;
  readonly lanes: Lanes;
  readonly news: News;
  readonly known: KnownItems;
  readonly locks: KeyLocks;
  readonly patience: Patience;
}

/** For whom a group is: the lane is its own meanwhile. */
export interface Lane {
  readonly instance_id: string;
  readonly number: number;
  readonly when_fenced: 'reject' | 'by_revision';
}

/** What to do after a transaction was sent. */
type Next =
  | { readonly kind: 'done' }
  | { readonly kind: 'again' }
  | { readonly kind: 'pause' }
  /** One part after the other, the last one after a pause if so. */
  | {
      readonly kind: 'split';
      readonly parts: readonly (readonly Pending[])[];
      readonly pause: boolean;
    };

/**
 * Transactions that only stale items cancelled are repeated so often without a pause: somebody got
 * ahead, and whoever waits now would be behind again.
 */
const STALE_WITHOUT_PAUSE = 8;
const STALE_PAUSE_MS = 16;
const TOO_BUSY = 'The table is too busy: others write the same items.';
const REVISIONS_ID = idOfKey(REVISIONS);

/**
 * Answers every command but those for which there was no room, which are returned. Never rejects.
 */
export async function carryOut(
  parts: GroupParts,
  lane: Lane | undefined,
  work: readonly Pending[],
): Promise<readonly Pending[]> {
  const group = new GroupRun(parts, lane, work);
  try {
    return await group.carry();
  } catch (error) {
    group.rejectAll(error instanceof Error ? error : new Error(String(error)));
    return group.later;
  } finally {
    group.release();
  }
}

class GroupRun {
  /** What there was no room for. */
  readonly later: Pending[] = [];
  readonly #parts: GroupParts;
  readonly #lane: Lane | undefined;
  readonly #backoff: Backoff;
  /** What is not answered yet. */
  #work: readonly Pending[];
  readonly #reads: GroupReads;
  #ticket: KeyTicket | undefined;
  /** Under which the instance acts; undefined: without a lane, or by the revision of budgets. */
  #epoch: number | undefined;
  #stale = 0;

  constructor(parts: GroupParts, lane: Lane | undefined, work: readonly Pending[]) {
    this.#parts = parts;
    this.#lane = lane;
    this.#work = work;
    this.#backoff = new Backoff(parts, parts.patience);
    this.#reads = new GroupReads(parts, this.#backoff);
  }

  rejectAll(error: Error): void {
    for (const pending of this.#work) pending.reject(error);
    this.#work = [];
  }

  release(): void {
    this.#ticket?.release();
    this.#ticket = undefined;
  }

  async carry(): Promise<readonly Pending[]> {
    await this.#enter();
    await this.#reads.ahead(this.#work);
    while (this.#work.length > 0) {
      if (this.#byRevision()) await this.#catchUpWithAll();
      const known = this.#parts.news.known();
      const token = this.#parts.ids.uuid();
      const pass = runGroup(this.#work, this.#reads.source, versionOf(token));
      if (pass.missing.keys.size > 0 || pass.missing.queries.size > 0) {
        await this.#reads.fetch(pass.missing.keys.values(), pass.missing.queries.values());
        continue;
      }
      this.#settleWith(pass);
      if (pass.writes.length === 0) {
        if (await this.#mayAnswer(known)) this.#answer(pass);
      } else if (this.#ownsKeysOf(pass)) {
        await this.#goOn(await this.#send(pass, known, token));
      } else {
        await this.#waitForKeys(pass);
      }
    }
    return this.later;
  }

  /** Finds out under which epoch the instance acts. */
  async #enter(): Promise<void> {
    if (this.#lane === undefined) return;
    const { instance_id, when_fenced } = this.#lane;
    this.#epoch = await this.#parts.lanes.open(instance_id);
    if (this.#epoch === undefined && when_fenced === 'reject') {
      this.rejectAll(new Fenced(`The instance ${instance_id} was taken for dead.`));
    }
  }

  /** The epoch is over: the next one, if there is one. */
  async #enterAgain(): Promise<void> {
    if (this.#lane === undefined || this.#epoch === undefined) return;
    this.#reads.forget([idOfKey(this.#laneKey(this.#lane))]);
    this.#parts.lanes.lost(this.#lane.instance_id, this.#epoch);
    await this.#enter();
  }

  #byRevision(): boolean {
    return this.#lane !== undefined && this.#epoch === undefined;
  }

  async #catchUpWithAll(): Promise<void> {
    while (!this.#reads.fresh.has(REVISIONS_ID)) await this.#reads.fetch([REVISIONS], []);
    const newest = budgetsRevision(this.#reads.fresh.get(REVISIONS_ID));
    if (newest > this.#parts.news.known()) await this.#parts.news.catchUp(newest);
  }

  /** Takes out what will never be decided, and what there is no room for. */
  #settleWith({ decided, refused, left }: Pass): void {
    for (const { pending, error } of refused) pending.reject(error);
    this.later.unshift(...left);
    this.#work = decided.map(({ pending }) => pending);
  }

  #answer({ decided }: Pass): void {
    this.#work = [];
    for (const { pending, ran } of decided) pending.resolve(ran.answer);
  }

  /** Whether answers hold of which nothing is written: not those of a fenced instance, or old. */
  async #mayAnswer(known: number): Promise<boolean> {
    if (this.#lane === undefined || this.#epoch === undefined) return true;
    const key = this.#laneKey(this.#lane);
    while (!this.#reads.fresh.has(idOfKey(key))) await this.#reads.fetch([key], []);
    const verdict = laneVerdict(this.#reads.fresh.get(idOfKey(key)), this.#epoch, known);
    if (verdict.kind === 'fenced') await this.#enterAgain();
    if (verdict.kind === 'news') await this.#parts.news.catchUp(verdict.revision);
    return verdict.kind === 'free';
  }

  #ownsKeysOf({ writes }: Pass): boolean {
    const ids = writes.map(({ id }) => id);
    if (this.#ticket === undefined) {
      this.#ticket = this.#parts.locks.take(ids);
      return this.#ticket.granted;
    }
    return this.#ticket.covers(ids) || this.#ticket.extend(ids);
  }

  /** Others of this process are writing there: what they leave is what counts. */
  async #waitForKeys({ writes }: Pass): Promise<void> {
    const ids = writes.map(({ id }) => id);
    if (this.#ticket?.covers(ids) !== true) {
      this.release();
      this.#ticket = this.#parts.locks.take(ids);
    }
    await this.#ticket?.ready;
    this.#reads.forget(ids);
  }

  /** Sends until it is known what has become of it. */
  async #send(pass: Pass, known: number, token: string): Promise<Next> {
    const fence = this.#fence(pass, known);
    const writes = pass.writes.map(({ write }) => write);
    if (fence !== undefined) writes.push(fence);
    let lostAnswers = 0;
    for (;;) {
      let outcome: Transacted;
      try {
        outcome = await this.#parts.items.transact(writes, token);
      } catch (error) {
        lostAnswers += 1;
        await this.#afterFailure(error, pass);
        continue;
      }
      if (lostAnswers > 0 && !isFinal(outcome)) {
        // One whose answer was lost may still happen: only under its token does it happen once.
        await this.#afterFailure(new StoreUnavailable('DynamoDB is too busy.'), pass);
        continue;
      }
      if (outcome.kind === 'committed') return this.#committed(pass);
      if (outcome.kind === 'throttled') return { kind: 'pause' };
      return this.#cancelled(pass, writes, outcome.reasons);
    }
  }

  async #afterFailure(error: unknown, { writes }: Pass): Promise<void> {
    if (error instanceof StoreUnavailable && this.#backoff.failed()) {
      await this.#backoff.pause();
      // A process that stood still meanwhile may have outlived the token.
      if (!this.#backoff.isOver()) return;
    }
    for (const { id } of writes) this.#parts.known.set(id, undefined);
    throw error;
  }

  /** What the transaction checks besides. */
  #fence({ writes }: Pass, known: number): Write | undefined {
    if (this.#lane === undefined) return undefined;
    if (this.#epoch !== undefined) {
      const condition = { kind: 'unfenced', epoch: this.#epoch, known } as const;
      return { op: 'check', key: this.#laneKey(this.#lane), condition };
    }
    if (writes.some(({ id }) => id === REVISIONS_ID)) return undefined;
    const item = this.#reads.fresh.get(REVISIONS_ID);
    return {
      op: 'check',
      key: REVISIONS,
      condition: item === undefined ? { kind: 'absent' } : { kind: 'version', v: item.v },
    };
  }

  #committed(pass: Pass): Next {
    for (const { id, write, after } of pass.writes) {
      if (write.op !== 'check') this.#parts.known.set(id, after);
    }
    this.#answer(pass);
    return { kind: 'done' };
  }

  async #cancelled(
    pass: Pass,
    writes: readonly Write[],
    reasons: readonly Reason[],
  ): Promise<Next> {
    const busy = new Set<string>();
    const never = new Set<string>();
    let message = '';
    for (const [index, reason] of reasons.entries()) {
      const write = writes[index];
      if (write === undefined) continue;
      const id = idOfKey(write.op === 'put' ? write.item : write.key);
      if (reason.kind === 'condition') await this.#changed(id, write, reason.item);
      if (reason.kind === 'conflict' || reason.kind === 'throttled') busy.add(id);
      if (reason.kind === 'invalid') {
        never.add(id);
        ({ message } = reason);
      }
    }
    if (never.size > 0) return this.#withoutInvalid(pass, never, message);
    if (busy.size > 0) return splitOff(pass, busy) ?? { kind: 'pause' };
    return this.#afterStale();
  }

  async #afterStale(): Promise<Next> {
    if (this.#backoff.isOver()) throw new StoreUnavailable(TOO_BUSY);
    this.#stale += 1;
    if (this.#stale % STALE_WITHOUT_PAUSE === 0) {
      await pause(this.#parts.clock, STALE_PAUSE_MS * this.#parts.random());
    }
    return { kind: 'again' };
  }

  /** The item is not what it was taken for. */
  async #changed(id: string, write: Write, item: Item | undefined): Promise<void> {
    this.#reads.changed(id, item);
    if (write.condition?.kind !== 'unfenced') return;
    const verdict = laneVerdict(item, write.condition.epoch, write.condition.known);
    if (verdict.kind === 'fenced') await this.#enterAgain();
    if (verdict.kind === 'news') await this.#parts.news.catchUp(verdict.revision);
  }

  #withoutInvalid({ decided }: Pass, never: ReadonlySet<string>, message: string): Next {
    const [only, ...others] = decided;
    if (only === undefined || others.length === 0) {
      this.rejectAll(new TransactionRefused(message));
      return { kind: 'done' };
    }
    const bad = decided.filter(({ ran }) => [...ran.touches].some((id) => never.has(id)));
    const good = decided.filter((one) => !bad.includes(one));
    const parts = [good, ...bad.map((one) => [one])].filter((part) => part.length > 0);
    return { kind: 'split', parts: parts.map(pendingsOf), pause: false };
  }

  async #goOn(next: Next): Promise<void> {
    if (next.kind === 'pause') await this.#pause();
    if (next.kind !== 'split') return;
    this.release();
    this.#work = [];
    for (const [index, part] of next.parts.entries()) {
      if (next.pause && index === next.parts.length - 1) await this.#backoff.pause();
      this.later.push(...(await carryOut(this.#parts, this.#lane, part)));
    }
  }

  async #pause(): Promise<void> {
    if (!this.#backoff.failed()) {
      throw new StoreUnavailable(TOO_BUSY);
    }
    await this.#backoff.pause();
  }

  #laneKey({ instance_id, number }: Lane): ItemKey {
    return laneKey(instance_id, number);
  }
}

/** Those that do not touch what is busy first, without the others; undefined: all do, or none. */
function splitOff({ decided }: Pass, busy: ReadonlySet<string>): Next | undefined {
  const stopped = decided.filter(({ ran }) => [...ran.touches].some((id) => busy.has(id)));
  if (stopped.length === 0 || stopped.length === decided.length) return undefined;
  const free = decided.filter((one) => !stopped.includes(one));
  return { kind: 'split', parts: [free, stopped].map(pendingsOf), pause: true };
}

const pendingsOf = (decided: Pass['decided']): readonly Pending[] =>
  decided.map(({ pending }) => pending);

/** A number for items that were not there before: 48 bits that no other transaction has. */
function versionOf(token: string): number {
  return Number.parseInt(token.slice(-12), 16) + 1;
}
