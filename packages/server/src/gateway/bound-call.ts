/**
 * What a call can cost at most, and what its hold takes. Everything that it may come to be billed
 * by is in it: the tiers that may serve it, the models that a router may choose, the units of a
 * guardrail.
 */
import {
  boundOf,
  boundOfUnits,
  dearestOfUnit,
  GUARDRAIL_MODEL_ID,
  isGuardrailUnit,
  type Amounts,
  type Bound,
  type KeyPolicy,
  type RateCard,
  type RequestShape,
} from '@tollkeeper/core';
import { refused, type Refused } from './call.ts';
import type { NamedModel } from './name-model.ts';
import {
  BASE_TIER,
  cardsOf,
  guardrailCard,
  marginalCard,
  routerCard,
  ROUTER_UNIT,
  type PriceMoment,
} from './rate-cards.ts';

/** A bound that is known. */
export type KnownBound = Extract<Bound, { kind: 'bounded' }>;

/** What a call takes from budgets. */
export interface BoundedCall {
  readonly kind: 'bounded';
  /** Null when there is no price to bound by, or nothing to pay. */
  readonly bound: KnownBound | null;
  readonly amounts: Amounts;
  readonly priced: 'yes' | 'no';
}

/** What is bounded: a call of a model, a call of a guardrail by itself, or what is free. */
export type BoundedKind = 'model' | 'guardrail' | 'nothing';

/** Pico-USD that one hold can keep: 64 bits, about 9.2 million USD. */
const AMOUNT_MAX = 2n ** 63n - 1n;

const FREE: BoundedCall = Object.freeze({
  kind: 'bounded',
  bound: null,
  amounts: Object.freeze({ usd: 0n, tokens: 0n, requests: 1n }),
  priced: 'yes',
});

/** The hold of a call, or why it is refused. `capTokens` stands in for maxima that nobody knows. */
export function boundCall(
  moment: PriceMoment,
  kind: BoundedKind,
  model: NamedModel,
  shape: RequestShape,
  policy: KeyPolicy,
  capTokens: number,
): BoundedCall | Refused {
  if (kind === 'nothing') return FREE;
  const bound = boundByKind(moment, kind, model, shape, policy, capTokens);
  switch (bound.kind) {
    case 'bounded':
      if (bound.amounts.usd > AMOUNT_MAX) return beyondBooks(bound.output_tokens);
      return { kind: 'bounded', bound, amounts: bound.amounts, priced: 'yes' };
    case 'unbounded':
      return refused('ValidationException', `unbounded_${bound.reason}`, bound.message);
    case 'unpriced': {
      if (policy.unpriced === 'refuse') return unpriced(bound.message);
      const output = shape.max_output_tokens ?? capTokens;
      const tokens = kind === 'guardrail' ? 0 : shape.text_bytes + output;
      const amounts = { usd: 0n, tokens: BigInt(tokens), requests: 1n };
      return { kind: 'bounded', bound: null, amounts, priced: 'no' };
    }
  }
}

function boundByKind(
  moment: PriceMoment,
  kind: 'model' | 'guardrail',
  model: NamedModel,
  asked: RequestShape,
  policy: KeyPolicy,
  capTokens: number,
): Bound {
  const { shape, unitCard } = withPricedUnits(moment, kind, asked, policy);
  if (kind === 'guardrail') {
    const cards = unitCard === undefined ? [] : [unitCard];
    return boundOfUnits(shape.units, GUARDRAIL_MODEL_ID, cards, unitCard);
  }
  const cap_tokens = policy.unbounded === 'cap' ? capTokens : null;
  switch (model.billing) {
    case 'model':
      return boundOfModel(moment, model, shape, { cap_tokens, unitCard });
    case 'router': {
      const options = { cap_tokens, unitCard };
      const choices = model.standsFor.map((each) => boundOfModel(moment, each, shape, options));
      return withRouterFee(dearestOf(choices), routerCard(moment));
    }
    case 'marginal': {
      // What it costs is bounded whatever it writes: only budgets in tokens need the cap.
      const tiers = new Set([shape.tier, BASE_TIER]);
      const cards = [...tiers].map((tier) => marginalCard(moment, model.modelId, tier));
      return boundOf(shape, model.facts, cards, { cap_tokens: capTokens, unitCard });
    }
  }
}

