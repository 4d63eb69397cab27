/**
 * Virtual time: everything that is to happen stands in one queue, and happens one after the other.
 * What is due at the same moment happens in an order that the seed chooses. Between two events all
 * promises run as far as they can, so that the only things which ever wait are events.
 */
import type { Random } from './random.ts';
import type { Trace } from './trace.ts';

/** Something that is to happen, and can be called off. */
export interface Planned {
  cancel(): void;
}

interface Event extends Planned {
  readonly at: number;
  /** Decides between events of the same moment. */
  readonly turn: number;
  /** Decides when even the turn is the same. */
  readonly order: number;
  readonly what: string;
  readonly happen: () => void;
  cancelled: boolean;
}

/** Events that happen before the loop of Node is asked for another turn. */
const TURNS_AT_ONCE = 64;

/** See the head of the file. Times are milliseconds since the beginning of the simulation. */
export class Timeline {
  readonly #random: Random;
  readonly #trace: Trace;
  /** A heap: every event comes before its children at 2i+1 and 2i+2. */
  readonly #heap: Event[] = [];
  #now = 0;
  #order = 0;
  #happened = 0;

  constructor(random: Random, trace: Trace) {
    this.#random = random;
    this.#trace = trace;
  }

  /** True time, which no process can read. */
  get now(): number {
    return this.#now;
  }

  /** Events so far. */
  get happened(): number {
    return this.#happened;
  }

  /** Plans an event in `ms` milliseconds. `what` says for the trace what it is. */
  after(ms: number, what: string, happen: () => void): Planned {
    return this.at(this.#now + Math.max(0, ms), what, happen);
  }

  /** Plans an event; one that lies in the past happens now. */
  at(at: number, what: string, happen: () => void): Planned {
    const event: Event = {
      at: Math.max(at, this.#now),
      turn: this.#random.word(),
      order: this.#order++,
      what,
      happen,
      cancelled: false,
      cancel: () => {
        event.cancelled = true;
      },
    };
    this.#push(event);
    return event;
  }

  /**
   * Lets everything happen until the moment `until`, or until `done` says so. `afterEach` runs
   * after every event, when all promises have run.
   */
  run(until: number, afterEach: () => void, done: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let ended = false;
      const turn = (): void => {
        if (ended) return;
        try {
          afterEach();
          if (!done() && this.#step(until)) return;
          this.#now = done() ? this.#now : Math.max(this.#now, until);
          ended = true;
          resolve();
        } catch (error) {
          ended = true;
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      // Promises run to their end between two immediates, also of the same turn of the loop.
      const turns = (): void => {
        for (let i = 0; i < TURNS_AT_ONCE; i++) setImmediate(turn);
        setImmediate(() => {
          if (!ended) turns();
        });
      };
      turns();
    });
  }

  #step(until: number): boolean {
    for (let event = this.#heap[0]; event !== undefined; event = this.#heap[0]) {
      if (!event.cancelled && event.at > until) return false;
      this.#pop();
      if (event.cancelled) continue;
      this.#now = event.at;
      this.#happened += 1;
      this.#trace.event(event.at, event.what);
      event.happen();
      return true;
    }
    return false;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(event, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = heap[child];
      if (least === undefined) break;
      const other = heap[child + 1];
      if (other !== undefined && before(other, least)) {
        child += 1;
        least = other;
      }
      if (!before(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
  }
}

function before(one: Event, other: Event): boolean {
  if (one.at !== other.at) return one.at < other.at;
  return one.turn === other.turn ? one.order < other.order : one.turn < other.turn;
}
