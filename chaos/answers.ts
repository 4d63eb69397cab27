/** What became of a call, from the caller's side, and how many calls had which end. */

export type Answer =
  /** Read to its end; `bytes` or events of it. */
  | { readonly kind: 'complete'; readonly bytes: number }
  /** The caller went away on purpose. */
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly name: string; readonly status: number | null };

/**
 * Refusals that nothing in this run gives a reason for: every key is good, every model granted and
 * priced, every budget large, and the faults that look like these are scripted.
 */
const NEVER: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ResourceNotFoundException',
  'ServiceQuotaExceededException',
  'ValidationException',
  'SerializationException',
  'UnrecognizedClientException',
]);

/** Counts ends by name, and keeps those that should not have been. */
export class Answers {
  readonly ends = new Map<string, number>();
  readonly unexplained = new Map<string, number>();

  add(answer: Answer, script: string | null): void {
    const name = answer.kind === 'failed' ? answer.name : answer.kind;
    this.ends.set(name, (this.ends.get(name) ?? 0) + 1);
    if (answer.kind !== 'failed' || !NEVER.has(name)) return;
    if (script !== null && script.startsWith('error')) return;
    const what = `${name} for ${script ?? 'a plain call'}`;
    this.unexplained.set(what, (this.unexplained.get(what) ?? 0) + 1);
  }
}

/**
 * A short name for a failure below HTTP: its code, or else how its message begins, without figures.
 */
export function codeOf(error: Error): string {
  return (
    (error as NodeJS.ErrnoException).code ?? error.message.replaceAll(/\d+/g, 'N').slice(0, 40)
  );
}
