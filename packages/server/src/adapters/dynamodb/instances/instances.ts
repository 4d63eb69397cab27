/**
 * Instances: who may act, who is alive, and who is certainly dead, by items of the table alone. No
 * two clocks are ever compared.
 *
 * An instance is registered under a name, with its lanes (see `lanes.ts`), by the process that
 * first acts for it. While that process lives it raises the version of the instance's head, three
 * times in `leaseMs`. Every process looks at the heads of the others as often. A head whose version
 * stays the same for `leaseMs` on the looker's own monotonic clock is fenced: one transaction over
 * the head, on condition that it is still the same, and all the lanes. Time in which the looker
 * itself did not get an answer does not count, or everybody would fence everybody after the table
 * was away.
 *
 *   alive      its process acts and raises the version.
 *   fenced     nothing more can happen in its name. Whoever looks settles what it had intended and
 *              ends its leases.
 *   recovered  that is done. The item goes by itself after some days.
 *
 * A process that was taken for dead and lives goes on under a new name at once: names are never
 * used again, so that a slow recovery of the old one cannot touch what is intended under the new
 * one. What it had intended is settled by recovery, and its own settlements of that come as
 * corrections. What a fenced instance held in leases is gone.
 */
import type { Timer } from '../../../ports/clock.ts';
import type { Ids } from '../../../ports/ids.ts';
import type { InstanceLocks } from '../../../ports/instance-locks.ts';
import { type Chances, pause } from '../items/backoff.ts';
import { inParallel } from '../entries/entry-reading.ts';
import {
  allHeads,
  fencedLane,
  type Head,
  headOf,
  headWrite,
  lanesOf,
  registering,
} from './instance-heads.ts';
import type { ItemKey, Items, Transacted, Write } from '../items/items.ts';
import { instanceKey, REVISIONS } from '../items/keys.ts';
import { budgetsRevision, type Lanes, type News } from '../groups/lanes.ts';
import { writeUntilSettled } from '../items/settled-write.ts';
import { Watch } from './watch.ts';

export interface InstancesParts extends Chances {
  readonly items: Items;
  readonly ids: Ids;
  readonly news: News;
  /** How long an instance may be silent. */
  readonly leaseMs: number;
  readonly laneCount: number;
}

/** Heartbeats in the time that an instance may be silent. */
const BEATS = 3;
/** How often one is tried at once. */
const BEAT_TRIES = 3;

/** An instance for which this process acts. */
interface Own {
  readonly of: string;
  /** Under which it acts now. */
  name: string;
  /** It was given back: nothing happens in its name any more. */
  released: boolean;
}

