/**
 * How calls end: what is written into their rows, and how a refusal is answered.
 */
import type { Row } from './book.ts';
import { nowMs } from './clock.ts';
import type { Generation, Usage } from './generate/generation.ts';
import { BodyTooLarge, type Exchange, RequestCutShort } from './http/exchange.ts';
import { Failure } from './wire/failure.ts';

/** Statuses by which a call is turned away before a model has begun. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 404, 413, 429]);

/** Ends a row that nothing is billed for. The first end counts. */
export function endRow(
  row: Row,
  outcome: 'silent' | 'failed' | 'refused' | 'incomplete',
  gone: boolean,
): void {
  if (gone) row.clientGone = true;
  if (row.endedMs !== null) return;
  row.endedMs = nowMs();
  row.outcome = outcome;
}

/** AWS generates to the end, and bills it, whether or not the client is still there. */
export function endBilled(row: Row, generation: Generation, gone: boolean): void {
  if (gone) row.clientGone = true;
  if (row.endedMs !== null) return;
  endUsed(row, generation.usage, generation.model.billsCalls);
}

/** Ends a row that went well; free operations have no usage. The first end counts. */
export function endUsed(row: Row, usage: Usage | null, billed: boolean): void {
  if (row.endedMs !== null) return;
  row.endedMs = nowMs();
  row.outcome = 'completed';
  row.usage = usage;
  row.billed = billed;
}

/** Ends a call in the error that was thrown: in its row, if it has one, and in the answer. */
export function refuse(
  exchange: Exchange,
  row: Row | null,
  requestId: string,
  error: unknown,
): void {
  if (error instanceof RequestCutShort) {
    if (row !== null) endRow(row, 'incomplete', true);
    return;
  }
  const failure = asFailure(error);
  if (row !== null) {
    row.status = failure.status;
    endRow(row, REFUSALS.has(failure.status) ? 'refused' : 'failed', exchange.gone);
  }
  respondFailure(exchange, requestId, failure);
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof BodyTooLarge) {
    return new Failure('RequestEntityTooLargeException', 'The request body is too large.');
  }
  process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
  return new Failure('InternalServerException', 'The simulator itself failed.');
}

function respondFailure(exchange: Exchange, requestId: string, failure: Failure): void {
  exchange.respond(
    failure.status,
    {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': failure.errorType,
    },
    failure.body,
  );
}
