/**
 * Runs costly work a few pieces at a time. What waits stands in lanes - one an address - and the
 * lanes take turns, so that whoever sends a flood waits behind its own. When there is no room left,
 * the longest lane gives up its last piece for one of a shorter lane.
 */
export type Ran<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'crowded' };

interface Waiting {
  readonly start: () => void;
  readonly giveUp: () => void;
}

/** See the head of the file. */
export class FairQueue {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  /** In the order of their turns; no lane is empty. */
  readonly #lanes = new Map<string, Waiting[]>();
  #running = 0;
  #waiting = 0;

  constructor(bounds: { readonly runningMax: number; readonly waitingMax: number }) {
    this.#runningMax = bounds.runningMax;
    this.#waitingMax = bounds.waitingMax;
  }

  /** Runs the work in its turn. `crowded`: it was not begun, for want of room. */
  async run<T>(lane: string, work: () => Promise<T>): Promise<Ran<T>> {
    if (this.#running < this.#runningMax) this.#running += 1;
    else if (!(await this.#turn(lane))) return { kind: 'crowded' };
    return { kind: 'done', value: await this.#perform(work) };
  }

  /** Runs it now, whatever else runs: for work that is bounded elsewhere. */
  runNow<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    return this.#perform(work);
  }

  /** Work whose place is taken already. */
  async #perform<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  #turn(lane: string): Promise<boolean> {
    if (this.#waiting >= this.#waitingMax && !this.#makeRoom(lane)) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting = { start: () => resolve(true), giveUp: () => resolve(false) };
    const queue = this.#lanes.get(lane);
    if (queue === undefined) this.#lanes.set(lane, [waiting]);
    else queue.push(waiting);
    this.#waiting += 1;
    return promise;
  }

  /** Sends the last of the longest lane away, if that is longer than this lane would be. */
  #makeRoom(lane: string): boolean {
    const mine = this.#lanes.get(lane)?.length ?? 0;
    let longest: Waiting[] = [];
    for (const queue of this.#lanes.values()) if (queue.length > longest.length) longest = queue;
    if (longest.length <= mine + 1) return false;
    longest.pop()?.giveUp();
    this.#waiting -= 1;
    return true;
  }

  #next(): void {
    // There is one place at most: whoever waits came when there was none.
    if (this.#running >= this.#runningMax) return;
    const [entry] = this.#lanes;
    if (entry === undefined) return;
    const [lane, queue] = entry;
    const waiting = queue.shift();
    this.#waiting -= 1;
    // To the end of the order, or out of it.
    this.#lanes.delete(lane);
    if (queue.length > 0) this.#lanes.set(lane, queue);
    // The place is taken here and now: nobody slips in before the work begins.
    this.#running += 1;
    waiting?.start();
  }
}
