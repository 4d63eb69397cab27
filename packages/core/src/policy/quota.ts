/** How much of a quota is gone, in the words and figures of the cost keeper's API. */
import type { QuotaUse } from './chain.ts';

/** One micro-USD in pico-USD. */
export const PICO_PER_MICRO = 1_000_000n;

/** `EXCEEDED` at the whole quota or above, `TIGHT` from the threshold on. */
export type QuotaStatus = 'NORMAL' | 'TIGHT' | 'EXCEEDED';

/** Micro-USD of a sum in pico-USD, rounded half up; below zero (corrections) half away from it. */
export function microUsd(pico: bigint): number {
  const size = pico < 0n ? -pico : pico;
  const micro = Number((size + PICO_PER_MICRO / 2n) / PICO_PER_MICRO);
  return pico < 0n && micro !== 0 ? -micro : micro;
}

/** Of an amount in micro-USD, the pico-USD. */
export function picoOfMicro(micro: number): bigint {
  return BigInt(micro) * PICO_PER_MICRO;
}

/**
 * Used hundredths of a quota with two decimal places, rounded down: 100 is never shown before it is
 * reached. A quota of nothing is used up (100).
 */
export function quotaPct({ posted, limit }: QuotaUse): number {
  if (limit <= 0n) return 100;
  return posted <= 0n ? 0 : Number((posted * 10_000n) / limit) / 100;
}

/** The status by the threshold, in hundredths of the quota; judged on the exact sums. */
export function quotaStatus({ posted, limit }: QuotaUse, thresholdPct: number): QuotaStatus {
  if (posted >= limit) return 'EXCEEDED';
  return posted * 100n >= limit * BigInt(thresholdPct) ? 'TIGHT' : 'NORMAL';
}
