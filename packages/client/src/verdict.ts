/** What an answer to a batch means for each of its reports. Pure. */
import { ApiError, type ApiResult } from '@tollkeeper/contract';
import type { Submission } from './reports.ts';

/** What becomes of one report. */
export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'again'; readonly code: string; readonly message: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

type Answer = ApiResult<'submitUsageBatch'>;

/** Codes of failures that are the service's and pass. */
const PASSING: ReadonlySet<string> = new Set([
  'INTERNAL_ERROR',
  'SERVICE_UNAVAILABLE',
  'RATE_LIMIT_EXCEEDED',
]);
/** After so many answers a fault of the service is taken to be one of the report. */
const ANSWERS_MAX = 10;
/** How far ahead of the service's clock a report's may be: it is sent again when it is past. */
const AHEAD_MS_MAX = 15 * 60_000;

/** One verdict for each report, in order. `answers`: how many these reports have had by now. */
export function verdictsOf(
  reports: readonly Submission[],
  answer: Answer,
  answers: number,
): readonly Verdict[] {
  return reports.map((report, i) => {
    const result = answer.results[i];
    const known = result?.request_id?.toLowerCase() === report.request_id.toLowerCase();
    if (result === undefined || !known) {
      const message = 'The answer does not say what became of it.';
      return fault('INTERNAL_ERROR', message, answers);
    }
    if (result.status === 'accepted') return { kind: 'accepted' };
    const { error: code = 'INTERNAL_ERROR', message } = result;
    if (code === 'INVALID_REQUEST' && isAhead(report, answer)) {
      return { kind: 'again', code, message };
    }
    return PASSING.has(code) ? fault(code, message, answers) : { kind: 'refused', code, message };
  });
}

function fault(code: string, message: string, answers: number): Verdict {
  const forGood = code === 'INTERNAL_ERROR' && answers >= ANSWERS_MAX;
  return { kind: forGood ? 'refused' : 'again', code, message };
}

/** Whether the service calls the report's time future because the clocks disagree a little. */
function isAhead(report: Submission, answer: Answer): boolean {
  const ahead = Date.parse(report.timestamp) - Date.parse(answer.timestamp);
  return ahead > 0 && ahead <= AHEAD_MS_MAX;
}

/**
 * Whether an error of the service itself, not of something on the way, is about what was sent, so
 * that sending the same again cannot help.
 */
export function isAboutContent(error: unknown): error is ApiError {
  if (!(error instanceof ApiError) || error.code === null) return false;
  return [400, 409, 413, 415, 422].includes(error.status);
}
