/**
 * The item of an entry. Its key says when it started, of which organization and by which writer it
 * is; the rest is one JSON array without names, since a write costs by the kilobyte and an entry is
 * written on every call.
 */
import type { ChargeLine, Entry, EntryDraft, Line, Usage } from '@tollkeeper/core';
import { postingsOfText, postingsToText, textOf } from '../items/attribute-values.ts';
import type { PostingsText } from '../items/attribute-values.ts';
import type { Item, ItemKey } from '../items/items.ts';
import { dayOf, entriesPartition, entryShard, entrySort, numberOfSortable } from '../items/keys.ts';
import type { Attributes } from '../groups/transactions.ts';

/** A line, with the revision of budgets under which it was written. */
export interface StoredLine extends Line {
  /** Budgets made or seeded by a later revision count it when they sum up; others were told. */
  readonly rev: number;
}

type UsageText = readonly [
  input: number,
  output: number,
  cacheRead: number,
  write5m: number,
  write1h: number,
  write30m: number,
  units: Usage['units'],
];

type ChargeText = readonly [
  usageClass: string,
  quantity: number,
  unitPriceUsd: string | null,
  pico: string | null,
  listUnitPriceUsd?: string | null,
];

/** The members of a line in the order of the JSON array that keeps them. */
type LineText = readonly [
  ids: readonly [
    entryId: string,
    type: Entry['entry_type'],
    corrects: string | null,
    attemptId: string | null,
    requestId: string | null,
    upstreamRequestId: string | null,
    invocationId: string | null,
  ],
  subject: readonly [string, string | null, string | null, string | null, string],
  call: readonly [
    source: Entry['source'],
    region: string,
    operation: string,
    tier: string,
    streamed: boolean,
    outcome: Entry['outcome'],
  ],
  usage: UsageText | null,
  usageFacts: readonly [source: Entry['usage_source'], reason: string | null],
  price: readonly [
    priced: Entry['priced'],
    version: string,
    basis: Entry['price_basis'],
    layers: Entry['price_layers'],
  ],
  charges: readonly ChargeText[],
  money: readonly [cost: string, ceiling: string | null],
  times: readonly [endedAt: number, latencyMs: number, firstTokenMs: number | null],
  tags: Entry['tags'],
  line: readonly [
    at: number,
    postings: PostingsText,
    recovered: 0 | 1,
    unknown: number,
    unpriced: number,
    rev: number,
  ],
];

/** Where an entry lies. */
export function entryKey(entry: Entry): ItemKey {
  const { org_id, started_at, entry_id, writer_id, sequence } = entry;
  return {
    pk: entriesPartition(org_id, dayOf(started_at), entryShard(entry_id)),
    sk: entrySort(started_at, writer_id, sequence),
  };
}

export function lineAttributes(line: StoredLine): Attributes {
  const { entry, at, postings, recovered, unknown, unpriced, rev } = line;
  const { entry_id, attempt_id, request_id } = entry;
  const text: LineText = [
    [
      entry_id,
      entry.entry_type,
      entry.corrects_entry_id,
      attempt_id === entry_id ? null : attempt_id,
      request_id === attempt_id ? null : request_id,
      entry.upstream_request_id,
      entry.invocation_id,
    ],
    [entry.app_id, entry.user_id, entry.key_id, entry.label, entry.model_id],
    [entry.source, entry.region, entry.operation, entry.tier, entry.streamed, entry.outcome],
    entry.usage === null ? null : usageToText(entry.usage),
    [entry.usage_source, entry.usage_reason],
    [entry.priced, entry.price_version, entry.price_basis, entry.price_layers],
    entry.charges.map(chargeToText),
    [entry.cost.toString(), entry.ceiling === null ? null : entry.ceiling.toString()],
    [entry.ended_at, entry.latency_ms, entry.time_to_first_token_ms],
    entry.tags,
    [at, postingsToText(postings), recovered ? 1 : 0, unknown, unpriced, rev],
  ];
  return { line: JSON.stringify(text) };
}

/** The line that an item `E#...` keeps. */
export function lineOf({ pk, sk, line: text }: Item): StoredLine {
  const parsed = JSON.parse(textOf(text)) as LineText;
  const [ids, subject, call, usage, facts, price, charges, money, times, tags, line] = parsed;
  const [entry_id, entry_type, corrects_entry_id, attemptId, requestId, upstream, invocation] = ids;
  const attempt_id = attemptId ?? entry_id;
  const [app_id, user_id, key_id, label, model_id] = subject;
  const [source, region, operation, tier, streamed, outcome] = call;
  const [usage_source, usage_reason] = facts;
  const [priced, price_version, price_basis, price_layers] = price;
  const [cost, ceiling] = money;
  const [ended_at, latency_ms, time_to_first_token_ms] = times;
  const [at, postings, recovered, unknown, unpriced, rev] = line;
  const draft: EntryDraft = {
    entry_id,
    entry_type,
    corrects_entry_id,
    attempt_id,
    request_id: requestId ?? attempt_id,
    upstream_request_id: upstream,
    invocation_id: invocation,
    source,
    ...{ org_id: orgOf(pk), app_id, user_id, key_id, label, model_id },
    ...{ region, operation, tier, streamed, outcome },
    usage: usage === null ? null : usageOfText(usage),
    ...{ usage_source, usage_reason, priced, price_version, price_basis, price_layers },
    charges: charges.map(chargeOfText),
    cost: BigInt(cost),
    ceiling: ceiling === null ? null : BigInt(ceiling),
    started_at: numberOfSortable(sk.slice(0, SORTABLE_LENGTH)),
    ...{ ended_at, latency_ms, time_to_first_token_ms, tags },
  };
  return {
    entry: {
      ...draft,
      writer_id: sk.slice(SORTABLE_LENGTH + 1, -SORTABLE_LENGTH - 1),
      sequence: numberOfSortable(sk.slice(-SORTABLE_LENGTH)),
    },
    at,
    postings: postingsOfText(postings),
    recovered: recovered === 1,
    unknown,
    unpriced,
    rev,
  };
}

const SORTABLE_LENGTH = 17;

/** The organization in `E#<org>#<day>#<shard>`, whatever characters it has. */
function orgOf(pk: string): string {
  return pk.slice('E#'.length, pk.lastIndexOf('#') - '#2026-11-23'.length);
}

function usageToText(usage: Usage): UsageText {
  return [
    usage.input_tokens,
    usage.output_tokens,
    usage.cache_read_input_tokens,
    usage.cache_write_5m_input_tokens,
    usage.cache_write_1h_input_tokens,
    usage.cache_write_30m_input_tokens,
    usage.units,
  ];
}

function usageOfText([input, output, read, write5m, write1h, write30m, units]: UsageText): Usage {
  return {
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: read,
    cache_write_5m_input_tokens: write5m,
    cache_write_1h_input_tokens: write1h,
    cache_write_30m_input_tokens: write30m,
    units,
  };
}

function chargeToText({ amount, list_unit_price_usd: list, ...line }: ChargeLine): ChargeText {
  const pico = amount === null ? null : amount.toString();
  return list === undefined
    ? [line.class, line.quantity, line.unit_price_usd, pico]
    : [line.class, line.quantity, line.unit_price_usd, pico, list];
}

function chargeOfText([name, quantity, unit_price_usd, pico, list]: ChargeText): ChargeLine {
  return {
    class: name,
    quantity,
    unit_price_usd,
    ...(list === undefined ? {} : { list_unit_price_usd: list }),
    amount: pico === null ? null : BigInt(pico),
  };
}
