/** Headers of the answer: those of the upstream as received, and ours. */
import { HOP_BY_HOP, nominatedHeaders } from '../http/exchange.ts';

/** Names the request in answers, logs and entries. */
export const REQUEST_ID_HEADER = 'x-tollkeeper-request-id';
/** What begins like this is said by this gateway alone. */
const OUR_PREFIX = 'x-tollkeeper-';

/** Value of a header in a raw list, by its lower-case name. */
export function rawHeader(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) return rawHeaders[i + 1];
  }
  return undefined;
}

/**
 * The upstream's headers without those of its connection and without any that pass for ours, and
 * the request id.
 */
export function relayedHeaders(rawHeaders: readonly string[], requestId: string): string[] {
  const relayed: string[] = [];
  const nominated = nominatedHeaders(rawHeader(rawHeaders, 'connection'));
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || nominated?.has(lower) === true) continue;
    if (lower.startsWith(OUR_PREFIX)) continue;
    relayed.push(name, rawHeaders[i + 1] ?? '');
  }
  relayed.push(REQUEST_ID_HEADER, requestId);
  return relayed;
}
