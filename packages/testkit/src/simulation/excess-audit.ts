/**
 * Judges what balances name as excess. Nobody is believed that a limit may be passed: each
 * transaction has to show the cause in what it writes, and how much it explains.
 */
import type { Auditor } from './auditor.ts';
import type { LineFact } from './line-fact.ts';
import { CAUSES, type BalanceFact, type Cause } from './table-model.ts';

/** A balance before and after a transaction, of the same making of its budget. */
export interface Moved {
  readonly row: string;
  readonly before: BalanceFact | undefined;
  readonly after: BalanceFact;
}

const NOTHING = { over_bound: 0n, submitted: 0n, correction: 0n, limit_lowered: 0n };

/** What one transaction explains, by row and cause. */
export class ExcessAudit {
  readonly #most = new Map<string, Record<Cause, bigint>>();

  /** A line was added that counts in a row. `held`: what its attempt held there. */
  posted(row: string, { entry_type }: LineFact, posted: bigint, held: bigint): void {
    const beyond = posted - held;
    if (beyond <= 0n) return;
    switch (entry_type) {
      case 'attempt':
        return this.#explain(row, 'over_bound', beyond);
      case 'submission':
        return this.#explain(row, 'submitted', beyond);
      case 'correction':
        return this.#explain(row, 'correction', beyond);
    }
  }

  /** The limit is another, or is asked about for the first time, with so much beyond it. */
  limited(row: string, beyond: bigint): void {
    if (beyond > 0n) this.#explain(row, 'limit_lowered', beyond);
  }

  /** Holds what was named against what was explained. */
  judge({ row, before, after }: Moved, auditor: Auditor): void {
    const named = before?.causes ?? NOTHING;
    const most = this.#most.get(row) ?? NOTHING;
    for (const cause of CAUSES) {
      const more = after.causes[cause] - named[cause];
      if (more >= 0n && more <= most[cause]) continue;
      const what = `${row}: ${cause} by ${more}, of which ${most[cause]} is explained`;
      auditor.violated('excess has a cause', what);
    }
    if (before !== undefined && after.high_water < before.high_water) {
      auditor.violated('the high water does not fall', `${row}: ${after.high_water}`);
    }
  }

  #explain(row: string, cause: Cause, amount: bigint): void {
    const most = this.#most.get(row) ?? { ...NOTHING };
    most[cause] += amount;
    this.#most.set(row, most);
  }
}
