/**
 * Rows of entries by the moment of their dispatch. Nearly all are found by the index over their
 * start, since both lie close together; the few others have an index of their own.
 */
import { DRIFT_MAX_MS } from './schema.ts';

const DRIFT = `dispatched_at - started_at`;
const NEAR = `${DRIFT} BETWEEN -${DRIFT_MAX_MS} AND ${DRIFT_MAX_MS}`;
const FAR = `${DRIFT} NOT BETWEEN -${DRIFT_MAX_MS} AND ${DRIFT_MAX_MS}`;

/** Narrows to entries of `$org` that were dispatched from `$start` on and before `$end`. */
export const IN_WINDOW = 'org_id = $org AND dispatched_at >= $start AND dispatched_at < $end';

/** A sub-query for `FROM`: these columns of the entries that `where` (with `IN_WINDOW`) narrows. */
export function dispatchedRows(columns: string, where: string): string {
  return `(
    SELECT ${columns} FROM entries INDEXED BY entries_org_started
      WHERE ${NEAR} AND started_at BETWEEN $start - ${DRIFT_MAX_MS} AND $end + ${DRIFT_MAX_MS}
        AND ${where}
    UNION ALL
    SELECT ${columns} FROM entries INDEXED BY entries_drifted WHERE ${FAR} AND ${where})`;
}
