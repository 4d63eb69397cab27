/** Headers of the answer: those of the upstream as received, and ours. */
import type { Attempt } from './attempt.ts';
import { HOP_BY_HOP, nominatedHeaders, rawHeader } from '../http/exchange.ts';

/** Names the request in answers, logs and entries. */
export const REQUEST_ID_HEADER = 'x-tollkeeper-request-id';
/** The label whose quota a call counts on, what served it, and why it is not the first. */
export const LABEL_HEADER = 'x-tollkeeper-label';
export const MODEL_HEADER = 'x-tollkeeper-model';
export const FALLBACK_HEADER = 'x-tollkeeper-fallback-reason';
/** What begins like this is said by this gateway alone. */
const OUR_PREFIX = 'x-tollkeeper-';

/**
 * The upstream's headers without those of its connection and without any that pass for ours, the
 * request id, and what served the call if that was a label's target. They are for replies of the
 * upstream alone, so that a model which was never reached is never named.
 */
export function relayedHeaders(
  rawHeaders: readonly string[],
  { call, label, modelId, fallback }: Pick<Attempt, 'call' | 'label' | 'modelId' | 'fallback'>,
): string[] {
  const relayed: string[] = [];
  const nominated = nominatedHeaders(rawHeader(rawHeaders, 'connection'));
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (!isRelayed(name) || nominated?.has(name.toLowerCase()) === true) continue;
    relayed.push(name, rawHeaders[i + 1] ?? '');
  }
  relayed.push(REQUEST_ID_HEADER, call.requestId);
  if (label === null) return relayed;
  relayed.push(LABEL_HEADER, label, MODEL_HEADER, modelId);
  if (fallback !== null) relayed.push(FALLBACK_HEADER, fallback);
  return relayed;
}

/** The names that an upstream sends are always the same few. */
const KNOWN_NAMES_MAX = 1_000;
const known = new Map<string, boolean>();

function isRelayed(name: string): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  const lower = name.toLowerCase();
  const relayed = !HOP_BY_HOP.has(lower) && !lower.startsWith(OUR_PREFIX);
  if (known.size < KNOWN_NAMES_MAX) known.set(name, relayed);
  return relayed;
}