function boundOfModel(
  moment: PriceMoment,
  { facts, scope }: NamedModel,
  shape: RequestShape,
  options: Parameters<typeof boundOf>[3],
): Bound {
  return boundOf(shape, facts, cardsOf(moment, facts.model_id, scope, shape.tier), options);
}

/**
 * The shape with those guardrail units alone that can come to be charged. Which policies a
 * guardrail has is not known, so a policy without a price does not spoil the bound of the others:
 * if it is there after all, its line has no amount and its entry a ceiling. Checks that the request
 * itself asks for must have their price.
 */
function withPricedUnits(
  moment: PriceMoment,
  kind: 'model' | 'guardrail',
  shape: RequestShape,
  policy: KeyPolicy,
): { readonly shape: RequestShape; readonly unitCard: RateCard | undefined } {
  if (shape.units === undefined || !hasGuardrailUnits(shape.units)) {
    return { shape, unitCard: kind === 'guardrail' ? guardrailCard(moment) : undefined };
  }
  const unitCard = guardrailCard(moment);
  const counted = (unit: string): boolean =>
    !isGuardrailUnit(unit) ||
    unit.startsWith('guardrail_check_') ||
    (unitCard !== undefined && dearestOfUnit(unitCard, unit) !== null);
  const units = Object.fromEntries(Object.entries(shape.units).filter(([unit]) => counted(unit)));
  if (hasGuardrailUnits(units)) return { shape: { ...shape, units }, unitCard };
  // None has a price. Then the model alone is bounded, if the key may call what has none.
  if (kind === 'model' && policy.unpriced === 'flag')
    return { shape: { ...shape, units }, unitCard };
  return { shape, unitCard };
}

/** Whether any of the units is a guardrail's. */
export function hasGuardrailUnits(units: Readonly<Record<string, number>>): boolean {
  for (const unit in units) if (isGuardrailUnit(unit)) return true;
  return false;
}

/** The bound of whichever of several models will serve; one without a bound leaves all without. */
function dearestOf(bounds: readonly Bound[]): Bound {
  const known: KnownBound[] = [];
  for (const bound of bounds) {
    if (bound.kind !== 'bounded') return bound;
    known.push(bound);
  }
  const largest = (of: (bound: KnownBound) => bigint): bigint =>
    known.reduce((most, bound) => (of(bound) > most ? of(bound) : most), 0n);
  const maxima = known.map(({ max_output_tokens: most }) => most);
  return {
    kind: 'bounded',
    input_tokens: Math.max(...known.map(({ input_tokens: tokens }) => tokens)),
    output_tokens: Math.max(...known.map(({ output_tokens: tokens }) => tokens)),
    amounts: {
      usd: largest(({ amounts }) => amounts.usd),
      tokens: largest(({ amounts }) => amounts.tokens),
      requests: 1n,
    },
    capped: known.some(({ capped }) => capped),
    max_output_tokens: maxima.includes(null) ? null : Math.max(...maxima.map(Number)),
    lines: known.flatMap(({ lines }) => lines),
  };
}

/** A fee without a price adds nothing here: its line has no amount, and its entry a ceiling. */
function withRouterFee(bound: Bound, card: RateCard | undefined): Bound {
  const price = card === undefined ? null : dearestOfUnit(card, ROUTER_UNIT);
  if (bound.kind !== 'bounded' || price === null) return bound;
  const fee = (price.numerator + price.denominator - 1n) / price.denominator;
  return {
    ...bound,
    amounts: { ...bound.amounts, usd: bound.amounts.usd + fee },
    lines: bound.lines.map((line) => ({ ...line, prompt: line.prompt + fee })),
  };
}

function unpriced(message: string): Refused {
  return refused(
    'AccessDeniedException',
    'unpriced',
    `${message} What has no price is not called. The operator can add a price, or let the key ` +
      'call it unpriced.',
  );
}

function beyondBooks(outputTokens: number): Refused {
  return refused(
    'ValidationException',
    'bound_too_large',
    `A call with up to ${outputTokens} output tokens can cost more than any budget can hold. ` +
      'State a smaller maximum, such as maxTokens.',
  );
}
