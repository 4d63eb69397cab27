/** What goes wrong in the background, for those who operate a program. */

/** Something that the client cannot solve by itself, or has not solved yet. */
export interface KeeperProblem {
  /**
   * `delivery`: reports wait on disk and are tried again. `set_aside`: a report was refused for
   * good and lies in the file of refused ones.
   */
  readonly kind: 'delivery' | 'set_aside';
  readonly message: string;
  /** What was thrown; absent for reports that were set aside. */
  readonly error?: unknown;
}

/** Told of each problem; a row of failed deliveries is told once. */
export type OnProblem = (problem: KeeperProblem) => void;

/** Without a listener, problems are warnings of the process. */
export function warn({ message }: KeeperProblem): void {
  process.emitWarning(message, 'TollkeeperWarning');
}

/** A thrown value in words. `fetch` says only that it failed; why is in the cause. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
}
