/**
 * What an operator lays over the list prices: other prices, negotiated discounts, markups. For all
 * calls or those of one organization.
 */
import { LAYER_KINDS } from '@tollkeeper/core';
import { Type } from 'typebox';
import { NAME_PATTERN, nullable, OrgId, PageQuery, pageOf, Region, strict } from '../fields.ts';
import type { Operation } from '../operation.ts';
import {
  BookModelId,
  ContextBand,
  Day,
  Decimal,
  Note,
  Per,
  PRICE_ERRORS,
  Scope,
  Word,
} from './price-fields.ts';

export const Layer = strict(
  {
    layer_id: Type.String(),
    kind: Type.Enum([...LAYER_KINDS]),
    org_id: nullable(Type.String({ description: 'Null: for every organization.' })),
    provider: nullable(Type.String()),
    model_id: nullable(Type.String()),
    region: nullable(Type.String()),
    scope: nullable(Scope),
    tier: nullable(Type.String()),
    usage_class: nullable(Type.String()),
    context_band: nullable(Type.String()),
    usd: nullable(Type.String()),
    per: nullable(Type.Integer()),
    percent: nullable(Type.String({ description: 'Exact decimal, such as "12.5".' })),
    effective_from: Type.String(),
    effective_until: nullable(Type.String({ description: 'The first UTC day without it.' })),
    price_version: Type.String({ description: 'The version in which it reads like this.' }),
  },
  'PriceLayer',
);

const terms = {
  org_id: Type.Optional(OrgId),
  effective_from: Type.Optional(Day),
  effective_until: Type.Optional(Day),
  note: Type.Optional(Note),
};

const LayerInput = strict(
  {
    kind: Type.Enum([...LAYER_KINDS], {
      description: 'Order in which they apply: override, discount, markup.',
    }),
    percent: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,4}(\\.[0-9]{1,4})?$',
        description: 'Of a discount (at most 100) or markup (at most 1000).',
      }),
    ),
    provider: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9-]{1,63}$',
        description: 'First part of model ids, such as `anthropic`.',
      }),
    ),
    model_id: Type.Optional(BookModelId),
    region: Type.Optional(Region),
    scope: Type.Optional(Scope),
    tier: Type.Optional(Word),
    usage_class: Type.Optional(Word),
    context_band: Type.Optional(ContextBand),
    usd: Type.Optional(Decimal),
    per: Type.Optional(Per),
    ...terms,
  },
  'PriceLayerInput',
);

const OverrideInput = strict(
  {
    model_id: BookModelId,
    region: Region,
    usage_class: Word,
    usd: Decimal,
    per: Type.Optional(Per),
    scope: Type.Optional(Scope),
    tier: Type.Optional(Word),
    context_band: Type.Optional(ContextBand),
    layer_id: Type.Optional(Type.String({ pattern: NAME_PATTERN })),
    ...terms,
  },
  'PriceOverrideInput',
);

const LayerId = Type.String({
  pattern: NAME_PATTERN,
  description: 'Layer, chosen by the caller; unique in the installation.',
});

const layerParams = strict({ layer_id: LayerId });

export const priceLayers = {
  setPrice: {
    method: 'POST',
    path: '/api/v1/prices/overrides',
    summary: 'Put another price in the place of one of the list, from a day on',
    access: 'provisioning',
    params: null,
    query: null,
    body: OverrideInput,
    result: Layer,
    success: [201, 200],
    errors: PRICE_ERRORS,
    command: { noun: 'prices', verb: 'set' },
  },
  putPriceLayer: {
    method: 'PUT',
    path: '/api/v1/prices/layers/{layer_id}',
    summary: 'Lay a discount, a markup or another price over the list',
    access: 'provisioning',
    params: layerParams,
    query: null,
    body: LayerInput,
    result: Layer,
    success: [200, 201],
    errors: PRICE_ERRORS,
    command: { noun: 'layers', verb: 'put' },
  },
  getPriceLayer: {
    method: 'GET',
    path: '/api/v1/prices/layers/{layer_id}',
    summary: 'Read a price layer',
    access: 'provisioning',
    params: layerParams,
    query: null,
    body: null,
    result: Layer,
    success: [200],
    errors: PRICE_ERRORS,
    command: { noun: 'layers', verb: 'get' },
  },
  listPriceLayers: {
    method: 'GET',
    path: '/api/v1/prices/layers',
    summary: 'List the price layers',
    access: 'provisioning',
    params: null,
    query: strict({ org_id: Type.Optional(OrgId), ...PageQuery }),
    body: null,
    result: pageOf('layers', Layer),
    success: [200],
    errors: PRICE_ERRORS,
    command: { noun: 'layers', verb: 'list' },
  },
  deletePriceLayer: {
    method: 'DELETE',
    path: '/api/v1/prices/layers/{layer_id}',
    summary: 'Take a price layer away, for calls from now on',
    access: 'provisioning',
    params: layerParams,
    query: null,
    body: null,
    result: null,
    success: [204],
    errors: PRICE_ERRORS,
    command: { noun: 'layers', verb: 'delete' },
  },
} as const satisfies Record<string, Operation>;
