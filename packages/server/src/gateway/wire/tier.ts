/** Service tiers in the words of the price book. */

/**
 * The tier that AWS's words name, or null when neither is there. `latency` is that of
 * `performanceConfig`; `reserved` capacity overflows to on-demand at the standard price, so its
 * tokens are standard ones. A word that is not known stays as it is: the price book has no row for
 * it, and the charge says so.
 */
export function bookTier(tier: string | undefined, latency: string | undefined): string | null {
  const word = tier?.toLowerCase();
  if (word === 'priority' || word === 'flex') return word;
  if (latency?.toLowerCase() === 'optimized') return 'latency_optimized';
  if (word === undefined || word === '') return latency === undefined ? null : 'standard';
  return word === 'default' || word === 'reserved' ? 'standard' : word;
}

/**
 * The tier that a request asks for, `standard` when it names none. Batch is what batch jobs cost;
 * no call of this API is one, so asking for it never makes a call cheaper: only a reply could.
 */
export function askedTier(tier: string | undefined, latency: string | undefined): string {
  const asked = bookTier(tier, latency) ?? 'standard';
  return asked === 'batch' ? 'standard' : asked;
}
