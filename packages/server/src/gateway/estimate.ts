/**
 * Rough counts for streams that broke before the upstream told what it used; always flagged
 * `estimated`.
 */

/**
 * Typical bytes of text per token. Not a bound: the ceiling of an estimated entry is its whole
 * hold.
 */
const BYTES_PER_TOKEN = 4;

/** Tokens that so many bytes of text typically are; at least one for any text. */
export function estimateTokens(textBytes: number): number {
  return Math.ceil(textBytes / BYTES_PER_TOKEN);
}
