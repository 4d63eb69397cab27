/** The fields that all resources of prices share. */
import { Type } from 'typebox';
import { DAY_PATTERN, nullable, PRICE_PATTERN, Region, strict, text } from '../fields.ts';

export const Day = Type.String({
  pattern: DAY_PATTERN,
  description: 'UTC day, YYYY-MM-DD.',
});
export const PriceVersion = Type.String({
  pattern: '^[!-~]{1,64}$',
  description: 'Version of the price book, such as `2026-11-22.3`.',
});
export const Scope = Type.Enum(['in_region', 'geo', 'global']);
export const Word = Type.String({ pattern: '^[a-z0-9_]{1,64}$' });
export const ContextBand = Type.String({ pattern: '^[a-z0-9_:.-]{1,64}$' });
export const Decimal = Type.String({
  pattern: PRICE_PATTERN,
  description: 'Exact decimal USD for `per` units.',
});
export const Per = Type.Integer({
  minimum: 1,
  maximum: 1_000_000_000_000,
  description: 'Units that the price is for: 1000000 for tokens, 1 for others.',
});
export const BookModelId = Type.String({
  pattern: '^[!-~]{1,256}$',
  description: 'Model id without a cross-region prefix.',
});
export const Note = text('Why, for people.', 500);

/** What chooses one price, beside its date. */
export const priceKey = {
  model_id: BookModelId,
  region: Region,
  scope: Scope,
  tier: Word,
  usage_class: Word,
  context_band: ContextBand,
};

/** One price that differs between two books. */
export const PriceChange = strict(
  {
    change: Type.Enum(['added', 'changed', 'removed']),
    model_id: Type.String(),
    region: Type.String(),
    scope: Scope,
    tier: Type.String(),
    usage_class: Type.String(),
    context_band: Type.String(),
    effective_from: Type.String(),
    before_usd: nullable(Type.String({ description: 'For one unit; null where there was none.' })),
    after_usd: nullable(Type.String({ description: 'For one unit; null where there is none.' })),
  },
  'PriceChange',
);

export const PRICE_ERRORS = ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'] as const;
