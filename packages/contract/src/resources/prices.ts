/** The price book: what counts at a moment, its versions, and whether it covers what was called. */
import { Type } from 'typebox';
import {
  Count,
  ModelId,
  NextCursor,
  nullable,
  OrgId,
  PageQuery,
  pageOf,
  Region,
  strict,
  Time,
  Usd,
} from '../fields.ts';
import type { Operation } from '../operation.ts';
import { PRICE_ERRORS, PriceChange, PriceVersion, Scope } from './price-fields.ts';

export const Price = strict(
  {
    model_id: Type.String(),
    region: Type.String(),
    scope: Scope,
    tier: Type.String(),
    usage_class: Type.String(),
    context_band: Type.String(),
    effective_from: Type.String({ description: 'UTC date, YYYY-MM-DD.' }),
    usd: Type.String({ description: 'Exact decimal USD for `per` units.' }),
    per: Type.Integer(),
    unit_price_usd: Type.String({ description: 'Exact decimal USD for one unit.' }),
    confidence: Type.Enum(['high', 'medium', 'low']),
    sources: Type.Array(Type.String(), {
      description: 'Who says so. `layer:<layer_id>`: an override that is for everybody.',
    }),
    source: Type.Enum(['PRICING_API', 'CONFIG_FALLBACK', 'CACHED']),
  },
  'Price',
);

const Counts = strict(
  { added: Count, changed: Count, removed: Count, layers: Count },
  'PriceVersionCounts',
);

export const Version = strict(
  {
    price_version: Type.String(),
    number: Count,
    reason: Type.Enum(['shipped', 'import', 'refresh', 'layer']),
    note: nullable(Type.String()),
    created_at: Time,
    created_by: Type.String(),
    counts: Counts,
  },
  'PriceVersion',
);

const Covered = strict(
  {
    model_id: Type.String(),
    region: Type.String(),
    tier: Type.String(),
    status: Type.Enum(['priced', 'partly', 'unpriced', 'account_owned']),
    missing: Type.Array(Type.String(), { description: 'Classes that were used without a price.' }),
    requests: Type.Integer(),
    unpriced_entries: Type.Integer(),
    cost_usd: Usd,
  },
  'PriceCoverage',
);

export const prices = {
  listPrices: {
    method: 'GET',
    path: '/api/v1/prices',
    summary: 'List the prices that count at a moment (`at`; now when it is left out)',
    access: 'any_credential',
    params: null,
    query: strict({
      model_id: Type.Optional(ModelId),
      region: Type.Optional(Region),
      at: Type.Optional(Time),
      price_version: Type.Optional(PriceVersion),
      ...PageQuery,
    }),
    body: null,
    result: strict(
      {
        price_version: Type.String(),
        prices: Type.Array(Price),
        next_cursor: NextCursor,
      },
      'PriceList',
    ),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'NOT_FOUND'],
    command: { noun: 'prices', verb: 'list', main: true },
  },
  listPriceVersions: {
    method: 'GET',
    path: '/api/v1/prices/versions',
    summary: 'List the versions of the price book, the newest first',
    access: 'provisioning',
    params: null,
    query: strict(PageQuery),
    body: null,
    result: pageOf('versions', Version),
    success: [200],
    errors: PRICE_ERRORS,
    command: { noun: 'prices', verb: 'versions' },
  },
  getPriceVersion: {
    method: 'GET',
    path: '/api/v1/prices/versions/{price_version}',
    summary: 'Read what a version of the price book changed',
    access: 'provisioning',
    params: strict({ price_version: PriceVersion }),
    query: null,
    body: null,
    result: Version,
    success: [200],
    errors: PRICE_ERRORS,
    command: { noun: 'prices', verb: 'show' },
  },
  diffPrices: {
    method: 'GET',
    path: '/api/v1/prices/diff',
    summary: 'Compare two versions of the price book; `to` is the present one by default',
    access: 'provisioning',
    params: null,
    query: strict({ from: PriceVersion, to: Type.Optional(PriceVersion), ...PageQuery }),
    body: null,
    result: strict(
      {
        from: Type.String(),
        to: Type.String(),
        changes: Type.Array(PriceChange),
        layers_added: Type.Array(Type.String()),
        layers_changed: Type.Array(Type.String()),
        layers_removed: Type.Array(Type.String()),
        next_cursor: NextCursor,
      },
      'PriceDiff',
    ),
    success: [200],
    errors: PRICE_ERRORS,
    command: { noun: 'prices', verb: 'diff' },
  },
  priceCoverage: {
    method: 'GET',
    path: '/api/v1/prices/coverage',
    summary: 'Compare what was really called with the price book; the last 30 days by default',
    access: 'provisioning',
    params: null,
    query: strict({
      org_id: Type.Optional(OrgId),
      from: Type.Optional(Time),
      to: Type.Optional(Time),
    }),
    body: null,
    result: strict(
      {
        price_version: Type.String(),
        from: Time,
        to: Time,
        coverage: Type.Array(Covered),
        next_cursor: NextCursor,
      },
      'PriceCoverageList',
    ),
    success: [200],
    errors: PRICE_ERRORS,
    command: { noun: 'prices', verb: 'coverage' },
  },
} as const satisfies Record<string, Operation>;
