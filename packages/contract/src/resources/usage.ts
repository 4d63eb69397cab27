/** Usage: the ledger's entries, sums of them, and the calls that were refused. */
import { LAYER_KINDS, OUTCOMES, SUMMARY_KEYS } from '@tollkeeper/core';
import { Type } from 'typebox';
import {
  AppId,
  Count,
  KeyId,
  Label,
  ModelId,
  nullable,
  OrgId,
  PageQuery,
  pageOf,
  RequestId,
  strict,
  Time,
  Usd,
  UserId,
} from '../fields.ts';
import type { Operation } from '../operation.ts';

/** How well usage is known. */
export const USAGE_SOURCES = ['reported', 'estimated', 'unknown'] as const;
/** Whether every line of usage found a price. */
export const PRICED = ['yes', 'partly', 'no'] as const;
/** Where an entry came from. */
export const ENTRY_SOURCES = ['gateway', 'submitted', 'job'] as const;
/** What an entry is. */
export const ENTRY_TYPES = ['attempt', 'submission', 'correction'] as const;
/** What a summary may be grouped by. */
export const GROUP_KEYS = SUMMARY_KEYS;

const tokenCounts = {
  input_tokens: Count,
  output_tokens: Count,
  cache_read_input_tokens: Count,
  cache_write_5m_input_tokens: Count,
  cache_write_1h_input_tokens: Count,
  cache_write_30m_input_tokens: Count,
  units: Type.Record(Type.String(), Type.Number(), {
    description: 'Named units that are no tokens, such as `image`.',
  }),
};

/** Sums may be negative: corrections take back. */
const sums = {
  input_tokens: Type.Integer(),
  output_tokens: Type.Integer(),
  cache_read_input_tokens: Type.Integer(),
  cache_write_5m_input_tokens: Type.Integer(),
  cache_write_1h_input_tokens: Type.Integer(),
  cache_write_30m_input_tokens: Type.Integer(),
  units: tokenCounts.units,
};

const Usage = strict(sums, 'Usage');

const Charge = strict(
  {
    class: Type.String({ description: 'A token class, such as `input`, or the name of a unit.' }),
    quantity: Type.Number(),
    unit_price_usd: nullable(
      Type.String({ description: 'Exact decimal USD for one unit; null when there is no price.' }),
    ),
    list_unit_price_usd: Type.Optional(
      nullable(
        Type.String({
          description:
            'List price of one unit, where price layers made another of it; null: no list price.',
        }),
      ),
    ),
    amount_usd: nullable(Usd),
  },
  'Charge',
);

const AppliedLayer = strict(
  {
    layer_id: Type.String(),
    kind: Type.Enum([...LAYER_KINDS]),
    percent: nullable(Type.String({ description: 'Exact decimal; null for an override.' })),
  },
  'AppliedLayer',
);

const PriceBasis = strict(
  {
    model_id: Type.String({ description: 'What prices were looked up by: without a prefix.' }),
    scope: Type.Enum(['in_region', 'geo', 'global']),
    at: Time,
  },
  'PriceBasis',
);

const who = {
  org_id: Type.String(),
  app_id: Type.String(),
  user_id: nullable(Type.String()),
  key_id: nullable(Type.String()),
};

export const Entry = strict(
  {
    entry_id: Type.String(),
    entry_type: Type.Enum([...ENTRY_TYPES]),
    corrects_entry_id: nullable(Type.String()),
    attempt_id: Type.String(),
    request_id: Type.String({ description: 'Id of the first attempt of the request.' }),
    upstream_request_id: nullable(Type.String()),
    invocation_id: nullable(Type.String({ description: "The SDK's: groups its retries." })),
    source: Type.Enum([...ENTRY_SOURCES]),
    ...who,
    label: nullable(Type.String()),
    model_id: Type.String(),
    region: Type.String(),
    operation: Type.String(),
    tier: Type.String(),
    streamed: Type.Boolean(),
    outcome: Type.Enum([...OUTCOMES]),
    usage: nullable(Usage),
    usage_source: Type.Enum([...USAGE_SOURCES]),
    usage_reason: nullable(
      Type.String({ description: 'Why usage is estimated or unknown; null when reported.' }),
    ),
    priced: Type.Enum([...PRICED]),
    price_version: Type.String(),
    price_basis: nullable(PriceBasis),
    price_layers: Type.Array(AppliedLayer, {
      description: 'Layers over the list price that any charge went through.',
    }),
    charges: Type.Array(Charge),
    cost_usd: Usd,
    ceiling_usd: nullable(Usd),
    started_at: Time,
    ended_at: Time,
    latency_ms: Type.Number(),
    time_to_first_token_ms: nullable(Type.Number()),
    tags: Type.Record(Type.String(), Type.String()),
    writer_id: Type.String(),
    sequence: Type.Integer({ description: 'Gap-free per `writer_id`, from 1.' }),
  },
  'Entry',
);

