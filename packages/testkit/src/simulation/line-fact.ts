/** Lines of the ledger, as far as the auditor reads them. */

/** One figure for each unit that budgets count. */
export type Units = Readonly<Record<'usd' | 'tokens' | 'requests', bigint>>;

/** A line of the ledger. Money in pico-USD. */
export interface LineFact {
  readonly entry_id: string;
  readonly entry_type: 'attempt' | 'submission' | 'correction';
  readonly corrects_entry_id: string | null;
  readonly attempt_id: string;
  readonly request_id: string;
  readonly upstream_request_id: string | null;
  readonly writer_id: string;
  readonly sequence: number;
  readonly outcome: string;
  readonly usage_source: string;
  readonly cost: bigint;
  readonly ceiling: bigint | null;
  /** What it posted to budgets, and what of that is a ceiling; absent where nobody can see it. */
  readonly posted?: Units;
  readonly ceilings?: Units;
}
