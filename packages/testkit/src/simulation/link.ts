/**
 * The network between one process and the store: it delays, overtakes, loses on the way there or
 * on the way back, delivers twice, and is cut. What does not answer in time rejects with
 * `StoreUnavailable`, as the client of a real store does.
 */
import { StoreUnavailable } from '@tollkeeper/server/inside';
import type { Life } from './life.ts';
import type { World } from './world.ts';

/** What is asked for. Under which name its faults are counted depends on it. */
export type Purpose = 'read' | 'write';

/** A slow message takes this many times as long as others. */
const SLOW_FACTOR_MAX = 600;
/** A second copy comes about this much later; one in twenty far later, when much has changed. */
const COPY_LATER_MS = 300;
const LATEST_COPY_MS = 30_000;

/** See the head of the file. One for each life of a process. */
export class Link {
  readonly #world: World;
  readonly #life: Life;
  #cutUntil = -1;
  #lastArrival = 0;

  constructor(world: World, life: Life) {
    this.#world = world;
    this.#life = life;
  }

  /** Nothing gets through in either direction for so long. */
  cut(ms: number): void {
    this.#cutUntil = Math.max(this.#cutUntil, this.#world.timeline.now + ms);
  }

  get isCut(): boolean {
    const { isCalm, timeline, awayUntil } = this.#world;
    return !isCalm && timeline.now < Math.max(this.#cutUntil, awayUntil);
  }

  /**
   * Asks the store. `carryOut` is what happens there; a second copy of the request does it again.
   */
  ask<T>(purpose: Purpose, what: string, carryOut: () => Promise<T>): Promise<T> {
    const { timeline, patienceMs } = this.#world;
    return new Promise<T>((resolve, reject) => {
      // Whoever is dead asks nobody, and nobody answers.
      if (!this.#life.isAlive) return;
      let over = false;
      const { name } = this.#life;
      const timer = timeline.after(patienceMs, `${name} ${what} timed out`, () => {
        this.#life.deliver(`${name} ${what} given up`, () => {
          if (over) return;
          over = true;
          reject(new StoreUnavailable(`The store did not answer ${what} in time.`));
        });
      });
      const answered = (settle: () => void): void => {
        this.#life.deliver(`${name} ${what} answered`, () => {
          if (over) return;
          over = true;
          timer.cancel();
          settle();
        });
      };
      const back = (settle: () => void): void =>
        this.#wayBack(purpose, what, () => answered(settle));
      const arrive = (): void => {
        // A store within the process carries nothing out that it has given up.
        if (!this.#world.lateWrites && (over || !this.#life.isAlive)) return;
        if (this.isCut) return this.#lost(purpose === 'write' ? 'write_lost' : 'read_lost');
        if (purpose === 'write' && (over || !this.#life.isAlive)) {
          this.#world.tally.count('carried_out_late');
        }
        carryOut().then(
          (value) => back(() => resolve(value)),
          (error: unknown) =>
            back(() => reject(error instanceof Error ? error : new Error(String(error)))),
        );
      };
      this.#wayThere(purpose, what, arrive);
    });
  }

  #wayThere(purpose: Purpose, what: string, arrive: () => void): void {
    const { timeline, random, weather, isCalm, tally, lateWrites } = this.#world;
    const { name } = this.#life;
    const ms = this.#latency();
    const lost = !isCalm && random.chance(weather.requestLost);
    if (this.isCut || lost) this.#lost(purpose === 'write' ? 'write_lost' : 'read_lost');
    else {
      const due = timeline.now + ms;
      if (due < this.#lastArrival) tally.count('reordered');
      this.#lastArrival = due;
      timeline.after(ms, `${name} ${what} arrives`, arrive);
    }
    if (isCalm || !lateWrites || !random.chance(weather.duplicated)) return;
    if (purpose === 'write') tally.count('delivered_twice');
    // Never before the first: that one's answer is what the sender acts upon.
    const long = random.chance(0.05) ? random.between(0, LATEST_COPY_MS) : 0;
    const later = ms + random.exponential(COPY_LATER_MS) + long;
    timeline.after(later, `${name} ${what} arrives again`, arrive);
  }

  #wayBack(purpose: Purpose, what: string, then: () => void): void {
    const { timeline, random, weather, isCalm } = this.#world;
    const lost = !isCalm && random.chance(weather.answerLost);
    if (this.isCut || lost) {
      return this.#lost(purpose === 'write' ? 'answer_lost_after_commit' : 'read_answer_lost');
    }
    timeline.after(this.#latency(), `${this.#life.name} ${what} answer`, then);
  }

  #latency(): number {
    const { random, weather, isCalm, tally } = this.#world;
    const usual = 0.2 + random.exponential(weather.latencyMs);
    if (isCalm || !random.chance(weather.slow)) return usual;
    tally.count('delayed');
    return usual * random.between(2, SLOW_FACTOR_MAX);
  }

  #lost(how: 'write_lost' | 'read_lost' | 'answer_lost_after_commit' | 'read_answer_lost'): void {
    this.#world.tally.count(how);
  }
}
