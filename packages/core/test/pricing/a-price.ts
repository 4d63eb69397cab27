/**
 * Builds price rows, rate cards and request shapes for tests; what is not named is a plain default.
 */
import { priceBook } from '../../src/index.ts';
import type { PriceBook, PriceRow, RateCard, RequestShape, TokenClass } from '../../src/index.ts';

/** A moment at which every price built here is in force. */
export const NOW = Date.UTC(2026, 10, 22, 12);

/** One price of `a.model`, called in its region at the standard tier, since 2026. */
export function aPrice(change: Partial<PriceRow> = {}): PriceRow {
  return {
    model_id: 'a.model',
    region: 'us-east-1',
    scope: 'in_region',
    tier: 'standard',
    usage_class: 'input',
    context_band: 'all',
    effective_from: '2026-01-01',
    usd: '1',
    per: 1_000_000,
    confidence: 'high',
    sources: ['test'],
    ...change,
  };
}

/** Prices of token classes in USD per million, all of one band. */
export function pricesOf(
  usd: Partial<Record<TokenClass, string>>,
  change: Partial<PriceRow> = {},
): PriceRow[] {
  return Object.entries(usd).map(([usage_class, price]) =>
    aPrice({ usage_class, usd: price, ...change }),
  );
}

/** The card of `a.model` for a tier, out of a book. */
export function cardOf(book: PriceBook, tier = 'standard', at = NOW): RateCard | undefined {
  return book.rateCard({
    model_id: 'a.model',
    region: 'us-east-1',
    scope: 'in_region',
    tier,
    at,
  });
}

/** The standard card that rows make by themselves. */
export function aCard(rows: readonly PriceRow[]): RateCard {
  const card = cardOf(priceBook(rows, 'test'));
  if (card === undefined) throw new Error('the rows make no standard card');
  return card;
}

/** A request of a thousand bytes in one message that states no maximum. */
export function aShape(change: Partial<RequestShape> = {}): RequestShape {
  return {
    text_bytes: 1000,
    parts: 1,
    opaque_input: false,
    has_tools: false,
    writes_cache: false,
    max_output_tokens: null,
    tier: 'standard',
    references: [],
    tags: {},
    ...change,
  };
}
