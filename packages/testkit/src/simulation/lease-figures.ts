/** Leases of a run: how they are sized, and what happened to them. */
import { LEASE_DEFAULTS, type LeasedLedger, type LeaseSettings } from '@tollkeeper/server/inside';
import type { LeaseFigures } from './engine.ts';
import type { Random } from './random.ts';

/** Adds up what happened to leases. */
export function figuresOf(ledgers: readonly LeasedLedger[]): LeaseFigures {
  const sum = (of: 'taken' | 'returned' | 'lost' | 'doubted'): number =>
    ledgers.reduce((total, { counts }) => total + counts[of], 0);
  return { taken: sum('taken'), returned: sum('returned'), lost: sum('lost') + sum('doubted') };
}

/** Lease settings of a run: in some nothing is leased, in others small blocks, in some all. */
export function drawLeases(random: Random): LeaseSettings {
  return {
    ...LEASE_DEFAULTS,
    strayMs: 5_000,
    blockCalls: random.chance(0.1) ? 0 : 1 + random.below(40),
    minCalls: 1 + random.below(4),
    freeParts: 2 + random.below(8),
    directMax: random.chance(0.2) ? 2 : 64,
  };
}
