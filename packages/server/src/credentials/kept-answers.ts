/**
 * Answers that were read from the catalogue, each good for the catalogue's revision by which it was
 * read: a newer revision drops them all. So a change by any process counts as soon as this one has
 * seen its revision, and nobody has to say what a change touches.
 */
export interface Reading<T> {
  readonly answer: T;
  /** False: it could turn out otherwise without a change that would be noticed. */
  readonly keep: boolean;
}

/** See the head of the file. Bounded: the answer that was added first goes first. */
export class KeptAnswers<T> {
  readonly #max: number;
  readonly #kept = new Map<string, T>();
  readonly #loading = new Map<string, Promise<Reading<T>>>();
  #revision = -1;

  constructor(max: number) {
    this.#max = max;
  }

  /** Revision by which all kept answers were read; -1 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** Drops what was read by an older revision. Older or equal revisions change nothing. */
  refresh(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.#kept.clear();
  }

  get(name: string): T | undefined {
    return this.#kept.get(name);
  }

  /**
   * The kept answer, or what `read` finds. Callers that saw the same revision share one reading: it
   * began after that revision was current, so what it finds is as new as what they would.
   */
  async load(name: string, revision: number, read: () => Promise<Reading<T>>): Promise<T> {
    this.refresh(revision);
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    const as = `${revision}:${name}`;
    const running = this.#loading.get(as);
    if (running !== undefined) return (await running).answer;
    const reading = read();
    this.#loading.set(as, reading);
    try {
      const { answer, keep } = await reading;
      if (keep && revision === this.#revision) this.#keep(name, answer);
      return answer;
    } finally {
      this.#loading.delete(as);
    }
  }

  #keep(name: string, answer: T): void {
    if (this.#kept.size >= this.#max) {
      const [first] = this.#kept.keys();
      if (first !== undefined) this.#kept.delete(first);
    }
    this.#kept.set(name, answer);
  }
}
