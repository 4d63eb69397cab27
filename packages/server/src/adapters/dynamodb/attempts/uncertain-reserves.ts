/**
 * Attempts of which nobody knows whether they were reserved: the answer was lost. Releasing one has
 * to make sure that it never is.
 */

/** Attempts that are remembered: the one that was added first goes first. */
const ATTEMPTS_MAX = 100_000;

export class UncertainReserves {
  /** By attempt the instance. */
  readonly #attempts = new Map<string, string>();

  add(attemptId: string, instanceId: string): void {
    this.#attempts.set(attemptId, instanceId);
    if (this.#attempts.size <= ATTEMPTS_MAX) return;
    const [oldest] = this.#attempts.keys();
    if (oldest !== undefined) this.#attempts.delete(oldest);
  }

  /** The instance for which it was to be reserved; undefined: it is known what came of it. */
  instanceOf(attemptId: string): string | undefined {
    return this.#attempts.get(attemptId);
  }

  delete(attemptId: string): void {
    this.#attempts.delete(attemptId);
  }
}
