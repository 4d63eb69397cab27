/** Making holds, and ending them without an entry. */
import { hold, roomFor } from '@tollkeeper/core';
import type { Balance } from '@tollkeeper/core';
import type { BudgetState, Blocking, Reserved } from '../../../ports/ledger-store.ts';
import type { LeaseLost, LeasedPart, ReserveLeased } from '../../../ports/leasing-ledger.ts';
import { attemptOf, openAttributes, releasedAttributes } from './attempt-item.ts';
import type { HeldPart, OpenAttempt } from './attempt-item.ts';
import type { StoredBalance } from '../budgets/balance-item.ts';
import { directlyHeld, heldPart } from './held-part.ts';
import type { InGroup } from '../instances/intent-groups.ts';
import { attemptKey, balanceKey, callsKey, knownAsPartition } from '../items/keys.ts';
import { TransactionRefused } from '../groups/lanes.ts';
import { ttlIn, type LedgerContext } from '../ledger-context.ts';
import { knownAsSort } from '../entries/line-items.ts';
import type { Command, View } from '../groups/transactions.ts';
import {
  isKept,
  keepBalance,
  moved,
  notReady,
  roomAt,
  stateOf,
  storedAt,
  windowOf,
  type BudgetWindow,
} from '../budgets/window-balance.ts';

/** The answer, and where the intent is named if it was made. */
export interface ReservedIn {
  readonly answer: Reserved | LeaseLost;
  readonly inGroup?: InGroup;
}

/** A window that is asked for room, and what it has. */
interface Asked {
  readonly window: BudgetWindow;
  /** Null: it began before the budget, and nobody has held in it since. */
  readonly stored: StoredBalance | null;
  readonly state: BudgetState;
}

/** `reserveLeased`; `tried` is told where the intent is named as soon as that may happen. */
export function reserveCommand(
  context: LedgerContext,
  command: ReserveLeased,
  tried: (inGroup: InGroup) => void,
): Command<ReservedIn> {
  const figures = new Map<string, Balance>();
  return {
    kind: 'intent',
    instance_id: command.instance_id,
    decide(view) {
      const { intent, amounts } = command;
      const revision = context.catalogRevision();
      if (revision > command.catalog_revision) {
        return { answer: { kind: 'stale', catalog_revision: revision } };
      }
      const windows = context.definitions
        .covering(intent.subject)
        .map((definition) => windowOf(definition, intent.at));
      assertEnds(windows.length);
      const lost = lostOf(context, windows, command);
      if (lost.length > 0)
        return duplicateOr(view, command, { kind: 'lease_lost', lease_ids: lost });
      const asked = askedOf(view, windows, command.leased, figures);
      const blocking = asked.flatMap(({ state }): Blocking[] => {
        const { budget, balance, resets_at } = state;
        const amount = amounts[budget.limit.unit];
        const reason = roomFor(budget, balance, amount);
        return reason === 'fits' ? [] : [{ budget, balance, amount, reason, resets_at }];
      });
      if (blocking.length > 0) return duplicateOr(view, command, { kind: 'refused', blocking });
      return held(context, view, command, windows, asked, tried);
    },
  };
}

/**
 * What has begun must be able to end: a settlement writes up to two items of each budget, the
 * balance and a lease, and a third as many besides, all in one transaction.
 */
function assertEnds(budgets: number): void {
  if (budgets <= BUDGETS_MAX) return;
  throw new TransactionRefused(
    `${budgets} budgets cover this call. The DynamoDB store can settle a call of at most ` +
      `${BUDGETS_MAX}: remove some, or narrow them.`,
  );
}

/** Budgets that cover one call at most. */
const BUDGETS_MAX = 32;

/** An attempt that is there already is told so before anything else. */
function duplicateOr(
  view: View,
  { intent }: ReserveLeased,
  answer: Reserved | LeaseLost,
): ReservedIn {
  const isThere = view.get(attemptKey(intent.attempt_id)) !== undefined;
  return { answer: isThere ? { kind: 'duplicate' } : answer };
}

/** The leases among those named out of which nothing can be held. */
function lostOf(
  { leases }: LedgerContext,
  windows: readonly BudgetWindow[],
  { instance_id, leased }: ReserveLeased,
): string[] {
  return leased
    .filter(({ lease_id, budget_id, window_start }) => {
      const lease = leases.get(lease_id);
      const window = windows.find(({ definition }) => definition.budget.budget_id === budget_id);
      return (
        lease === undefined ||
        lease.instance_id !== instance_id ||
        lease.window_start !== window_start ||
        window?.start !== window_start ||
        window.definition.since_rev !== lease.since_rev
      );
    })
    .map(({ lease_id }) => lease_id);
}

