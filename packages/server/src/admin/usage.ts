/** Usage: entries of the ledger, sums of them, and refusals, as far as the visitor may see. */
import {
  GROUP_KEYS,
  PAGE_LIMIT_DEFAULT,
  type ApiRequest,
  type ApiResult,
  type Handlers,
  type RESOURCES,
} from '@tollkeeper/contract';
import { entryToJson, formatUsd, type Entry } from '@tollkeeper/core';
import type { EntryQuery, SummaryGroup } from '../ports/ledger-store.ts';
import { narrow, type Visitor, type Whose } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { invalidMember } from './fault.ts';
import { fromApiTime, toApiTime } from './time.ts';

type Names = keyof (typeof RESOURCES)['usage'];
type ApiEntry = ApiResult<'listEntries'>['entries'][number];
type ApiTotal = ApiResult<'summarizeUsage'>['total'];
type Filters = ApiRequest<'listRefusals'>['query'];

/** Where an entry stands in its list, as stores say it: `started_at.sequence.writer_id`. */
const CURSOR = /^-?\d{1,16}\.\d{1,16}\.[!-~]{1,128}$/;

/** Where a refusal stands in its list: `at.refusal_id`. */
const REFUSAL_CURSOR = /^-?\d{1,16}\.[!-~]{1,128}$/;

export function usageHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  return {
    listEntries: async ({ query }, visitor) => {
      const { limit = PAGE_LIMIT_DEFAULT, cursor, request_id } = query;
      if (cursor !== undefined && !CURSOR.test(cursor)) {
        throw invalidMember('query.cursor', 'is not one of ours');
      }
      const { entries, next_cursor } = await deps.ledger.entries({
        ...filtersOf(query, visitor),
        limit,
        ...(cursor === undefined ? {} : { cursor }),
        ...(request_id === undefined ? {} : { request_id }),
        ...labelOf(query),
      });
      return { status: 200, body: { entries: entries.map(toApiEntry), next_cursor } };
    },
    listRefusals: async ({ query }, visitor) => {
      const { limit = PAGE_LIMIT_DEFAULT, cursor, reason } = query;
      if (cursor !== undefined && !REFUSAL_CURSOR.test(cursor)) {
        throw invalidMember('query.cursor', 'is not one of ours');
      }
      const { refusals, next_cursor } = await deps.refusals.refusals({
        ...filtersOf(query, visitor),
        limit,
        ...(cursor === undefined ? {} : { cursor }),
        ...(reason === undefined ? {} : { reason }),
      });
      const shown = refusals.map((row) => ({ ...row, at: toApiTime(row.at) }));
      return { status: 200, body: { refusals: shown, next_cursor } };
    },
    summarizeUsage: async ({ query }, visitor) => {
      const asked = query.group_by?.split(',') ?? [];
      const group_by = GROUP_KEYS.filter((key) => asked.includes(key));
      const summary = await deps.ledger.summary({
        ...filtersOf(query, visitor),
        ...labelOf(query),
        group_by,
      });
      const groups = summary.groups.map((group) => ({ ...group.keys, ...toApiSums(group) }));
      return { status: 200, body: { groups, total: toApiSums(summary.total) } };
    },
  };
}

function filtersOf(query: Filters, visitor: Visitor): Omit<EntryQuery, 'limit' | 'cursor'> {
  const { org_id, app_id, user_id, key_id, model_id, from, to } = query;
  const whose: Whose = defined({ org_id, app_id, user_id, key_id });
  return {
    ...narrow(visitor, whose),
    ...(model_id === undefined ? {} : { model_id }),
    ...(from === undefined ? {} : { from: fromApiTime('query.from', from) }),
    ...(to === undefined ? {} : { to: fromApiTime('query.to', to) }),
  };
}

function labelOf({ label }: { readonly label?: string }): Pick<EntryQuery, 'label'> {
  return label === undefined ? {} : { label };
}

function defined(values: { readonly [key in keyof Whose]-?: string | undefined }): Whose {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function toApiEntry(entry: Entry): ApiEntry {
  const { charges, usage, tags, price_layers, ...same } = entryToJson(entry);
  return {
    ...same,
    price_layers: [...price_layers],
    charges: [...charges],
    usage: usage === null ? null : { ...usage },
    tags: { ...tags },
  };
}

function toApiSums(group: SummaryGroup): ApiTotal {
  return {
    requests: group.requests,
    input_tokens: group.input_tokens,
    output_tokens: group.output_tokens,
    cache_read_input_tokens: group.cache_read_input_tokens,
    cache_write_5m_input_tokens: group.cache_write_5m_input_tokens,
    cache_write_1h_input_tokens: group.cache_write_1h_input_tokens,
    cache_write_30m_input_tokens: group.cache_write_30m_input_tokens,
    units: { ...group.units },
    cost_usd: formatUsd(group.cost),
    unknown_entries: group.unknown_entries,
    ceiling_usd: formatUsd(group.ceiling),
    unpriced_entries: group.unpriced_entries,
  };
}
