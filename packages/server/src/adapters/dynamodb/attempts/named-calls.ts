/**
 * What settlements and submissions tell each other by the upstream's id of a call, inside a
 * command. Both write the item at `callKey`, so that of the two one always comes second: a
 * submission then is known already, and a settlement withdraws what was submitted.
 */
import { idsOfCall, isWithdrawal, withdrawalOf } from '@tollkeeper/core';
import type { Entry, EntryDraft, Withdrawal } from '@tollkeeper/core';
import { lineOf } from '../entries/entry-item.ts';
import type { ItemKey } from '../items/items.ts';
import { callKey, knownAsPartition, lineKey } from '../items/keys.ts';
import type { LedgerContext } from '../ledger-context.ts';
import {
  entryKeyIn,
  knownAsSort,
  namedCallAttributes,
  namedCallOf,
  UPSTREAM_TTL_S,
  type NamedCall,
} from '../entries/line-items.ts';
import type { DraftLine } from '../entries/line-writing.ts';
import { aboutEntry, postAll, writeLine, type AboutEntry } from '../entries/record-writing.ts';
import type { View } from '../groups/transactions.ts';

/** What an id stands for, as it is when the command happens. */
export function callNamed(view: View, orgId: string, id: string): NamedCall {
  const item = view.get(callKey(orgId, id));
  return item === undefined ? {} : namedCallOf(item);
}

/** The submission that names a call, if it is still there. */
export function submissionNamed(view: View, { submission }: NamedCall): Entry | undefined {
  if (submission === undefined) return undefined;
  const mark = view.get(lineKey('submission', submission));
  const line = mark === undefined ? undefined : view.peek(entryKeyIn(mark));
  return line === undefined ? undefined : lineOf(line).entry;
}

/** Writes by which ids the call of a submission is named. */
export function nameSubmission(context: LedgerContext, view: View, entry: EntryDraft): void {
  const { org_id, entry_id, request_id } = entry;
  for (const id of idsOfCall(entry)) {
    const key = callKey(org_id, id);
    const { ttl: before, ...call } = callNamed(view, org_id, id);
    // By its request id it is found as long as it is there.
    const ttl = id === request_id ? undefined : (before ?? ttlOf(context));
    view.put(key, namedCallAttributes({ ...call, submission: entry_id, ...(ttl && { ttl }) }));
  }
}

/** What a settlement withdraws. */
export interface Withdrawn extends Withdrawal {
  readonly about: AboutEntry;
}

/**
 * Writes under which id an attempt was settled, and says what that withdraws: a submission of the
 * same call. The first of a command's writes, since it may read.
 */
export function nameAttempt(
  context: LedgerContext,
  view: View,
  attempt: EntryDraft,
): Withdrawn | undefined {
  const { org_id, attempt_id, upstream_request_id: id } = attempt;
  if (id === null) return undefined;
  const key = callKey(org_id, id);
  const ttl = ttlOf(context);
  if (view.create(key, namedCallAttributes({ attempt_id, ttl }))) return undefined;
  const call = callNamed(view, org_id, id);
  if (call.attempt_id === undefined) {
    view.put(key, namedCallAttributes({ ...call, attempt_id }));
  } else if (call.attempt_id !== attempt_id) {
    const sk = knownAsSort({ kind: 'U', attempt_id });
    view.set({ pk: knownAsPartition(org_id, id), sk }, { ttl });
  }
  const { submission } = call;
  return submission === undefined ? undefined : withdrawn(context, view, submission, attempt);
}

/**
 * Budgets of a submission alone for which there is room in the transaction of a settlement. One of
 * more of them stays as it is: the settlement must happen.
 */
const OTHER_BUDGETS_MAX = 16;

function withdrawn(
  { definitions }: LedgerContext,
  view: View,
  entryId: string,
  attempt: EntryDraft,
): Withdrawn | undefined {
  const about = aboutEntry(view, entryId);
  const isSubmission = ({ entry }: { entry: Entry }): boolean =>
    entry.entry_type === 'submission' && entry.entry_id === entryId;
  const submission = about.lines.find(isSubmission);
  if (submission === undefined || about.lines.some(({ entry }) => isWithdrawal(entry))) {
    return undefined;
  }
  const covered = new Set(definitions.covering(attempt));
  const others = definitions.covering(submission.entry).filter((each) => !covered.has(each));
  if (others.length > OTHER_BUDGETS_MAX) return undefined;
  const corrections = about.lines.filter(({ entry }) => entry.corrects_entry_id === entryId);
  return { ...withdrawalOf(submission, corrections, attempt), about };
}

/** Takes what is withdrawn out of the balances. */
export function postWithdrawal(
  context: LedgerContext,
  view: View,
  { entry, at, postings }: Withdrawn,
): void {
  postAll(context, view, { subject: entry, at, postings, cause: 'correction' });
}

/** Appends the correction, after the entry of the settlement. */
export function writeWithdrawal(
  context: LedgerContext,
  view: View,
  { entry, at, postings, about }: Withdrawn,
  instance_id: string,
): readonly [DraftLine, Entry] {
  return writeLine(context, view, { entry, at, postings, instance_id, about });
}

/** Writes that an entry which is removed is named no more. */
export function unname(view: View, entry: Entry): void {
  for (const key of namedBy(entry)) {
    const item = view.peek(key);
    if (item === undefined) continue;
    const { attempt_id, submission, ...call } = namedCallOf(item);
    const isAttempt = attempt_id === (entry.corrects_entry_id ?? entry.attempt_id);
    const left = {
      ...(attempt_id === undefined || isAttempt ? {} : { attempt_id }),
      ...(submission === undefined || submission === entry.entry_id ? {} : { submission }),
    };
    if (Object.keys(left).length === 0) view.delete(key);
    else view.put(key, namedCallAttributes({ ...call, ...left }));
  }
}

function namedBy(entry: Entry): ItemKey[] {
  const { entry_type, source, org_id, upstream_request_id: upstream } = entry;
  if (entry_type === 'submission') return idsOfCall(entry).map((id) => callKey(org_id, id));
  const isSettlement = entry_type === 'attempt' || source === 'gateway';
  return isSettlement && upstream !== null ? [callKey(org_id, upstream)] : [];
}

function ttlOf(context: LedgerContext): number {
  return Math.ceil(context.now() / 1_000) + UPSTREAM_TTL_S;
}
