/**
 * Judges submissions that name a call by the upstream's id: one that the gateway has in its ledger
 * counts there, and what was submitted comes to nothing; else it counts as it was submitted.
 */
import type { LineFact } from './line-fact.ts';

/** Judges all of them, once all is quiet. */
export function judgeSubmissions(
  lines: readonly LineFact[],
  violated: (rule: string, what: string) => void,
): void {
  const corrections = Map.groupBy(lines, ({ corrects_entry_id }) => corrects_entry_id);
  const submissions = lines.filter(({ entry_type }) => entry_type === 'submission');
  const submitted = new Set(submissions.map(({ entry_id }) => entry_id));
  const metered = new Set(
    lines
      .filter(({ corrects_entry_id }) => !submitted.has(corrects_entry_id ?? ''))
      .filter(({ entry_type }) => entry_type !== 'submission')
      .map(({ upstream_request_id }) => upstream_request_id),
  );
  for (const submission of submissions) {
    const { entry_id, upstream_request_id: call, cost } = submission;
    const all = [submission, ...(corrections.get(entry_id) ?? [])];
    const isMetered = call !== null && metered.has(call);
    const sum = all.reduce((total, line) => total + line.cost, 0n);
    const requests = all.reduce((total, line) => total + (line.posted?.requests ?? 0n), 0n);
    const isSeen = all.every(({ posted }) => posted !== undefined);
    const due = isMetered ? { cost: 0n, requests: 0n, lines: 2 } : { cost, requests: 1n, lines: 1 };
    if (sum === due.cost && all.length === due.lines && (!isSeen || requests === due.requests)) {
      continue;
    }
    const what = `${entry_id} of ${call} is ${all.length} lines that cost ${sum}`;
    violated('a call that is submitted while it runs counts once', what);
  }
}
