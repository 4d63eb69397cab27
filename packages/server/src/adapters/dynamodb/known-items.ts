/**
 * Items as this process saw or wrote them last. They may be old: whoever writes by one of them does
 * so on condition that it is still so, and whoever does not write reads anew.
 */
import type { Item, ItemKey } from './items.ts';

/** One text for a key. */
export const idOfKey = ({ pk, sk }: ItemKey): string => `${pk}\u0000${sk}`;

export class KnownItems {
  readonly #max: number;
  /** By key, the one used last at the end. */
  readonly #items = new Map<string, Item>();

  /** Keeps `max` items at most. */
  constructor(max: number) {
    this.#max = max;
  }

  get(id: string): Item | undefined {
    const item = this.#items.get(id);
    if (item === undefined) return undefined;
    this.#items.delete(id);
    this.#items.set(id, item);
    return item;
  }

  /** The item is so now; undefined: not known, or not there. */
  set(id: string, item: Item | undefined): void {
    this.#items.delete(id);
    if (item === undefined) return;
    this.#items.set(id, item);
    if (this.#items.size <= this.#max) return;
    const [oldest] = this.#items.keys();
    if (oldest !== undefined) this.#items.delete(oldest);
  }
}