function askedOf(
  view: View,
  windows: readonly BudgetWindow[],
  leased: readonly LeasedPart[],
  figures: Map<string, Balance>,
): Asked[] {
  const direct = windows.filter(
    ({ definition }) => partOf(leased, definition.budget) === undefined,
  );
  const kept = direct.filter(isKept);
  view.getAll(kept.map(({ definition, start }) => balanceKey(definition.budget.budget_id, start)));
  return direct.map((window) => {
    const { stored, shown } = roomAt(view, window, figures);
    return { window, stored, state: stateOf(window, shown) };
  });
}

function partOf(
  leased: readonly LeasedPart[],
  { budget_id }: { readonly budget_id: string },
): LeasedPart | undefined {
  return leased.find((part) => part.budget_id === budget_id);
}

function held(
  context: LedgerContext,
  view: View,
  { intent, amounts, instance_id, leased }: ReserveLeased,
  windows: readonly BudgetWindow[],
  asked: readonly Asked[],
  tried: (inGroup: InGroup) => void,
): ReservedIn {
  const { attempt_id, request_id, subject } = intent;
  const unkept = asked.find(({ stored }) => stored === null);
  if (unkept !== undefined) {
    // For what is not held no window is kept.
    if (view.get(attemptKey(attempt_id)) !== undefined) return { answer: { kind: 'duplicate' } };
    throw notReady('window', unkept.window);
  }
  const parts = windows.map(({ definition, start }): HeldPart => {
    const { budget, since_rev } = definition;
    const part = partOf(leased, budget);
    const lease = part === undefined ? null : { lease_id: part.lease_id, amount: part.amount };
    return { budget_id: budget.budget_id, since_rev, window_start: start, lease };
  });
  const rev = context.definitions.known();
  const open = { intent, instance_id, amounts, held: parts, rev };
  if (!view.create(attemptKey(attempt_id), openAttributes(open))) {
    return { answer: { kind: 'duplicate' } };
  }
  const states = asked.map(({ window, stored, state }) => {
    const amount = amounts[state.budget.limit.unit];
    if (stored !== null) {
      keepBalance(view, window, { ...stored, balance: hold(stored.balance, amount) });
    }
    return { ...state, balance: hold(state.balance, amount) };
  });
  if (request_id !== attempt_id) {
    const sk = knownAsSort({ kind: 'R', attempt_id });
    view.set({ pk: knownAsPartition(subject.org_id, request_id), sk }, {});
  }
  if (!context.writing.hasCalled(subject.org_id)) view.set(callsKey(subject.org_id), {});
  const inGroup = context.groups.add(view, instance_id, attempt_id);
  tried(inGroup);
  return { answer: { kind: 'held', states }, inGroup };
}

/**
 * `release`. Of an attempt of which it is not known whether it was reserved (`uncertain`) a mark is
 * left, so that a reserve that is still on its way finds it.
 */
export function releaseCommand(
  context: LedgerContext,
  attemptId: string,
  { instanceId, uncertain }: { readonly instanceId: string; readonly uncertain: boolean },
): Command<void> {
  const key = attemptKey(attemptId);
  return {
    kind: 'settlement',
    instance_id: instanceId,
    when_fenced: 'by_revision',
    reads: [key],
    decide(view) {
      const item = view.get(key);
      const attempt = item === undefined ? undefined : attemptOf(item);
      if (attempt?.kind === 'open') unholdAll(context, view, attempt);
      if (uncertain && (attempt === undefined || attempt.kind === 'open')) {
        view.put(key, releasedAttributes(ttlIn(context, RELEASED_TTL_S)));
      } else if (attempt?.kind === 'open') {
        view.delete(key);
      }
    },
  };
}

/** Seconds for which a reserve of unknown outcome may still land, many times over. */
const RELEASED_TTL_S = 7 * 86_400;

function unholdAll(context: LedgerContext, view: View, attempt: OpenAttempt): void {
  const { attempt_id, request_id, subject, at } = attempt.intent;
  for (const definition of context.definitions.covering(subject)) {
    const window = windowOf(definition, at);
    if (!isKept(window)) continue;
    // What came out of a lease is the lease's again, of which nothing has to be written.
    if (heldPart(attempt, window)?.lease) continue;
    const stored = storedAt(view, window);
    const posting = { amount: 0n, ceiling: 0n };
    const held = directlyHeld(attempt, window);
    const move = { held, posting, cause: 'over_bound' } as const;
    keepBalance(view, window, moved(definition.budget, stored, move));
  }
  if (request_id === attempt_id) return;
  const sk = knownAsSort({ kind: 'R', attempt_id });
  view.delete({ pk: knownAsPartition(subject.org_id, request_id), sk });
}
