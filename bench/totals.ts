/** What the ledger has to say after a number of calls that were all answered right. */
import { USAGE } from './answers.ts';
import type { EntryTotals } from './validity.ts';

export function expectedTotals(calls: number): EntryTotals {
  return {
    requests: calls,
    input_tokens: calls * USAGE.inputTokens,
    output_tokens: calls * USAGE.outputTokens,
    unknown_entries: 0,
    unpriced_entries: 0,
  };
}
