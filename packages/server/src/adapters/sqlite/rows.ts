/** Between the words of the port and the rows of the tables. */
import type {
  Amounts,
  Balance,
  Budget,
  Entry,
  EntryDraft,
  Intent,
  Postings,
  Subject,
  Usage,
} from '@tollkeeper/core';
import type { RecordEntry, Reserve, Settle } from '../../ports/ledger-store.ts';
import { RECORD, RESERVE, ROW, SETTLE } from './protocol.ts';
import type { EntryRow, RecordTuple, ReserveTuple, SettleTuple, SqlInteger } from './protocol.ts';

const INT64_MAX = 2n ** 63n - 1n;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Throws a RangeError for an amount that one entry or hold cannot keep. */
export function toSqlInteger(amount: bigint): SqlInteger {
  if (amount <= SAFE_MAX && amount >= -SAFE_MAX) return Number(amount);
  if (amount > INT64_MAX || amount < -INT64_MAX) {
    throw new RangeError(`An entry or hold keeps at most 64 bits: ${amount} is beyond them`);
  }
  return amount;
}

export function toReserve({
  instance_id,
  intent,
  amounts,
  catalog_revision,
}: Reserve): ReserveTuple {
  const { subject } = intent;
  return [
    RESERVE,
    intent.attempt_id,
    instance_id,
    catalog_revision,
    subject.org_id,
    subject.app_id,
    subject.user_id,
    subject.key_id,
    subject.label,
    subject.model_id,
    intent.at,
    toSqlInteger(amounts.usd),
    toSqlInteger(amounts.tokens),
    toSqlInteger(amounts.requests),
    JSON.stringify(intent),
  ];
}

export function toSettle(command: Settle): SettleTuple {
  const { entry, postings, instance_id, origin, correction_id } = command;
  return [
    SETTLE,
    entry.attempt_id,
    instance_id,
    origin === 'recovery' ? 1 : 0,
    correction_id,
    entry.usage_source === 'unknown' ? 1 : 0,
    entry.priced === 'yes' ? 0 : 1,
    toEntryRow(entry, postings),
  ];
}

export function toRecord({ instance_id, entry, postings, at, cause }: RecordEntry): RecordTuple {
  return [
    RECORD,
    instance_id,
    at,
    cause,
    entry.usage_source === 'unknown' ? 1 : 0,
    entry.priced === 'yes' ? 0 : 1,
    toEntryRow(entry, postings),
  ];
}

/**
 * The columns of an entry from `line_key` on. Throws a RangeError for what the table cannot keep.
 */
export function toEntryRow(entry: EntryDraft, postings: Postings): EntryRow {
  const attempt = entry.entry_type === 'attempt';
  if (attempt && entry.entry_id !== entry.attempt_id) {
    throw new RangeError(`The entry of an attempt has its id: ${entry.attempt_id}`);
  }
  const { usage } = entry;
  const { usd, tokens, requests } = postings;
  return [
    lineKeyOf(entry),
    attempt ? null : entry.attempt_id,
    attempt && entry.request_id === entry.attempt_id ? null : entry.request_id,
    entry.corrects_entry_id,
    entry.org_id,
    entry.app_id,
    entry.user_id,
    entry.key_id,
    entry.label,
    entry.model_id,
    entry.started_at,
    usage === null ? null : usage.input_tokens,
    usage === null ? null : usage.output_tokens,
    usage === null ? null : usage.cache_read_input_tokens,
    usage === null ? null : usage.cache_write_5m_input_tokens,
    usage === null ? null : usage.cache_write_1h_input_tokens,
    usage === null ? null : usage.cache_write_30m_input_tokens,
    usage === null ? null : unitsOf(usage),
    toSqlInteger(entry.cost),
    entry.ceiling === null ? null : toSqlInteger(entry.ceiling),
    toSqlInteger(usd.amount),
    toSqlInteger(usd.ceiling),
    toSqlInteger(tokens.amount),
    toSqlInteger(tokens.ceiling),
    toSqlInteger(requests.amount),
    toSqlInteger(requests.ceiling),
    bodyOf(entry),
  ];
}

/** What may exist only once: an attempt by its attempt id, everything else by its entry id. */
export function lineKeyOf(entry: EntryDraft): string {
  if (entry.entry_type === 'attempt') return `a${entry.attempt_id}`;
  return `${entry.entry_type === 'submission' ? 's' : 'c'}${entry.entry_id}`;
}

