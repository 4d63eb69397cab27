/** Appending entries that had no hold: submissions and corrections. */
import { idsOfCall, isWithdrawal } from '@tollkeeper/core';
import type { Entry, EntryDraft } from '@tollkeeper/core';
import type { Recorded } from '../../../ports/ledger-store.ts';
import type { LeaseLost, RecordLeased } from '../../../ports/leasing-ledger.ts';
import { attemptOf } from './attempt-item.ts';
import { lineOf } from '../entries/entry-item.ts';
import type { Item, ItemKey } from '../items/items.ts';
import { attemptKey, callKey, callsKey, lineKey } from '../items/keys.ts';
import { findAttempt } from './known-attempts.ts';
import { leaseAt } from '../leases/lease-spending.ts';
import type { LedgerContext } from '../ledger-context.ts';
import { entryKeyIn } from '../entries/line-items.ts';
import type { DraftLine } from '../entries/line-writing.ts';
import { callNamed, nameSubmission, submissionNamed } from './named-calls.ts';
import { aboutEntry, postAll, writeLine } from '../entries/record-writing.ts';
import type { Command, View } from '../groups/transactions.ts';
import { windowOf } from '../budgets/window-balance.ts';

/** The answer, and the line that was written with the entry that it became. */
export interface RecordedIn {
  readonly answer: Recorded | LeaseLost;
  readonly wrote?: readonly [DraftLine, Entry];
}

/** `recordLeased`. */
export function recordCommand(context: LedgerContext, command: RecordLeased): Command<RecordedIn> {
  const { entry, known_as = [] } = command;
  const key = markKey(command);
  return {
    kind: 'settlement',
    instance_id: command.instance_id,
    when_fenced: 'by_revision',
    reads: toFind(context, entry, known_as),
    decide(view) {
      const lost = lostOf(context, view, command);
      if (lost.length > 0) return { answer: { kind: 'lease_lost', lease_ids: lost } };
      const revision = context.catalogRevision();
      if (command.catalog_revision !== undefined && revision > command.catalog_revision) {
        return { answer: { kind: 'stale', catalog_revision: revision } };
      }
      const { corrects_entry_id: corrects } = entry;
      const about = corrects === null ? undefined : aboutEntry(view, corrects);
      const withdrawal = about?.lines.find((line) => isWithdrawal(line.entry))?.entry;
      const known = withdrawal ?? knownCall(context, view, command);
      if (known !== undefined) {
        const item = view.get(key);
        return { answer: { kind: 'already', entry: item ? entryBehind(view, item) : known } };
      }
      // Whether it is there already is found out by the writing itself: it nearly never is.
      if (!view.create(key, {})) {
        const item = view.get(key);
        return { answer: { kind: 'already', entry: item ? entryBehind(view, item) : null } };
      }
      return write(context, view, command, about);
    },
  };
}

/** What is got anyway to find an attempt or another submission. */
function toFind(
  { writing }: LedgerContext,
  entry: EntryDraft,
  ids: readonly string[],
): readonly ItemKey[] {
  const { org_id } = entry;
  const calls = namedIn(entry, ids).map((id) => callKey(org_id, id));
  if (ids.length === 0) return calls;
  if (!writing.hasCalled(org_id)) return [callsKey(org_id), ...calls];
  return [...ids.filter((id) => id !== '').map(attemptKey), ...calls];
}

function namedIn(entry: EntryDraft, ids: readonly string[]): readonly string[] {
  const own = entry.entry_type === 'submission' ? idsOfCall(entry) : [];
  return [...new Set([...ids, ...own])];
}

/** The first attempt, open hold (null) or submission that one of the ids names; see the port. */
function knownCall(
  context: LedgerContext,
  view: View,
  { entry, known_as = [] }: RecordLeased,
): Entry | null | undefined {
  const { org_id } = entry;
  const isCaller = known_as.length > 0 && hasCalled(context, view, org_id);
  for (const id of namedIn(entry, known_as)) {
    const call = callNamed(view, org_id, id);
    const attempt =
      isCaller && known_as.includes(id) ? findAttempt(view, org_id, id, call) : undefined;
    if (attempt !== undefined) return attempt;
    const submission = submissionNamed(view, call);
    if (submission !== undefined) return submission;
  }
  return undefined;
}

/** Whether there can be attempts at all: who only ever submits is not looked for. */
function hasCalled({ writing }: LedgerContext, view: View, orgId: string): boolean {
  if (writing.hasCalled(orgId)) return true;
  if (view.peek(callsKey(orgId)) === undefined) return false;
  writing.called(orgId);
  return true;
}

function write(
  context: LedgerContext,
  view: View,
  { entry, postings, instance_id, cause, leased, ...command }: RecordLeased,
  about: ReturnType<typeof aboutEntry> | undefined,
): RecordedIn {
  const at = about?.at ?? command.at;
  const states = postAll(context, view, { subject: entry, at, postings, cause, leased });
  const line = { entry, at, postings, instance_id };
  const wrote = writeLine(context, view, about === undefined ? line : { ...line, about });
  if (entry.entry_type === 'submission') nameSubmission(context, view, entry);
  const { sequence } = wrote[1];
  return { answer: { kind: 'recorded', sequence, states }, wrote };
}

/** Where it is said that there is an entry of this id. */
function markKey({ entry: { entry_type, entry_id, attempt_id } }: RecordLeased): ItemKey {
  return entry_type === 'attempt' ? attemptKey(attempt_id) : lineKey(entry_type, entry_id);
}

/** The entry that a mark leads to; null: it is an open hold, or gone. */
function entryBehind(view: View, item: Item): Entry | null {
  if (item.pk.startsWith('A#') && attemptOf(item).kind !== 'ended') return null;
  const line = view.peek(entryKeyIn(item));
  return line === undefined ? null : lineOf(line).entry;
}

/** The leases among those named that are no more. */
function lostOf(
  { definitions }: LedgerContext,
  view: View,
  { entry, at, leased }: RecordLeased,
): string[] {
  if (leased.length === 0) return [];
  const covering = definitions.covering(entry);
  return leased
    .filter(({ budget_id, lease_id, window_start }) => {
      const definition = covering.find(({ budget }) => budget.budget_id === budget_id);
      if (definition === undefined) return true;
      const window = windowOf(definition, at);
      return window.start !== window_start || leaseAt(view, window, lease_id) === undefined;
    })
    .map(({ lease_id }) => lease_id);
}