const figures = {
  requests: Type.Integer({ description: 'Entries that are no corrections.' }),
  ...sums,
  cost_usd: Usd,
  unknown_entries: Type.Integer({ description: 'Entries of unknown usage, still unsettled.' }),
  ceiling_usd: Usd,
  unpriced_entries: Type.Integer(),
};

const SummaryGroup = strict(
  {
    org_id: Type.Optional(nullable(Type.String())),
    app_id: Type.Optional(nullable(Type.String())),
    user_id: Type.Optional(nullable(Type.String())),
    key_id: Type.Optional(nullable(Type.String())),
    label: Type.Optional(nullable(Type.String())),
    model_id: Type.Optional(nullable(Type.String())),
    region: Type.Optional(nullable(Type.String())),
    tier: Type.Optional(nullable(Type.String())),
    source: Type.Optional(nullable(Type.String())),
    day: Type.Optional(nullable(Type.String())),
    hour: Type.Optional(nullable(Type.String())),
    ...figures,
  },
  'SummaryGroup',
);

const SummaryTotal = strict(figures, 'SummaryTotal');

/** A refused call, or many that were folded. It is no entry: nothing was sent. */
const KeptRefusal = strict(
  {
    refusal_id: Type.String({ description: 'The request id; of a folded row an id of its own.' }),
    at: Time,
    org_id: nullable(Type.String()),
    app_id: nullable(Type.String()),
    user_id: nullable(Type.String()),
    key_id: nullable(Type.String()),
    model_id: nullable(Type.String({ description: 'As the caller named it.' })),
    operation: nullable(Type.String()),
    error: Type.String({ description: 'Name of the error that the caller saw.' }),
    reason: Type.String({ description: 'Stable word for the cause, such as `budget_spent`.' }),
    count: Type.Integer({
      description:
        'Calls that the row stands for. What goes beyond `refusal_rows_max` in an hour is folded ' +
        'into one row of the organization and the reason.',
    }),
  },
  'KeptRefusal',
);

const filters = {
  org_id: Type.Optional(OrgId),
  app_id: Type.Optional(AppId),
  user_id: Type.Optional(UserId),
  key_id: Type.Optional(KeyId),
  model_id: Type.Optional(ModelId),
  from: Type.Optional(Time),
  to: Type.Optional(Time),
};

const entryFilters = { ...filters, label: Type.Optional(Label) };

const GROUP_KEY = `(${GROUP_KEYS.join('|')})`;

/** Some of the keys, separated by commas. */
export const GROUP_BY_PATTERN = `^${GROUP_KEY}(,${GROUP_KEY}){0,${GROUP_KEYS.length - 1}}$`;

const GroupBy = Type.String({
  pattern: GROUP_BY_PATTERN,
  description: `Comma-separated, of: ${GROUP_KEYS.join(', ')}.`,
});

const errors = ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'] as const;

export const usage = {
  listEntries: {
    method: 'GET',
    path: '/api/v1/usage/entries',
    summary: 'List ledger entries, oldest first; `from` is inclusive and `to` exclusive',
    access: 'usage',
    params: null,
    query: strict({ ...entryFilters, request_id: Type.Optional(RequestId), ...PageQuery }),
    body: null,
    result: pageOf('entries', Entry),
    success: [200],
    errors,
    command: { noun: 'usage', verb: 'entries' },
  },
  listRefusals: {
    method: 'GET',
    path: '/api/v1/usage/refusals',
    summary: 'List refused calls, oldest first; `from` is inclusive and `to` exclusive',
    access: 'usage',
    params: null,
    query: strict({
      ...filters,
      reason: Type.Optional(
        Type.String({
          pattern: '^[a-z][a-z0-9_]{0,63}$',
          description: 'Stable word for the cause, such as `budget_spent`.',
        }),
      ),
      ...PageQuery,
    }),
    body: null,
    result: pageOf('refusals', KeptRefusal),
    success: [200],
    errors,
    command: { noun: 'usage', verb: 'refusals' },
  },
  summarizeUsage: {
    method: 'GET',
    path: '/api/v1/usage/summary',
    summary: 'Sum entries by organization, application, user, key, label, model, day, hour, ...',
    access: 'usage',
    params: null,
    query: strict({ group_by: Type.Optional(GroupBy), ...entryFilters }),
    body: null,
    result: strict({ groups: Type.Array(SummaryGroup), total: SummaryTotal }, 'UsageSummary'),
    success: [200],
    errors,
    command: {
      noun: 'usage',
      verb: 'summary',
      main: true,
      defaults: { group_by: 'org_id,app_id,model_id' },
    },
  },
} as const satisfies Record<string, Operation>;
