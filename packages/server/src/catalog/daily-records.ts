/** What the catalogue keeps of days: what each organization used of each model, and cost by it. */

/**
 * One UTC day of one organization and model. Its document is `<day>/<org_id>/<model_id>`, its
 * parent the organization. It follows from the ledger and can be made again from it.
 */
export interface DailyCostRecord {
  /** `YYYY-MM-DD`, UTC: the day on which the calls came in. */
  readonly day: string;
  readonly org_id: string;
  readonly model_id: string;
  /** Calls that the model answered, or may have: refused and failed ones are none. */
  readonly invocations: number;
  /** Of the whole prompt, caches included. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Known charges, exact decimals of USD; the two sum to what the ledger says. */
  readonly input_cost: string;
  readonly output_cost: string;
  /** Of the invocations, those whose usage is not known. */
  readonly unknown_invocations: number;
}

/** Setting that says how far each writer's entries are in the days. */
export const DAILY_MARKS_SETTING = 'daily_costs';

/** By writer, the last sequence that the days hold. */
export interface DailyMarksRecord {
  readonly marks: Readonly<Record<string, number>>;
}

/** Document id of a day's figures. */
export function dailyDocument(day: string, orgId: string, modelId: string): string {
  return `${day}/${orgId}/${modelId}`;
}
