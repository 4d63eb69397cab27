/**
 * Finds the attempt or open hold that a submission speaks of, by an id that its client knows,
 * inside a command. It makes nothing a condition: an attempt is known by an id of ours long before
 * its client can have learned it. For the upstream's ids see `named-calls.ts`.
 */
import { inEntryOrder } from '@tollkeeper/core';
import type { Entry, Intent } from '@tollkeeper/core';
import { attemptOf } from './attempt-item.ts';
import { lineOf } from '../entries/entry-item.ts';
import { attemptKey, knownAsPartition } from '../items/keys.ts';
import { isNamedCall, knownAsOf, type NamedCall } from '../entries/line-items.ts';
import type { View } from '../groups/transactions.ts';

/** Attempts of one request that are looked at. */
const CANDIDATES_MAX = 1_000;

type Found = { readonly entry: Entry } | { readonly intent: Intent };

/**
 * The oldest attempt of the organization that an id names, or an open hold (null); undefined: there
 * is none. `call` is what the id stands for as the upstream's.
 */
export function findAttempt(
  view: View,
  orgId: string,
  id: string,
  call: NamedCall,
): Entry | null | undefined {
  const known = view
    .query({ pk: knownAsPartition(orgId, id), limit: CANDIDATES_MAX })
    .filter((item) => !isNamedCall(item))
    .map(knownAsOf)
    .flatMap((one) => (one.kind === 'L' ? [] : [one]));
  const upstream = new Set(
    known.flatMap(({ kind, attempt_id }) => (kind === 'U' ? [attempt_id] : [])),
  );
  if (call.attempt_id !== undefined) upstream.add(call.attempt_id);
  const named = new Set([...known.map(({ attempt_id }) => attempt_id), ...upstream]);
  if (id !== '') named.add(id);
  const found = candidatesOf(view, orgId, [...named], call.attempt_id);
  const entries = found.flatMap((one) => ('entry' in one ? [one.entry] : [])).sort(inEntryOrder);
  const entry =
    entries.find((one) => one.attempt_id === id) ??
    entries.find((one) => one.request_id === id) ??
    entries.find((one) => upstream.has(one.attempt_id));
  if (entry !== undefined) return entry;
  const isHeld = found.some(
    (one) => 'intent' in one && (one.intent.attempt_id === id || one.intent.request_id === id),
  );
  return isHeld ? null : undefined;
}

/** Those of the attempts that are of the organization and still known; `settled` is not open. */
function candidatesOf(
  view: View,
  orgId: string,
  attemptIds: readonly string[],
  settled: string | undefined,
): Found[] {
  return attemptIds.flatMap((attemptId): Found[] => {
    const key = attemptKey(attemptId);
    // What was read of it before it was settled must not be taken for what it is.
    const item = attemptId === settled ? view.get(key) : view.peek(key);
    const attempt = item === undefined ? undefined : attemptOf(item);
    if (attempt?.kind === 'open') {
      return attempt.intent.subject.org_id === orgId ? [{ intent: attempt.intent }] : [];
    }
    const line = attempt?.kind === 'ended' ? view.peek(attempt.entry) : undefined;
    const entry = line === undefined ? undefined : lineOf(line).entry;
    return entry?.org_id === orgId ? [{ entry }] : [];
  });
}
