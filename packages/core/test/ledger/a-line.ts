/** A line of the ledger for tests, of which each changes what it is about. */
import type { Entry } from '../../src/ledger/entry.ts';
import type { Line } from '../../src/ledger/line.ts';
import { anEntry } from './an-entry.ts';

/** The line of an entry that posted its cost when it started. */
export function aLine(change: Partial<Entry> = {}, about: Partial<Line> = {}): Line {
  const entry = anEntry(change);
  return {
    entry,
    at: entry.started_at,
    postings: {
      usd: { amount: entry.cost, ceiling: 0n },
      tokens: { amount: 0n, ceiling: 0n },
      requests: { amount: 1n, ceiling: 0n },
    },
    recovered: false,
    unknown: 0,
    unpriced: 0,
    ...about,
  };
}
