/**
 * What becomes of a submission that tells of a call which the gateway measured itself. Mostly it is
 * known when it comes, and nothing is recorded. But a call can be reported while it still runs, by
 * the upstream's id of it, which the gateway writes down with the settlement. Then what was
 * measured counts, and one correction takes the submission back, whole: together those two are
 * nothing, no cost, no tokens and no request.
 */
import { USAGE_FIELD, type Usage } from '../usage/usage.ts';
import { correctPostings, type Postings } from './correction.ts';
import type { Posting } from './balance.ts';
import type { ChargeLine, Entry, EntryDraft } from './entry.ts';
import { inEntryOrder } from './line.ts';

/** Ids of which each may be the upstream's id of the call that a submission tells of. */
export function idsOfCall({ request_id, upstream_request_id }: EntryDraft): readonly string[] {
  const isOther = upstream_request_id !== null && upstream_request_id !== request_id;
  return isOther ? [request_id, upstream_request_id] : [request_id];
}

/** Id of the correction that withdraws a submission: there is never a second one. */
export function withdrawalId(submissionId: string): string {
  return `${submissionId}/withdrawn`;
}

/** Whether an entry withdraws a submission. */
export function isWithdrawal(entry: EntryDraft): boolean {
  const { entry_type, entry_id, corrects_entry_id } = entry;
  return (
    entry_type === 'correction' &&
    corrects_entry_id !== null &&
    entry_id === withdrawalId(corrects_entry_id)
  );
}

/** An entry and what it posted. */
interface PostedEntry {
  readonly entry: Entry;
  readonly postings: Postings;
}

/** A correction, what it posts, and the moment that chooses the windows in which it counts. */
export interface Withdrawal {
  readonly entry: EntryDraft;
  readonly at: number;
  readonly postings: Postings;
}

/**
 * The correction that takes a submission back, with all that has corrected it before: `attempt` has
 * measured the same call. It names the upstream's id of the call, by which both are found.
 */
export function withdrawalOf(
  submission: PostedEntry & Pick<Withdrawal, 'at'>,
  corrections: readonly PostedEntry[],
  attempt: Pick<EntryDraft, 'upstream_request_id'>,
): Withdrawal {
  const inOrder = corrections.toSorted((a, b) => inEntryOrder(a.entry, b.entry));
  const all = [submission, ...inOrder];
  const entries = all.map(({ entry }) => entry);
  const { writer_id: _writer, sequence: _sequence, ...same } = submission.entry;
  const neverUncertain = entries.every(({ ceiling }) => ceiling === null);
  const ceiling = entries.reduce((left, each) => left - (each.ceiling ?? 0n), 0n);
  return {
    entry: {
      ...same,
      entry_id: withdrawalId(same.entry_id),
      entry_type: 'correction',
      corrects_entry_id: same.entry_id,
      upstream_request_id: attempt.upstream_request_id,
      usage: negated(entries.flatMap(({ usage }) => usage ?? [])),
      usage_source: 'reported',
      usage_reason: null,
      priced: 'yes',
      charges: entries.flatMap(({ charges }) => charges.map(takenBack)),
      cost: entries.reduce((left, each) => left - each.cost, 0n),
      ceiling: neverUncertain ? null : ceiling,
    },
    at: submission.at,
    postings: all
      .map(({ postings }) => postings)
      .reduce((left, each) => correctPostings(each, left), NOTHING),
  };
}

const NO_POSTING: Posting = { amount: 0n, ceiling: 0n };
const NOTHING: Postings = { usd: NO_POSTING, tokens: NO_POSTING, requests: NO_POSTING };

function takenBack(line: ChargeLine): ChargeLine {
  return {
    ...line,
    quantity: 0 - line.quantity,
    amount: line.amount === null ? null : -line.amount,
  };
}

/** What takes all of these back. */
function negated(usages: readonly Usage[]): Usage {
  const units: Record<string, number> = {};
  for (const [unit, count] of usages.flatMap((usage) => Object.entries(usage.units))) {
    units[unit] = (units[unit] ?? 0) - count;
  }
  const fields = Object.values(USAGE_FIELD).map(
    (field) => [field, usages.reduce((left, usage) => left - usage[field], 0)] as const,
  );
  return { ...(Object.fromEntries(fields) as Omit<Usage, 'units'>), units };
}
