/**
 * Between entries and the rows of their table. What is filtered, summed or looked up has a column;
 * the rest is one JSON array without names, because an entry is written on every call and its bytes
 * are written twice, to the log and to the file.
 */
import type { AppliedLayer, Entry, EntryDraft, Postings, Subject, Usage } from '@tollkeeper/core';
import { basisOf, toBasis, type Basis } from './price-basis.ts';
import { ROW } from './protocol.ts';
import type { EntryRow, SqlInteger } from './protocol.ts';
import { toSqlInteger } from './sql-integer.ts';

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
    entry.attempt_id === entry.entry_id ? null : entry.attempt_id,
    isInLineKey(entry) ? null : entry.request_id,
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

/**
 * Whether the line key tells the request id: that of an attempt is usually its own, and the entry
 * id of a submission begins with it. Then nothing else need be looked up by it.
 */
function isInLineKey({ entry_type, entry_id, attempt_id, request_id }: EntryDraft): boolean {
  switch (entry_type) {
    case 'attempt':
      return request_id === attempt_id;
    case 'submission':
      return !request_id.includes('/') && entry_id.startsWith(`${request_id}/`);
    case 'correction':
      return false;
  }
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

/** The members of an entry that have no column, in this order. */
type Body = readonly [
  upstreamRequestId: string | null,
  invocationId: string | null,
  source: EntryDraft['source'],
  region: string,
  operation: string,
  tier: string,
  streamed: boolean,
  outcome: EntryDraft['outcome'],
  usageSource: EntryDraft['usage_source'],
  usageReason: string | null,
  priced: EntryDraft['priced'],
  priceVersion: string,
  endedAt: number,
  latencyMs: number,
  timeToFirstTokenMs: number | null,
  charges: readonly Charge[],
  tags: EntryDraft['tags'],
  // Rows of the first release end here.
  priceBasis?: Basis | null,
  priceLayers?: readonly AppliedLayer[],
];

/** Where in a body the members are that rows are found or grouped by. */
export const BODY_UPSTREAM_REQUEST = 0;
export const BODY_SOURCE = 2;
export const BODY_REGION = 3;
export const BODY_TIER = 5;

type Charge = readonly [
  usageClass: string,
  quantity: number,
  unitPriceUsd: string | null,
  pico: string | null,
  listUnitPriceUsd?: string | null,
];

function bodyOf(entry: EntryDraft): string {
  const members: Body = [
    entry.upstream_request_id,
    entry.invocation_id,
    entry.source,
    entry.region,
    entry.operation,
    entry.tier,
    entry.streamed,
    entry.outcome,
    entry.usage_source,
    entry.usage_reason,
    entry.priced,
    entry.price_version,
    entry.ended_at,
    entry.latency_ms,
    entry.time_to_first_token_ms,
    entry.charges.map(toCharge),
    entry.tags,
    toBasis(entry),
  ];
  const layers = entry.price_layers;
  return JSON.stringify(layers.length === 0 ? members : [...members, layers]);
}

function toCharge({ amount, list_unit_price_usd: list, ...line }: EntryDraft['charges'][number]) {
  const pico = amount === null ? null : amount.toString();
  const charge: Charge =
    list === undefined
      ? [line.class, line.quantity, line.unit_price_usd, pico]
      : [line.class, line.quantity, line.unit_price_usd, pico, list];
  return charge;
}

type BodyMembers = Pick<
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
  | 'charges'
  | 'tags'
  | 'price_basis'
  | 'price_layers'
>;

function membersOf(text: string, modelId: string, startedAt: number): BodyMembers {
  const [upstream_request_id, invocation_id, source, region, operation, tier, ...rest] = JSON.parse(
    text,
  ) as Body;
  const [streamed, outcome, usage_source, usage_reason, priced, price_version, ...end] = rest;
  const [ended_at, latency_ms, time_to_first_token_ms, charges, tags, basis, layers] = end;
  return {
    upstream_request_id,
    invocation_id,
    source,
    region,
    operation,
    tier,
    streamed,
    outcome,
    usage_source,
    usage_reason,
    priced,
    price_version,
    ended_at,
    latency_ms,
    time_to_first_token_ms,
    price_basis: basisOf(basis ?? null, modelId, startedAt),
    price_layers: layers ?? [],
    charges: charges.map(([usageClass, quantity, unit_price_usd, pico, list]) => ({
      class: usageClass,
      quantity,
      unit_price_usd,
      ...(list === undefined ? {} : { list_unit_price_usd: list }),
      amount: pico === null ? null : BigInt(pico),
    })),
    tags,
  };
}

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

function requestIdIn(lineKey: string): string {
  const slash = lineKey.startsWith('s') ? lineKey.indexOf('/') : -1;
  return slash === -1 ? lineKey.slice(1) : lineKey.slice(1, slash);
}

/** The entry that a row keeps. */
export function entryOf(columns: EntryColumns): Entry {
  const [writer_id, sequence, lineKey, attemptId, requestId, corrects_entry_id, ...rest] = columns;
  const [org_id, app_id, user_id, key_id, label, model_id, started_at, ...counts] = rest;
  const [input, output, cacheRead, write5m, write1h, write30m, units, cost, ceiling, text] = counts;
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
    ...membersOf(text, model_id, started_at),
    entry_id,
    entry_type: ENTRY_TYPE[lineKey.charAt(0) as keyof typeof ENTRY_TYPE],
    attempt_id: attemptId ?? entry_id,
    request_id: requestId ?? requestIdIn(lineKey),
    corrects_entry_id,
    org_id,
    app_id,
    user_id,
    key_id,
    label,
    model_id,
    started_at,
    usage,
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
