/**
 * Finds the attempt or open hold that a submission speaks of, by an id that its client knows,
 * inside a command. It makes nothing a condition: an attempt is known by an id long before its
 * client can have learned it.
 */
import { inEntryOrder } from '@tollkeeper/core';
import type { Entry, Intent } from '@tollkeeper/core';
import { attemptOf } from './attempt-item.ts';
import { lineOf } from './entry-item.ts';
import { attemptKey, knownAsPartition } from './keys.ts';
import { knownAsOf } from './line-items.ts';
import type { View } from './transactions.ts';

/** Attempts of one request that are looked at. */
const CANDIDATES_MAX = 1_000;

type Found = { readonly entry: Entry } | { readonly intent: Intent };

/**
 * The first attempt or open hold (null) of the organization that one of the ids names, in the order
 * of the ids, oldest first; undefined: there is none.
 */
export function findAttempt(
  view: View,
  orgId: string,
  ids: readonly string[],
): Entry | null | undefined {
  for (const id of ids) {
    const found = candidatesFor(view, orgId, id);
    const entries = found.flatMap((one) => ('entry' in one ? [one.entry] : [])).sort(inEntryOrder);
    const entry =
      entries.find((one) => one.attempt_id === id) ??
      entries.find((one) => one.request_id === id) ??
      entries.find((one) => one.upstream_request_id === id);
    if (entry !== undefined) return entry;
    const isHeld = found.some(
      (one) => 'intent' in one && (one.intent.attempt_id === id || one.intent.request_id === id),
    );
    if (isHeld) return null;
  }
  return undefined;
}

/** Attempts of the organization that an id may name. */
function candidatesFor(view: View, orgId: string, id: string): Found[] {
  const named = view
    .query({ pk: knownAsPartition(orgId, id), limit: CANDIDATES_MAX })
    .map(knownAsOf)
    .flatMap((known) => (known.kind === 'L' ? [] : [known.attempt_id]));
  return [...new Set(id === '' ? named : [id, ...named])].flatMap((attemptId): Found[] => {
    const item = view.peek(attemptKey(attemptId));
    const attempt = item === undefined ? undefined : attemptOf(item);
    if (attempt?.kind === 'open') {
      return attempt.intent.subject.org_id === orgId ? [{ intent: attempt.intent }] : [];
    }
    const line = attempt?.kind === 'ended' ? view.peek(attempt.entry) : undefined;
    const entry = line === undefined ? undefined : lineOf(line).entry;
    return entry?.org_id === orgId ? [{ entry }] : [];
  });
}