function unitsOf(usage: Usage): string | null {
  for (const name in usage.units) if (name.length >= 0) return JSON.stringify(usage.units);
  return null;
}

/** The members of an entry that have no column, as JSON. */
function bodyOf(entry: EntryDraft): string {
  return JSON.stringify({
    upstream_request_id: entry.upstream_request_id,
    invocation_id: entry.invocation_id,
    source: entry.source,
    region: entry.region,
    operation: entry.operation,
    tier: entry.tier,
    streamed: entry.streamed,
    outcome: entry.outcome,
    usage_source: entry.usage_source,
    usage_reason: entry.usage_reason,
    priced: entry.priced,
    price_version: entry.price_version,
    charges: entry.charges.map((line) => ({
      class: line.class,
      quantity: line.quantity,
      unit_price_usd: line.unit_price_usd,
      amount: line.amount === null ? null : line.amount.toString(),
    })),
    ended_at: entry.ended_at,
    latency_ms: entry.latency_ms,
    time_to_first_token_ms: entry.time_to_first_token_ms,
    tags: entry.tags,
  });
}

type Body = Pick<
  EntryDraft,
  | 'upstream_request_id'
  | 'invocation_id'
  | 'source'
  | 'region'
  | 'operation'
  | 'tier'
  | 'streamed'
  | 'outcome'
  | 'usage_source'
  | 'usage_reason'
  | 'priced'
  | 'price_version'
  | 'ended_at'
  | 'latency_ms'
  | 'time_to_first_token_ms'
  | 'tags'
> & {
  readonly charges: readonly {
    readonly class: string;
    readonly quantity: number;
    readonly unit_price_usd: string | null;
    readonly amount: string | null;
  }[];
};

/** What `ENTRY_SELECT` yields, as an array. */
export type EntryColumns = readonly [
  writerId: string,
  sequence: number,
  lineKey: string,
  attemptId: string | null,
  requestId: string | null,
  correctsEntryId: string | null,
  orgId: string,
  appId: string,
  userId: string | null,
  keyId: string | null,
  label: string | null,
  modelId: string,
  startedAt: number,
  input: number | null,
  output: number,
  cacheRead: number,
  cacheWrite5m: number,
  cacheWrite1h: number,
  cacheWrite30m: number,
  units: string | null,
  cost: string,
  ceiling: string | null,
  body: string,
];

/** Columns of an entry for `entryOf`; the table is `entries e`, joined with `writers w`. */
export const ENTRY_SELECT = `SELECT w.writer_id, e.id & 1099511627775, e.line_key, e.attempt_id,
  e.request_id, e.corrects_entry_id, e.org_id, e.app_id, e.user_id, e.key_id, e.label, e.model_id,
  e.started_at, e.input_tokens, e.output_tokens, e.cache_read_input_tokens,
  e.cache_write_5m_input_tokens, e.cache_write_1h_input_tokens, e.cache_write_30m_input_tokens,
  e.units, CAST(e.cost AS TEXT), CAST(e.ceiling AS TEXT), e.body
  FROM entries e JOIN writers w ON w.writer_no = e.id >> 40`;

const ENTRY_TYPE = { a: 'attempt', s: 'submission', c: 'correction' } as const;

/** The entry that a row keeps. */
export function entryOf(columns: EntryColumns): Entry {
  const [writer_id, sequence, lineKey, attemptId, requestId, corrects_entry_id, ...rest] = columns;
  const [org_id, app_id, user_id, key_id, label, model_id, started_at, ...counts] = rest;
  const [input, output, cacheRead, write5m, write1h, write30m, units, cost, ceiling, text] = counts;
  const body = JSON.parse(text) as Body;
  const entry_id = lineKey.slice(1);
  const usage =
    input === null
      ? null
      : {
          input_tokens: input,
          output_tokens: output,
          cache_read_input_tokens: cacheRead,
          cache_write_5m_input_tokens: write5m,
          cache_write_1h_input_tokens: write1h,
          cache_write_30m_input_tokens: write30m,
          units: units === null ? {} : (JSON.parse(units) as Usage['units']),
        };
  return {
    ...body,
    entry_id,
    entry_type: ENTRY_TYPE[lineKey.charAt(0) as keyof typeof ENTRY_TYPE],
    attempt_id: attemptId ?? entry_id,
    request_id: requestId ?? entry_id,
    corrects_entry_id,
    org_id,
    app_id,
    user_id,
    key_id,
    label,
    model_id,
    started_at,
    usage,
    charges: body.charges.map((line) => ({
      ...line,
      amount: line.amount === null ? null : BigInt(line.amount),
    })),
    cost: BigInt(cost),
    ceiling: ceiling === null ? null : BigInt(ceiling),
    writer_id,
    sequence,
  };
}

