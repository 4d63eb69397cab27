/** Headers of the answer: those of the upstream as received, and ours. */
import { HOP_BY_HOP, nominatedHeaders, rawHeader } from '../http/exchange.ts';

/** Names the request in answers, logs and entries. */
export const REQUEST_ID_HEADER = 'x-tollkeeper-request-id';
/** What begins like this is said by this gateway alone. */
const OUR_PREFIX = 'x-tollkeeper-';

/**
 * The upstream's headers without those of its connection and without any that pass for ours, and
 * the request id.
 */
export function relayedHeaders(rawHeaders: readonly string[], requestId: string): string[] {
  const relayed: string[] = [];
  const nominated = nominatedHeaders(rawHeader(rawHeaders, 'connection'));
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (!isRelayed(name) || nominated?.has(name.toLowerCase()) === true) continue;
    relayed.push(name, rawHeaders[i + 1] ?? '');
  }
  relayed.push(REQUEST_ID_HEADER, requestId);
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
