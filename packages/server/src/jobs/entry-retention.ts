/**
 * Removes entries that are older than they are kept, once they were copied elsewhere; a part at a
 * time, so that calls write in between. What was copied nowhere stays, however old, and is told of.
 */
import type { Clock } from '../ports/clock.ts';
import type { LedgerArchive } from '../ports/ledger-archive.ts';
import type { Telemetry } from '../ports/telemetry.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Entries that one write looks at. */
export const PART_MAX = 500;
/** Parts of one round; what is left waits for the next. */
export const PARTS_MAX = 100;

/** A round of the sweep: works once an hour at most while there is nothing left, else each time. */
export function entryRetention(parts: {
  readonly ledger: Pick<LedgerArchive, 'forgetEntries'>;
  readonly clock: Clock;
  /** How long entries are kept. */
  readonly days: number;
  readonly log: Telemetry['log'];
}): () => Promise<void> {
  const { ledger, clock, days, log } = parts;
  let next = -Infinity;
  let tellNext = -Infinity;
  const tell = (): void => {
    if (clock.monotonic() < tellNext) return;
    tellNext = clock.monotonic() + DAY_MS;
    log('warn', 'Entries are kept beyond their days, because no copy was made of them.', {
      entry_days: days,
      remedy: 'tollkeeper export --to DIR',
    });
  };
  return async () => {
    if (clock.monotonic() < next) return;
    const before = clock.now() - days * DAY_MS;
    for (let part = 0; part < PARTS_MAX; part += 1) {
      const { removed, kept } = await ledger.forgetEntries({ before, limit: PART_MAX });
      if (removed > 0 && removed + kept === PART_MAX) continue;
      if (kept > 0) tell();
      next = clock.monotonic() + HOUR_MS;
      return;
    }
  };
}
