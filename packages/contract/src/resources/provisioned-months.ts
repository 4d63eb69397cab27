/** What provisioned throughput cost in a month, and whom; and what a model unit costs an hour. */
import { Type } from 'typebox';
import {
  AMOUNT_PATTERN,
  AppId,
  Count,
  KeyId,
  ModelId,
  nullable,
  OrgId,
  PageQuery,
  pageOf,
  strict,
  Time,
  Usd,
} from '../fields.ts';
import type { Operation } from '../operation.ts';
import { MadeId } from './provisioned-fields.ts';

/** Whose shares are shown. */
export const POOL_PARTIES = ['org_id', 'app_id', 'user_id', 'key_id'] as const;

const Month = Type.String({
  pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$',
  description: 'Calendar month in UTC, such as `2026-11`.',
});

const Term = Type.Enum(['none', 'one_month', 'six_months'], {
  description: 'The commitment that capacity was bought with.',
});

const PoolUnitHours = strict(
  {
    unit_hour_usd: nullable(Usd),
    hours: Count,
    cost_usd: nullable(Usd),
  },
  'PoolUnitHours',
);

const PoolLine = strict(
  {
    kind: Type.Enum(['use', 'idle'], {
      description: '`idle`: hours in which nothing was used, one line at the end.',
    }),
    org_id: Type.Optional(OrgId),
    app_id: Type.Optional(nullable(AppId)),
    user_id: Type.Optional(nullable(Type.String())),
    key_id: Type.Optional(nullable(KeyId)),
    tokens: Count,
    requests: Count,
    unknown_requests: Type.Integer({
      minimum: 0,
      description: 'Requests of these whose use is not known: they weigh what is known of them.',
    }),
    weight: Type.Integer({
      minimum: 0,
      description: 'What the share is measured by: tokens, or requests (`basis`).',
    }),
    share_pct: Type.String({
      description: 'Of the cost of used hours; of the idle line, of that of all hours. Truncated.',
    }),
    cost_usd: nullable({ ...Usd, description: 'Null: some hour has no price.' }),
    explanation: Type.String(),
  },
  'PoolLine',
);

const PoolTotal = strict(
  {
    tokens: Count,
    requests: Count,
    unknown_requests: Count,
    cost_usd: nullable({ ...Usd, description: 'Exactly the sum of the lines.' }),
    explanation: Type.String(),
  },
  'PoolTotal',
);

export const ProvisionedMonth = strict(
  {
    provisioned_model_arn: Type.String(),
    name: Type.String(),
    model_id: ModelId,
    model_units: Type.Integer({ minimum: 1 }),
    commitment: Term,
    month: Month,
    from: Time,
    to: Time,
    complete: Type.Boolean({ description: 'Whether the month is over.' }),
    uses_complete: Type.Boolean({
      description:
        'Whether all entries of the month are certainly in the ledger still. If not ' +
        '(`entry_days`), uses may be missing, and idle time be too much.',
    }),
    created_at: Time,
    deleted_at: nullable(Time),
    deletion: nullable(
      Type.Enum(['made_here', 'noticed'], {
        description: '`noticed`: it was deleted elsewhere, and `deleted_at` is when that was seen.',
      }),
    ),
    priced: Type.Enum(['yes', 'no'], {
      description: '`no`: some hour has no price, so that only shares are shown.',
    }),
    hours: Count,
    used_hours: Count,
    idle_hours: Count,
    unit_hours: Type.Integer({ minimum: 0, description: '`hours` times `model_units`.' }),
    cost_usd: nullable({ ...Usd, description: 'Of all hours: exactly the sum of the lines.' }),
    used_cost_usd: nullable(Usd),
    idle_cost_usd: nullable(Usd),
    basis: Type.Enum(['tokens', 'requests']),
    weight: Count,
    lines: Type.Array(PoolLine),
    total: PoolTotal,
    unit_hour_prices: Type.Array(PoolUnitHours),
  },
  'ProvisionedMonth',
);

const UnitHourPriceInput = strict(
  {
    unit_hour_usd: Type.String({
      pattern: AMOUNT_PATTERN,
      description: 'What one model unit costs an hour, in USD.',
    }),
    effective_from: Type.Optional({
      ...Time,
      description:
        'Hours that begin then or later have this price. Absent: from now on, or, of ' +
        'the first price, from ever.',
    }),
  },
  'UnitHourPriceInput',
);

export const UnitHourPrice = strict(
  {
    model_id: ModelId,
    commitment: Term,
    prices: Type.Array(
      strict(
        {
          effective_from: nullable({ ...Time, description: 'Null: from ever.' }),
          unit_hour_usd: Usd,
        },
        'UnitHourPriceStep',
      ),
      { description: 'Oldest first.' },
    ),
    updated_at: Time,
  },
  'UnitHourPrice',
);

const priceParams = strict({
  model_id: {
    ...ModelId,
    description: 'Model id as it is bought, or the ARN of one provisioned model.',
  },
  commitment: Term,
});
const noun = 'unit-hour-prices';

export const provisionedMonths = {
  getProvisionedMonth: {
    method: 'GET',
    path: '/api/v1/provisioned-throughput/{provisioned_id}/months/{month}',
    summary: 'What provisioned throughput cost in a month, split by use, with idle time apart',
    access: 'usage',
    params: strict({ provisioned_id: MadeId, month: Month }),
    query: strict({
      by: Type.Optional(
        Type.Enum(POOL_PARTIES, {
          description: 'Whose shares: of organizations (the default), or of those within',
        }),
      ),
    }),
    body: null,
    result: ProvisionedMonth,
    success: [200],
    errors: ['INVALID_REQUEST', 'INVALID_CONFIG', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'provisioned', verb: 'month' },
  },
  putUnitHourPrice: {
    method: 'PUT',
    path: '/api/v1/unit-hour-prices/{model_id}/{commitment}',
    summary: 'State what a unit of provisioned throughput costs an hour',
    access: 'provisioning',
    params: priceParams,
    query: null,
    body: UnitHourPriceInput,
    result: UnitHourPrice,
    success: [200, 201],
    errors: ['INVALID_REQUEST', 'INVALID_CONFIG', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun, verb: 'put' },
  },
  getUnitHourPrice: {
    method: 'GET',
    path: '/api/v1/unit-hour-prices/{model_id}/{commitment}',
    summary: 'Read the prices of a unit hour, past ones too',
    access: 'provisioning',
    params: priceParams,
    query: null,
    body: null,
    result: UnitHourPrice,
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun, verb: 'get' },
  },
  listUnitHourPrices: {
    method: 'GET',
    path: '/api/v1/unit-hour-prices',
    summary: 'List the prices of unit hours',
    access: 'provisioning',
    params: null,
    query: strict(PageQuery),
    body: null,
    result: pageOf('unit_hour_prices', UnitHourPrice),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun, verb: 'list', main: true },
  },
  deleteUnitHourPrice: {
    method: 'DELETE',
    path: '/api/v1/unit-hour-prices/{model_id}/{commitment}',
    summary: 'Withdraw the prices of a unit hour, past ones too: its hours become unpriced',
    access: 'provisioning',
    params: priceParams,
    query: null,
    body: null,
    result: null,
    success: [204],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun, verb: 'delete' },
  },
} as const satisfies Record<string, Operation>;
