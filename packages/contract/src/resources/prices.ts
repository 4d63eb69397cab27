/** The price book, as it counts at a moment. */
import { Type } from 'typebox';
import { ModelId, PageQuery, Region, strict, Time, nullable, NextCursor } from '../fields.ts';
import type { Operation } from '../operation.ts';

export const Price = strict(
  {
    model_id: Type.String(),
    region: Type.String(),
    scope: Type.Enum(['in_region', 'geo', 'global']),
    tier: Type.String(),
    usage_class: Type.String(),
    context_band: Type.String(),
    effective_from: Type.String({ description: 'UTC date, YYYY-MM-DD.' }),
    usd: Type.String({ description: 'Exact decimal USD for `per` units.' }),
    per: Type.Integer(),
    unit_price_usd: Type.String({ description: 'Exact decimal USD for one unit.' }),
    confidence: Type.Enum(['high', 'medium', 'low']),
    sources: Type.Array(Type.String()),
  },
  'Price',
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
      ...PageQuery,
    }),
    body: null,
    result: strict(
      {
        price_version: nullable(Type.String()),
        prices: Type.Array(Price),
        next_cursor: NextCursor,
      },
      'PriceList',
    ),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED'],
    command: { noun: 'prices', verb: null },
  },
} as const satisfies Record<string, Operation>;
