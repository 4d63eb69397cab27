/** Ending attempts with an entry; late ones with a correction of the entry that is there. */
import { correctionOf, correctPostings, subjectIn } from '@tollkeeper/core';
import type { Entry } from '@tollkeeper/core';
import type { BudgetState, Settled } from '../../../ports/ledger-store.ts';
import type { LeasedPart, SettleLeased } from '../../../ports/leasing-ledger.ts';
import { attemptOf, ENDED_TTL_S, endedAttributes } from './attempt-item.ts';
import type { EndedAttempt, OpenAttempt } from './attempt-item.ts';
import { entryKey, lineOf } from '../entries/entry-item.ts';
import { directlyHeld, heldPart } from './held-part.ts';
import { attemptKey, lineKey } from '../items/keys.ts';
import { leaseAt, spend, type Spent } from '../leases/lease-spending.ts';
import { ttlIn, type LedgerContext } from '../ledger-context.ts';
import { appendLine, type DraftLine } from '../entries/line-writing.ts';
import { nameAttempt, postWithdrawal, writeWithdrawal, type Withdrawn } from './named-calls.ts';
import { aboutEntry, postAll, writeLine } from '../entries/record-writing.ts';
import type { Command, View } from '../groups/transactions.ts';
import {
  isKept,
  keepBalance,
  moved,
  shownAt,
  stateOf,
  storedAt,
  windowOf,
  type BudgetWindow,
} from '../budgets/window-balance.ts';

/** The answer, and the lines that were written, each with the entry that it became. */
export interface SettledIn {
  readonly answer: Settled;
  readonly wrote?: readonly (readonly [DraftLine, Entry])[];
}

/** `settleLeased`. */
export function settleCommand(context: LedgerContext, command: SettleLeased): Command<SettledIn> {
  const key = attemptKey(command.entry.attempt_id);
  return {
    kind: 'settlement',
    instance_id: command.instance_id,
    when_fenced: 'by_revision',
    reads: [key],
    decide(view) {
      const item = view.get(key);
      const attempt = item === undefined ? undefined : attemptOf(item);
      if (attempt === undefined || attempt.kind === 'released') {
        return { answer: { kind: 'unknown_attempt' } };
      }
      if (attempt.kind === 'ended') return settleAgain(context, view, command, attempt);
      return settleOpen(context, view, command, attempt);
    },
  };
}

function settleOpen(
  context: LedgerContext,
  view: View,
  command: SettleLeased,
  attempt: OpenAttempt,
): SettledIn {
  const { entry, postings, origin, instance_id } = command;
  const { intent } = attempt;
  const withdrawn = nameAttempt(context, view, entry);
  if (withdrawn !== undefined) postWithdrawal(context, view, withdrawn);
  const states = context.definitions
    .covering(intent.subject)
    .map((definition) => windowOf(definition, intent.at))
    .filter(isKept)
    .flatMap((window) => settleIn(view, command, attempt, window));
  const recovered = origin === 'recovery';
  const line: DraftLine = {
    entry,
    at: intent.at,
    postings,
    recovered,
    unknown: Number(entry.usage_source === 'unknown'),
    unpriced: Number(entry.priced !== 'yes'),
    rev: context.definitions.known(),
  };
  const about = { writer_id: instance_id, now: context.now(), settles: intent };
  const written = appendLine(view, context.writing, line, about);
  const ended = { entry: entryKey(written), recovered, corrected: false };
  view.put(attemptKey(intent.attempt_id), endedAttributes(ended, ttlIn(context, ENDED_TTL_S)));
  const answer = { kind: 'settled', sequence: written.sequence, states } as const;
  return withWithdrawal(context, view, withdrawn, answer, [line, written]);
}

/** Appends the withdrawal, if there is one, after what a settlement has written. */
function withWithdrawal(
  context: LedgerContext,
  view: View,
  withdrawn: Withdrawn | undefined,
  answer: Extract<Settled, { readonly sequence: number }>,
  line: readonly [DraftLine, Entry],
): SettledIn {
  if (withdrawn === undefined) return { answer, wrote: [line] };
  return {
    answer: { ...answer, withdrew: subjectIn(withdrawn.entry) },
    wrote: [line, writeWithdrawal(context, view, withdrawn, line[1].writer_id)],
  };
}

/** What the settlement does in one window. No state of what only a lease was touched of. */
function settleIn(
  view: View,
  { postings, leased }: SettleLeased,
  attempt: OpenAttempt,
  window: BudgetWindow,
): BudgetState[] {
  const { budget } = window.definition;
  const posting = postings[budget.limit.unit];
  const lease = heldPart(attempt, window)?.lease ?? null;
  const named = leased.find(({ budget_id }) => budget_id === budget.budget_id);
  const { rest, lease: changed } = spendOf(view, window, named, lease, posting);
  if (lease !== null && rest.amount === 0n && rest.ceiling === 0n) return [];
  const stored = storedAt(view, window);
  const held = directlyHeld(attempt, window);
  const next = moved(budget, stored, { held, posting: rest, cause: 'over_bound' });
  keepBalance(view, window, next);
  return [stateOf(window, shownAt(view, window, next, changed === undefined ? [] : [changed]))];
}

/** As much as is said comes out of a lease; else as much as the hold took from it. */
function spendOf(
  view: View,
  window: BudgetWindow,
  named: LeasedPart | undefined,
  held: { readonly lease_id: string; readonly amount: bigint } | null,
  posting: Spent['rest'],
): Spent {
  const part = named ?? held;
  if (part === null) return { rest: posting };
  return spend(view, window, leaseAt(view, window, part.lease_id), part.amount, posting);
}

/** A settlement of what has an entry: a repetition, or the one that comes after recovery. */
function settleAgain(
  context: LedgerContext,
  view: View,
  command: SettleLeased,
  attempt: EndedAttempt,
): SettledIn {
  const already = { answer: { kind: 'already' } } as const;
  if (command.origin === 'recovery' || !attempt.recovered || attempt.corrected) return already;
  const item = view.peek(attempt.entry);
  if (item === undefined) return already;
  const { entry, at, postings: before } = lineOf(item);
  const about = aboutEntry(view, entry.entry_id);
  if (about.lines.length > 1) return already;
  const correction = correctionOf(entry, command.entry, command.correction_id);
  if (view.get(lineKey('correction', correction.entry_id)) !== undefined) return already;
  const withdrawn = nameAttempt(context, view, command.entry);
  if (withdrawn !== undefined) postWithdrawal(context, view, withdrawn);
  const postings = correctPostings(before, command.postings);
  postAll(context, view, { subject: entry, at, postings, cause: 'correction' });
  const { instance_id } = command;
  const wrote = writeLine(context, view, { entry: correction, at, postings, instance_id, about });
  const answer = { kind: 'corrected', sequence: wrote[1].sequence } as const;
  return withWithdrawal(context, view, withdrawn, answer, wrote);
}
