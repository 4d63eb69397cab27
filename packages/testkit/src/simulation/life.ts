/**
 * One life of a process, from its start to its death. All that reaches it comes through `deliver`:
 * a paused one gets it when it goes on, a dead one never. Its ports do nothing for the dead, so
 * that what still runs of it in promises has no effect.
 */
import type { Clock, Ids, Timer } from '@tollkeeper/server/inside';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** The wall shows this when the simulation begins, give or take: see `World`. */
export const ERA = Date.UTC(2026, 6, 1, 12, 0, 0);

/** Timers of a real event loop take a millisecond at least. */
const TIMER_MS_MIN = 1;

interface Waiting {
  readonly what: string;
  readonly happen: () => void;
}

/** See the head of the file. */
export class Life {
  /** Such as `p2.3`: the third life of process 2. */
  readonly name: string;
  readonly #world: World;
  #alive = true;
  #paused = false;
  #waiting: Waiting[] = [];

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Something reaches the process from outside, as part of an event. */
  deliver(what: string, happen: () => void): void {
    if (!this.#alive) return;
    if (this.#paused) this.#waiting.push({ what, happen });
    else happen();
  }

  /** It stands still, and all that comes waits. */
  pause(): void {
    this.#paused = true;
  }

  /** It goes on, with what has come meanwhile in an order that the seed chooses. */
  resume(): void {
    this.#paused = false;
    for (const { what, happen } of this.#waiting.splice(0)) {
      this.#world.timeline.after(0, what, () => this.deliver(what, happen));
    }
  }

  /** It is gone with all that it had in memory. */
  die(): void {
    this.#alive = false;
    this.#waiting = [];
  }
}

/** The clocks of one machine: the wall may be wrong and step, the monotonic one runs a bit off. */
export class MachineClock {
  offsetMs: number;
  /** Milliseconds that pass on it in a true second, by a thousand. */
  readonly rate: number;

  constructor(offsetMs: number, rate: number) {
    this.offsetMs = offsetMs;
    this.rate = rate;
  }
}

/** The clock port of a life, on the clock of its machine. */
export function clockOf(world: World, life: Life, machine: MachineClock): Clock {
  const { timeline } = world;
  const none: Timer = { cancel: () => undefined };
  return {
    now: () => Math.floor(world.era + timeline.now + machine.offsetMs),
    monotonic: () => timeline.now * machine.rate,
    after(ms, then) {
      if (!life.isAlive) return none;
      const what = `${life.name} timer`;
      let cancelled = false;
      // A timer that was called off while the process stood still does not fire either.
      const fire = (): void =>
        life.deliver(what, () => {
          if (!cancelled) then();
        });
      const planned = timeline.after(Math.max(ms, TIMER_MS_MIN) / machine.rate, what, fire);
      return {
        cancel: () => {
          cancelled = true;
          planned.cancel();
        },
      };
    },
  };
}

/** Ids of a life: time-ordered as real ones are, by the wall clock of its machine. */
export function idsOf(clock: Clock, random: Random): Ids {
  const hex = (word: number, digits: number): string =>
    word.toString(16).padStart(8, '0').slice(0, digits);
  return {
    uuid() {
      const time = clock.now().toString(16).padStart(12, '0');
      const variant = '89ab'[random.below(4)] ?? '8';
      return (
        `${time.slice(0, 8)}-${time.slice(8)}-7${hex(random.word(), 3)}-` +
        `${variant}${hex(random.word(), 3)}-${hex(random.word(), 8)}${hex(random.word(), 4)}`
      );
    },
    secret: (bytes) => Uint8Array.from({ length: bytes }, () => random.below(256)),
  };
}
