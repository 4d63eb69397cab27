/**
 * Commands for a ledger in tests: short to write, complete, and with ids that say what they are.
 */
import { NO_USAGE } from '@tollkeeper/core';
import type {
  Amounts,
  Budget,
  Entry,
  EntryDraft,
  Intent,
  Postings,
  Subject,
} from '@tollkeeper/core';
import type {
  BudgetState,
  LedgerStore,
  RecordEntry,
  Reserve,
  Settle,
  Stores,
} from '@tollkeeper/server';

/**
 * 2026-03-10T12:30:00Z: the middle of an hour, far from any change of clocks in Zurich or New York.
 */
export const NOON = Date.UTC(2026, 2, 10, 12, 30);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** One case of a conformance suite: a guarantee, and what shows it on stores that are empty. */
export interface StoreCase {
  readonly name: string;
  readonly run: (stores: Stores) => Promise<void>;
}

/** Opens empty stores for one case. */
export type OpenStores = () => Promise<Stores>;

export const SUBJECT: Subject = {
  org_id: 'org',
  app_id: 'app',
  user_id: 'user',
  key_id: 'key',
  label: 'premium',
  model_id: 'model',
};

export function budget(changes: Partial<Budget> & { amount?: bigint } = {}): Budget {
  const { amount = 100n, ...rest } = changes;
  return {
    budget_id: 'budget',
    scope: { type: 'organization', org_id: 'org' },
    match: null,
    limit: { unit: 'usd', amount },
    window: 'day',
    timezone: 'UTC',
    mode: 'enforce',
    ...rest,
  };
}

export function intent(attemptId: string, changes: Partial<Intent> = {}): Intent {
  return {
    attempt_id: attemptId,
    request_id: attemptId,
    invocation_id: null,
    subject: SUBJECT,
    region: 'us-east-1',
    operation: 'Converse',
    tier: 'standard',
    streamed: false,
    price_version: 'v1',
    priced: 'yes',
    tags: { team: 'blue' },
    at: NOON,
    ...changes,
  };
}

export function reserve(
  attemptId: string,
  usd: bigint,
  changes: Partial<Intent> & { amounts?: Partial<Amounts>; instance?: string } = {},
): Reserve {
  const { amounts, instance = 'writer', ...rest } = changes;
  return {
    instance_id: instance,
    intent: intent(attemptId, rest),
    amounts: { usd, tokens: 10n, requests: 1n, ...amounts },
    catalog_revision: Number.MAX_SAFE_INTEGER,
  };
}

/** The entry of an attempt whose usage was reported and cost `usd`. */
export function entry(
  attemptId: string,
  usd: bigint,
  changes: Partial<EntryDraft> = {},
): EntryDraft {
  return {
    entry_id: attemptId,
    entry_type: 'attempt',
    corrects_entry_id: null,
    attempt_id: attemptId,
    request_id: attemptId,
    upstream_request_id: `aws-${attemptId}`,
    invocation_id: null,
    source: 'gateway',
    ...SUBJECT,
    region: 'us-east-1',
    operation: 'Converse',
    tier: 'standard',
    streamed: false,
    outcome: 'ok',
    usage: { ...NO_USAGE, input_tokens: 3, output_tokens: 2 },
    usage_source: 'reported',
    usage_reason: null,
    priced: 'yes',
    price_version: 'v1',
    price_basis: null,
    price_layers: [],
    charges: [{ class: 'input', quantity: 3, unit_price_usd: '0.000000000001', amount: usd }],
    cost: usd,
    ceiling: null,
    started_at: NOON,
    ended_at: NOON + 1_000,
    latency_ms: 1_000,
    time_to_first_token_ms: null,
    tags: { team: 'blue' },
    ...changes,
  };
}

/** What an entry of unknown usage has in place of counts and charges. */
export function unknownUsage(ceiling: bigint): Partial<EntryDraft> {
  return {
    outcome: 'broken',
    usage: null,
    usage_source: 'unknown',
    usage_reason: 'stream_ended_early',
    charges: [],
    cost: 0n,
    ceiling,
  };
}

/** What an entry posts by the rules: the larger of cost and ceiling. */
export function postings(draft: EntryDraft, tokens = 5n): Postings {
  const ceiling = draft.ceiling ?? 0n;
  const amount = ceiling > draft.cost ? ceiling : draft.cost;
  return {
    usd: { amount, ceiling: amount - draft.cost },
    tokens: { amount: tokens, ceiling: draft.usage === null ? tokens : 0n },
    requests: { amount: 1n, ceiling: 0n },
  };
}

export function settle(
  attemptId: string,
  usd: bigint,
  changes: Partial<EntryDraft> & { instance?: string; correction?: string } = {},
): Settle {
  const { instance = 'writer', correction = `c-${attemptId}`, ...rest } = changes;
  const draft = entry(attemptId, usd, rest);
  return {
    instance_id: instance,
    entry: draft,
    postings: postings(draft),
    origin: 'attempt',
    correction_id: correction,
  };
}

/** What another instance settles for an attempt whose process died. */
export function recovery(
  attemptId: string,
  ceiling: bigint,
  changes: Partial<EntryDraft> = {},
): Settle {
  const command = settle(attemptId, 0n, {
    ...unknownUsage(ceiling),
    outcome: 'interrupted',
    usage_reason: 'process_died',
    instance: 'recoverer',
    ...changes,
  });
  return { ...command, postings: postings(command.entry, 10n), origin: 'recovery' };
}

/** A submission: usage that was reported to us, of a call that held nothing. */
export function submission(
  entryId: string,
  usd: bigint,
  changes: Partial<EntryDraft> & { at?: number; cause?: RecordEntry['cause'] } = {},
): RecordEntry {
  const { at = NOON, cause = 'submitted', ...rest } = changes;
  const draft = entry(entryId, usd, { entry_type: 'submission', source: 'submitted', ...rest });
  return { instance_id: 'writer', entry: draft, postings: postings(draft), at, cause };
}

/** The figures of a budget at a moment; fails when there is no such budget. */
export async function figures(
  ledger: LedgerStore,
  budgetId = 'budget',
  at = NOON,
): Promise<BudgetState['balance']> {
  const found = (await ledger.budgets(at)).find((state) => state.budget.budget_id === budgetId);
  if (found === undefined) throw new Error(`There is no budget ${budgetId}.`);
  return found.balance;
}

/** Every entry, page by page. */
export async function allEntries(ledger: LedgerStore, pageSize = 100): Promise<Entry[]> {
  const found: Entry[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const page = await ledger.entries({
      limit: pageSize,
      ...(cursor === undefined ? {} : { cursor }),
    });
    found.push(...page.entries);
    cursor = page.next_cursor;
  }
  return found;
}