export class Instances implements Lanes {
  readonly count: number;
  readonly #parts: InstancesParts;
  readonly #own = new Map<string, Own>();
  /** By name: what is known of those under which this process acts. */
  readonly #heads = new Map<string, Promise<Head | undefined>>();
  readonly #watch: Watch;
  readonly #endings: Promise<unknown>[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: InstancesParts) {
    this.#parts = parts;
    this.count = parts.laneCount;
    this.#watch = new Watch(parts);
  }

  /** The name under which this process acts for an instance now. */
  nameOf(instanceId: string): string {
    return this.#ownOf(instanceId).name;
  }

  async open(name: string): Promise<number | undefined> {
    const met = this.#heads.get(name) ?? this.#meet(name);
    this.#heads.set(name, met);
    try {
      const head = await met;
      if (head === undefined) this.#goOnUnderAnother(name);
      return head?.epoch;
    } catch (error) {
      this.#heads.delete(name);
      throw error;
    }
  }

  lost(name: string): void {
    this.#heads.set(name, Promise.resolve(undefined));
    this.#goOnUnderAnother(name);
  }

  /**
   * Makes a revision of budgets known to every instance that runs: when this resolves, nothing
   * happens any more that was decided by older definitions.
   */
  async push(revision: number): Promise<void> {
    const heads = await allHeads(this.#parts.items);
    const alive = heads.filter(({ state }) => state === 'alive');
    await inParallel(
      alive.flatMap(({ name, lanes }) => lanesOf(name, lanes)),
      (lane) => this.#tell(lane, revision),
    );
  }

  /** Registers an instance for which this process acts. It lives from now on, and looks. */
  async join(instanceId: string): Promise<InstanceLocks> {
    // One that was there before, and is dead, goes on under another name.
    const epoch = await this.open(this.nameOf(instanceId));
    if (epoch === undefined) await this.open(this.nameOf(instanceId));
    return {
      dead: () => this.dead(),
      lives: (id) => this.lives(id),
      forget: (name) => this.forget(name),
      release: (left = 'settled') =>
        this.release(instanceId, left === 'settled' ? 'recovered' : 'fenced'),
    };
  }

  /** Fences those that were silent for too long; the names of all that are fenced and left. */
  async dead(): Promise<readonly string[]> {
    if (!this.#watch.isDue()) return [];
    const heads = await this.#look();
    const fenced = new Set(heads.filter(({ state }) => state === 'fenced').map(({ name }) => name));
    await inParallel(this.#watch.silent(), async (head) => {
      if (await this.#end(head.name, 'fenced', head.v)) fenced.add(head.name);
    });
    return [...fenced].sort();
  }

  /** Whether an instance runs, under whichever name. */
  async lives(instanceId: string): Promise<boolean> {
    const own = this.#own.get(instanceId);
    if (own !== undefined && !own.released) return true;
    const heads = await allHeads(this.#parts.items);
    return heads.some(
      ({ name, of, state }) => state === 'alive' && (name === instanceId || of === instanceId),
    );
  }

  /** A fenced instance has been dealt with. Nothing happens to one that is alive. */
  async forget(name: string): Promise<void> {
    await writeUntilSettled(this.#parts, async () => {
      const head = await this.#headNow(name);
      if (head?.state !== 'fenced') return undefined;
      return [headWrite(head, 'recovered', this.#parts.clock.now())];
    });
  }

  /**
   * Gives an instance back, so that nothing more happens in its name. `recovered`: nothing of it is
   * left; `fenced`: whoever looks next recovers what is. It has happened when `close` resolves.
   */
  release(instanceId: string, state: 'fenced' | 'recovered'): void {
    const own = this.#ownOf(instanceId);
    if (own.released) return;
    own.released = true;
    const met = this.#heads.get(own.name);
    this.#heads.set(own.name, Promise.resolve(undefined));
    if (met === undefined) return;
    const ending = met.then((head) => head && this.#end(own.name, state));
    // Should it fail: who is silent is taken for dead.
    this.#endings.push(ending.catch(() => undefined));
  }

  /** Begins to tell that this process lives, and to look who else does. */
  start(): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = this.#parts.clock.after(this.#parts.leaseMs / BEATS, () => {
      this.#timer = undefined;
      // A beat that failed is made up for by the next.
      void this.beat()
        .catch(() => undefined)
        .then(() => this.start());
    });
  }

  /** One heartbeat of every own instance, and one look at the others. */
  async beat(): Promise<void> {
    const own = [...this.#own.values()].filter(({ released }) => !released);
    await Promise.all(own.map(({ name }) => this.#beatAs(name)));
    if (this.#watch.isDue()) await this.#look();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await Promise.all(this.#endings);
  }

  #ownOf(instanceId: string): Own {
    const known = this.#acting(instanceId) ?? this.#own.get(instanceId);
    if (known !== undefined) return known;
    const own = { of: instanceId, name: instanceId, released: false };
    this.#own.set(instanceId, own);
    return own;
  }

  /** Who acts under a name now. */
  #acting(name: string): Own | undefined {
    for (const own of this.#own.values()) if (own.name === name) return own;
    return undefined;
  }

  #goOnUnderAnother(name: string): void {
    const own = this.#acting(name);
    if (own !== undefined && !own.released) own.name = this.#parts.ids.uuid();
  }

  /** Registers a name, or finds it registered; undefined: it is over. */
  async #meet(name: string): Promise<Head | undefined> {
    const { items, news } = this.#parts;
    const { of } = this.#ownOf(name);
    let found: Head | undefined;
    await writeUntilSettled(this.#parts, async () => {
      const [head, revisions] = await items.get([instanceKey(name), REVISIONS]);
      found = head === undefined ? undefined : headOf(head);
      if (found !== undefined) return undefined;
      // Whoever changes budgets either sees this instance, or is seen by it.
      const newest = budgetsRevision(revisions);
      const asRead: Write = {
        op: 'check',
        key: REVISIONS,
        condition:
          revisions === undefined ? { kind: 'absent' } : { kind: 'version', v: revisions.v },
      };
      await news.catchUp(newest);
      const own = { name, of, lanes: this.count };
      return [...registering(own, newest, this.#parts.clock.now()), asRead];
    });
    found ??= await this.#headNow(name);
    this.start();
    // One with fewer lanes was made by others, in another way.
    return found?.state === 'alive' && found.lanes >= this.count ? found : undefined;
  }

  async #headNow(name: string): Promise<Head | undefined> {
    const [item] = await this.#parts.items.get([instanceKey(name)]);
    return item === undefined ? undefined : headOf(item);
  }

  /** Who there is; the silence of the others is noted. */
  async #look(): Promise<readonly Head[]> {
    const startedAt = this.#parts.clock.monotonic();
    const heads = await allHeads(this.#parts.items);
    const own = new Set([...this.#own.values()].map(({ name }) => name));
    const others = heads.filter(({ name, state }) => state === 'alive' && !own.has(name));
    this.#watch.note(others, startedAt);
    return heads;
  }

  /**
   * Ends what can happen in a name. With `seen`: only if its head is of that version still. False
   * when it was not, or had ended before.
   */
  async #end(name: string, state: 'fenced' | 'recovered', seen?: number): Promise<boolean> {
    const { items, clock } = this.#parts;
    return writeUntilSettled(this.#parts, async () => {
      const head = await this.#headNow(name);
      if (head?.state !== 'alive' || (seen !== undefined && head.v !== seen)) return undefined;
      const keys = lanesOf(name, head.lanes);
      const lanes = await items.get(keys);
      const at = clock.now();
      return [
        headWrite(head, state, at),
        ...keys.map((key, index) => fencedLane(key, lanes[index], at)),
      ];
    });
  }

  async #tell(key: ItemKey, revision: number): Promise<void> {
    await writeUntilSettled(this.#parts, async () => {
      const [lane] = await this.#parts.items.get([key]);
      if (lane === undefined || lane.fenced !== undefined) return undefined;
      if (Number(lane.must_know ?? 0) >= revision) return undefined;
      const item = { ...lane, v: lane.v + 1, must_know: revision };
      return [{ op: 'put', item, condition: { kind: 'version', v: lane.v } }];
    });
  }

  async #beatAs(name: string): Promise<void> {
    const { items, ids, clock } = this.#parts;
    for (let tries = 0; tries < BEAT_TRIES; tries += 1) {
      const met = this.#heads.get(name);
      const head = await met?.catch(() => undefined);
      if (head === undefined) return;
      const write = headWrite(head, 'alive', clock.now());
      let outcome: Transacted | undefined;
      try {
        outcome = await items.transact([write], ids.uuid());
      } catch {
        // It may have happened: the next one finds out.
      }
      // Meanwhile it was lost, or given back.
      if (this.#heads.get(name) !== met) return;
      const next = afterBeat(head, outcome);
      if (next === undefined) this.lost(name);
      else this.#heads.set(name, Promise.resolve(next));
      if (next === undefined || next.v !== head.v) return;
      await pause(clock, this.#parts.leaseMs / BEATS / BEAT_TRIES / 2);
    }
  }
}

/** The head after a heartbeat, as far as is known; undefined: the instance is over. */
function afterBeat(head: Head, outcome: Transacted | undefined): Head | undefined {
  if (outcome?.kind === 'committed') return { ...head, v: head.v + 1 };
  const reason = outcome?.kind === 'cancelled' ? outcome.reasons[0] : undefined;
  if (reason?.kind !== 'condition') return head;
  const now = reason.item === undefined ? undefined : headOf(reason.item);
  return now?.state === 'alive' && now.epoch === head.epoch ? now : undefined;
}
