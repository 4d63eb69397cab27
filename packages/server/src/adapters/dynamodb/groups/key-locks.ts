/**
 * Which keys the transactions of this process are about. Two that touch one item would cancel each
 * other, so the later waits for the earlier.
 */

/** All the keys of one transaction, from when it stands in line for them until it is done. */
export interface KeyTicket {
  /** All of them are its own now. */
  readonly granted: boolean;
  /** Resolves once they are. */
  readonly ready: Promise<void>;
  covers(ids: Iterable<string>): boolean;
  /** Adds keys nobody stands in line for; false, and nothing happens, when there is one else. */
  extend(ids: Iterable<string>): boolean;
  release(): void;
}

/**
 * Keys are taken all at once, and everybody stands in every line at the same moment: so there is an
 * order among all, and nobody waits in a circle.
 */
export class KeyLocks {
  readonly #lines = new Map<string, Ticket[]>();

  take(ids: Iterable<string>): KeyTicket {
    return new Ticket(this.#lines, ids);
  }
}

class Ticket implements KeyTicket {
  readonly #lines: Map<string, Ticket[]>;
  readonly #ids: Set<string>;
  readonly #grant: () => void;
  readonly ready: Promise<void>;
  /** Lines in which somebody is before it. */
  #ahead = 0;

  constructor(lines: Map<string, Ticket[]>, ids: Iterable<string>) {
    this.#lines = lines;
    this.#ids = new Set(ids);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#grant = resolve;
    for (const id of this.#ids) if (!this.#join(id)) this.#ahead += 1;
    if (this.granted) resolve();
  }

  get granted(): boolean {
    return this.#ahead === 0;
  }

  covers(ids: Iterable<string>): boolean {
    for (const id of ids) if (!this.#ids.has(id)) return false;
    return true;
  }

  extend(ids: Iterable<string>): boolean {
    const more = [...ids].filter((id) => !this.#ids.has(id));
    if (more.some((id) => this.#lines.has(id))) return false;
    for (const id of more) {
      this.#ids.add(id);
      this.#join(id);
    }
    return true;
  }

  release(): void {
    for (const id of this.#ids) {
      const line = this.#lines.get(id) ?? [];
      const wasFirst = line[0] === this;
      const left = line.filter((ticket) => ticket !== this);
      if (left.length === 0) this.#lines.delete(id);
      else this.#lines.set(id, left);
      const [next] = left;
      if (wasFirst && next !== undefined) next.#step();
    }
    this.#ids.clear();
  }

  /** Whether it is the first there. */
  #join(id: string): boolean {
    const line = this.#lines.get(id);
    if (line === undefined) this.#lines.set(id, [this]);
    else line.push(this);
    return line === undefined;
  }

  #step(): void {
    this.#ahead -= 1;
    if (this.granted) this.#grant();
  }
}
