/**
 * The two accounts that are compared: the simulator's book and the gateway's ledger, read over
 * HTTP.
 */
import type { Demo } from './processes.ts';

/** Usage in the names of the API. */
export interface UsageRecord {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_write_5m_input_tokens: number;
  readonly cache_write_1h_input_tokens: number;
  readonly units: Readonly<Record<string, number>>;
}

/** A call as the upstream saw it. */
export interface BookRow {
  readonly attempt_id: string | null;
  readonly request_id: string;
  readonly invocation_id: string | null;
  readonly operation: string;
  readonly model_id: string;
  readonly served_tier: string | null;
  readonly stream: boolean;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: string | null;
  readonly client_gone: boolean;
  readonly usage: UsageRecord | null;
  readonly billed: boolean;
  readonly fault: string | null;
  /** The HTTP status that was answered, null when none was. */
  readonly status: number | null;
}

/** What the audit reads of an entry. */
export interface EntryRecord {
  readonly entry_id: string;
  readonly entry_type: string;
  readonly corrects_entry_id: string | null;
  readonly attempt_id: string;
  readonly request_id: string;
  readonly upstream_request_id: string | null;
  readonly invocation_id: string | null;
  readonly model_id: string;
  readonly region: string;
  readonly operation: string;
  readonly tier: string;
  readonly streamed: boolean;
  readonly outcome: string;
  readonly usage: UsageRecord | null;
  readonly usage_source: string;
  readonly usage_reason: string | null;
  readonly priced: string;
  readonly cost_usd: string;
  readonly ceiling_usd: string | null;
  readonly started_at: string;
  readonly ended_at: string;
  readonly writer_id: string;
  readonly sequence: number;
}

/** A budget with its figures, decimal strings. */
export interface BudgetRecord {
  readonly budget_id: string;
  readonly scope: unknown;
  readonly match: unknown;
  readonly window: string;
  readonly timezone: string;
  readonly limit: { readonly unit: string; readonly amount: string };
  readonly mode: string;
  readonly spent: string;
  readonly ceiling: string;
  readonly held: string;
  readonly high_water: string;
  readonly excess: string;
}

export async function readBook(simulatorUrl: string): Promise<readonly BookRow[]> {
  const response = await fetch(`${simulatorUrl}/_simulator/book`);
  const { calls, dropped } = (await response.json()) as { calls: BookRow[]; dropped: number };
  if (dropped > 0) throw new Error(`the book dropped ${dropped} rows`);
  return calls;
}

/** Every entry of the ledger, page by page. */
export function readEntries(demo: Demo): Promise<EntryRecord[]> {
  return readPages<EntryRecord>(demo, '/api/v1/usage/entries', 'entries');
}

export function readBudgets(demo: Demo): Promise<BudgetRecord[]> {
  return readPages<BudgetRecord>(demo, '/api/v1/budgets', 'budgets');
}

/** Creates or replaces a budget. */
export async function putBudget(demo: Demo, budgetId: string, budget: unknown): Promise<void> {
  const response = await fetch(`${demo.endpoint}/api/v1/budgets/${budgetId}`, {
    method: 'PUT',
    headers: { 'x-api-key': demo.provisioning_key, 'content-type': 'application/json' },
    body: JSON.stringify(budget),
  });
  if (!response.ok) {
    throw new Error(`PUT budget ${budgetId}: ${response.status} ${await response.text()}`);
  }
  await response.arrayBuffer();
}

async function readPages<T>(demo: Demo, path: string, member: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const url = new URL(path, demo.endpoint);
    url.searchParams.set('limit', '1000');
    if (cursor !== null) url.searchParams.set('cursor', cursor);
    const response = await fetch(url, { headers: { 'x-api-key': demo.provisioning_key } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    const page = (await response.json()) as Record<string, unknown>;
    items.push(...(page[member] as T[]));
    cursor = page['next_cursor'] as string | null;
  } while (cursor !== null);
  return items;
}
