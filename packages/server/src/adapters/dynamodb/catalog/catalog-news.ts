/**
 * What this process knows of the revision of the catalogue. Who decides by it asks first whether it
 * is fresh: it is read anew when it was read longer ago than the bound, and in the background when
 * it was read longer ago than half of it. So a process with nothing to do reads nothing, and a
 * change made by any process takes effect here within the bound.
 */
import type { Clock } from '../../../ports/clock.ts';
import type { Items } from '../items/items.ts';
import { REVISIONS } from '../items/keys.ts';
import type { News } from '../groups/lanes.ts';
import { revisionsOf } from './revisions.ts';

interface Parts {
  readonly items: Items;
  readonly clock: Clock;
  /** Milliseconds; 0: it is read for everybody who asks. */
  readonly freshnessMs: number;
  /** Learns what is new among budgets: nobody may have been told, by a process that died. */
  readonly news?: News;
}

export class CatalogNews {
  readonly #parts: Parts;
  #known = 0;
  /** When the last read that has ended began, by the monotonic clock. */
  #asOf = -Infinity;
  #reading: Promise<void> | undefined;
  /** The read that comes after the one on its way, for those who asked too late for that. */
  #next: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The newest revision that was read or made here. */
  known(): number {
    return this.#known;
  }

  /** Revisions only ever grow. */
  learn(revision: number): void {
    this.#known = Math.max(this.#known, revision);
  }

  /**
   * Undefined: what is known is fresh. Otherwise resolves once it is; rejects with
   * `StoreUnavailable`.
   */
  fresh(): Promise<void> | undefined {
    const { clock, freshnessMs } = this.#parts;
    if (freshnessMs === 0) return this.#readFromNow();
    const age = clock.monotonic() - this.#asOf;
    if (age > freshnessMs) return this.#readUntilFresh();
    if (age > freshnessMs / 2) {
      // Who comes when it is too old is told what is wrong.
      this.#read().catch(() => undefined);
    }
    return undefined;
  }

  /** A read says how it was when it began: a long one may have begun too long ago. */
  async #readUntilFresh(): Promise<void> {
    await this.#read();
    if (this.#parts.clock.monotonic() - this.#asOf > this.#parts.freshnessMs) await this.#read();
  }

  /** A read that begins after this moment. */
  #readFromNow(): Promise<void> {
    if (this.#reading === undefined) return this.#read();
    this.#next ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#read();
      });
    return this.#next;
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    const began = this.#parts.clock.monotonic();
    const [item] = await this.#parts.items.get([REVISIONS]);
    const { catalog, budgets } = revisionsOf(item);
    this.learn(catalog);
    await this.#parts.news?.catchUp(budgets);
    this.#asOf = Math.max(this.#asOf, began);
  }
}