/** The entry that a row is about to store. */
export function draftOfRow(row: EntryRow): EntryDraft {
  const [text] = row.slice(-1);
  const [cost, ceiling] = row.slice(ROW.ceiling - 1, ROW.ceiling + 1);
  const written = [cost?.toString(), ceiling?.toString() ?? null, text];
  const columns = ['', 0, ...row.slice(0, ROW.ceiling - 1), ...written];
  const {
    writer_id: _writer,
    sequence: _sequence,
    ...draft
  } = entryOf(columns as unknown as EntryColumns);
  return draft;
}

/** Who a row's entry belongs to. */
export function subjectOfRow(row: EntryRow, from: number): Subject {
  return {
    org_id: row[from] as string,
    app_id: row[from + 1] as string,
    user_id: row[from + 2] as string | null,
    key_id: row[from + 3] as string | null,
    label: row[from + 4] as string | null,
    model_id: row[from + 5] as string,
  };
}

/** What a row posts, from its six posting columns. */
export function postingsOfRow(row: EntryRow, from: number): Postings {
  const at = (index: number): bigint => BigInt(row[from + index] as SqlInteger);
  return {
    usd: { amount: at(0), ceiling: at(1) },
    tokens: { amount: at(2), ceiling: at(3) },
    requests: { amount: at(4), ceiling: at(5) },
  };
}

export function budgetToText(budget: Budget): string {
  const { unit, amount } = budget.limit;
  return JSON.stringify({ ...budget, limit: { unit, amount: amount.toString() } });
}

export function budgetOfText(text: string): Budget {
  const budget = JSON.parse(text) as Budget & { limit: { amount: string } };
  return { ...budget, limit: { unit: budget.limit.unit, amount: BigInt(budget.limit.amount) } };
}

/** A row of the balances table from `posted` on. */
export type BalanceColumns = readonly [
  posted: string,
  ceiling: string,
  held: string,
  high_water: string,
  over_bound: string,
  submitted: string,
  correction: string,
  limit_lowered: string,
];

export const BALANCE_SELECT = `SELECT posted, ceiling, held, high_water, over_bound, submitted,
  correction, limit_lowered FROM balances WHERE budget_id = ? AND window_start = ?`;

export function balanceOf(columns: BalanceColumns): Balance {
  const [posted, ceiling, held, high_water, over_bound, submitted, correction, lowered] = columns;
  return {
    posted: BigInt(posted),
    ceiling: BigInt(ceiling),
    held: BigInt(held),
    high_water: BigInt(high_water),
    excess: {
      over_bound: BigInt(over_bound),
      submitted: BigInt(submitted),
      correction: BigInt(correction),
      limit_lowered: BigInt(lowered),
    },
  };
}

export function balanceColumns({
  posted,
  ceiling,
  held,
  high_water,
  excess,
}: Balance): BalanceColumns {
  return [
    posted.toString(),
    ceiling.toString(),
    held.toString(),
    high_water.toString(),
    excess.over_bound.toString(),
    excess.submitted.toString(),
    excess.correction.toString(),
    excess.limit_lowered.toString(),
  ];
}

/** A row of the holds table: what `HOLD_SELECT` yields, as an array of text. */
export type HoldColumns = readonly [
  instanceId: string,
  usd: string,
  tokens: string,
  requests: string,
  intent: string,
];

export const HOLD_SELECT = `SELECT instance_id, CAST(usd AS TEXT), CAST(tokens AS TEXT),
  CAST(requests AS TEXT), intent FROM holds`;

export interface OpenHold {
  readonly instance_id: string;
  readonly intent: Intent;
  readonly amounts: Amounts;
}

export function holdOf([instance_id, usd, tokens, requests, intent]: HoldColumns): OpenHold {
  return {
    instance_id,
    intent: JSON.parse(intent) as Intent,
    amounts: { usd: BigInt(usd), tokens: BigInt(tokens), requests: BigInt(requests) },
  };
}
