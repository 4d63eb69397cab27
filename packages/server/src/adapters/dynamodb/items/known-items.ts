/**
 * Items as this process saw or wrote them last. They may be old: whoever writes by one of them does
 * so on condition that it is still so, and whoever does not write reads anew.
 */
import type { Item, ItemKey } from './items.ts';

/** One text for a key. */
export const idOfKey = ({ pk, sk }: ItemKey): string => `${pk}\u0000${sk}`;

/**
 * Two generations: what is used goes into the young one, and when that is full, the old one is
 * forgotten and the young one grows old. One map in the order of use would be searched for its
 * first key on every write, past all the places of keys that moved on.
 */
export class KnownItems {
  readonly #generationMax: number;
  #young = new Map<string, Item>();
  #old = new Map<string, Item>();

  /** Keeps `max` items at most. */
  constructor(max: number) {
    this.#generationMax = Math.max(1, Math.floor(max / 2));
  }

  get(id: string): Item | undefined {
    const young = this.#young.get(id);
    if (young !== undefined) return young;
    const old = this.#old.get(id);
    if (old !== undefined) this.set(id, old);
    return old;
  }

  /** The item is so now; undefined: not known, or not there. */
  set(id: string, item: Item | undefined): void {
    if (item === undefined) {
      this.#young.delete(id);
      this.#old.delete(id);
      return;
    }
    this.#young.set(id, item);
    if (this.#young.size < this.#generationMax) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
