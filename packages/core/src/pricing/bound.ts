/**
 * The bound: the most that a request can cost, known before a byte is sent. The whole product rests
 * on it being no less than what the request then does cost, whichever classes, tier and context
 * band the tokens fall into. So every step here errs upwards, and what has no sourced maximum is
 * not bounded.
 */
import type { BodyFamily, ModelFacts } from '../catalog/model.ts';
import type { PicoUsd } from '../money/pico.ts';
import type { UnitPrice } from '../money/unit-price.ts';
import { amountAtMost, comparePrices } from '../money/unit-price.ts';
import type { Amounts, BudgetUnit } from '../policy/budget.ts';
import type { TokenClass } from '../usage/usage.ts';
import type { RateBand, RateCard } from './rate-card.ts';
import type { RequestShape } from './request-shape.ts';
import { boundOfUnits, noPriceFor, unitsCost, unitWithoutPrice } from './unit-bound.ts';

/**
 * Tokens that a request may add beside its parts: the frame that a model puts around a
 * conversation.
 */
export const REQUEST_TOKENS = 64;

/**
 * Tokens that each message, system block or tool may add beside its own text (roles, separators).
 */
export const PART_TOKENS = 16;

/**
 * Tokens that the presence of tools may add beside their definitions. Anthropic documents tool-use
 * system prompts of 159 to 804 tokens, and built-in tools (computer, editor, shell) whose
 * definitions, short in the request, are up to 735, 700 and 245 tokens: together less than 3,072.
 * Other families document none; theirs are templates of the same order as the smaller figures.
 */
export const TOOL_SET_TOKENS: Readonly<Partial<Record<BodyFamily, number>>> = Object.freeze({
  anthropic: 3072,
});

/** The same for every family of which nothing else is documented. */
export const TOOL_SET_TOKENS_OTHERWISE = 1024;

/**
 * One way the request can be priced: what the prompt and all named units cost at most, and the
 * price of each output token.
 */
export interface BoundLine {
  readonly prompt: PicoUsd;
  readonly output: UnitPrice | null;
}

/** What is known before dispatch of the most a request can cost. */
export type Bound =
  | {
      readonly kind: 'bounded';
      readonly input_tokens: number;
      readonly output_tokens: number;
      /** What the hold takes from each budget. */
      readonly amounts: Amounts;
      /**
       * A maximum was missing and `cap_tokens` stood in for it: the request may pass this bound.
       */
      readonly capped: boolean;
      /** The model's own output maximum, where it is known. */
      readonly max_output_tokens: number | null;
      /**
       * Every card and band that the request can reach; the dearest of them makes `amounts.usd`.
       */
      readonly lines: readonly BoundLine[];
    }
  | {
      readonly kind: 'unbounded';
      readonly reason: 'no_context_window' | 'no_output_maximum' | 'no_units';
      readonly message: string;
    }
  | { readonly kind: 'unpriced'; readonly message: string };

/** How to treat what has no maximum, and what prices guardrail units. */
export interface BoundOptions {
  /** Tokens to hold in place of an unknown maximum, or null to leave the request unbounded. */
  readonly cap_tokens: number | null;
  /** The card of `GUARDRAIL_MODEL_ID`; needed only where the shape has guardrail units. */
  readonly unitCard?: RateCard | undefined;
}

/**
 * The bound of a request to a model, at the dearest of `cards` (one for each tier that may serve
 * it). Guarantee, unless `capped`: every usage with at most `input_tokens` prompt tokens, in the
 * classes that the request can cause, and at most `output_tokens` output tokens costs at most
 * `amounts.usd` on any of these cards, ceilings of classes without a price included; the units of
 * the shape as well. A unit without a price leaves the request unpriced.
 */
export function boundOf(
  shape: RequestShape,
  model: ModelFacts,
  cards: readonly RateCard[],
  options: BoundOptions,
): Bound {
  if (inUnitsAlone(model, cards)) {
    return boundOfUnits(shape.units, model.model_id, cards, options.unitCard);
  }
  const knownInput = inputBound(shape, model);
  const input = knownInput ?? cappedInput(shape, model, options);
  const unpriced =
    whyUnpriced(shape, model, cards, input ?? 0) ??
    unitWithoutPrice(shape.units, model.model_id, cards, options.unitCard);
  if (unpriced !== null) return { kind: 'unpriced', message: unpriced };
  if (input === null) return { kind: 'unbounded', ...NO_CONTEXT_WINDOW };
  const knownOutput = outputBound(shape, model);
  const output = knownOutput ?? cappedOutput(shape, options);
  if (output === null) return { kind: 'unbounded', ...NO_OUTPUT_MAXIMUM };

  const classes = promptClasses(shape, model, cards);
  const lines: BoundLine[] = [];
  let usd = 0n;
  for (const card of cards) {
    const units = shape.units === undefined ? null : unitsCost(shape.units, card, options.unitCard);
    let above = -1;
    for (const band of card.bands) {
      if (input <= above) break;
      const line = lineOf(card, band, classes, Math.min(input, band.up_to), model, units);
      lines.push(line);
      const total = costWith(line, output);
      if (total > usd) usd = total;
      above = band.up_to;
    }
  }
  return {
    kind: 'bounded',
    input_tokens: input,
    output_tokens: output,
    amounts: { usd, tokens: BigInt(input + output), requests: 1n },
    capped: knownInput === null || knownOutput === null,
    max_output_tokens: model.max_output_tokens,
    lines,
  };
}

/**
 * The largest `maxTokens` with which the same request would fit into `room` (in `unit`), at most
 * what the model can write; 0 when not even its prompt fits, or when the bound is not known.
 * `added_tokens`: what stating a maximum may itself add to the prompt.
 */
export function largestMaxTokens(
  bound: Bound,
  room: bigint,
  unit: BudgetUnit = 'usd',
  added_tokens = 0,
): number {
  if (bound.kind !== 'bounded') return 0;
  let largest = BigInt(bound.max_output_tokens ?? Number.MAX_SAFE_INTEGER);
  if (unit === 'requests') return room >= 1n ? Number(largest) : 0;
  if (unit === 'tokens') {
    const left = room - BigInt(bound.input_tokens + added_tokens);
    return Number(clamp(left, largest));
  }
  const tokens = BigInt(Math.max(1, bound.input_tokens));
  for (const { prompt, output } of bound.lines) {
    const added = (prompt * BigInt(added_tokens) + tokens - 1n) / tokens;
    const left = room - prompt - added;
    if (left < 0n) return 0;
    if (output === null || output.numerator === 0n) continue;
    const fits = (left * output.denominator) / output.numerator;
    if (fits < largest) largest = fits;
  }
  return Number(largest);
}

const NO_CONTEXT_WINDOW = Object.freeze({
  reason: 'no_context_window',
  message:
    'The request has an image or document, and the context window of this model is not known. ' +
    'Remove it, or use a model whose context window is in the catalogue.',
});

const NO_OUTPUT_MAXIMUM = Object.freeze({
  reason: 'no_output_maximum',
  message:
    'The request states no maximum of output tokens, and none is known for this model. ' +
    'State one, such as maxTokens.',
});

/** Whether the request has no priced tokens, so that neither window nor maximum is needed. */
function inUnitsAlone({ kind }: ModelFacts, cards: readonly RateCard[]): boolean {
  if (kind !== 'image' && kind !== 'rerank') return false;
  return cards.every((card) => card.priced.size === 0);
}

/**
 * Why no price is known for some prompt that the request can turn out to be, or null when all are.
 */
function whyUnpriced(
  shape: RequestShape,
  model: ModelFacts,
  cards: readonly RateCard[],
  input: number,
): string | null {
  const { model_id, kind } = model;
  if (cards.length === 0) return noPriceFor(model_id);
  if (kind === 'embedding' && shape.opaque_input) {
    return `There is no price for images, audio, video or documents with ${model_id}.`;
  }
  for (const { bands, tier } of cards) {
    let above = -1;
    for (const { prices, up_to } of bands) {
      if (input <= above) break;
      const missing = prices.input === null ? 'input' : 'output';
      if (prices.input === null || (kind === 'text' && prices.output === null)) {
        const beyond = above < 0 ? '' : ` for prompts above ${above} tokens`;
        return `There is no ${missing} price for ${model_id} in tier ${tier}${beyond}.`;
      }
      above = up_to;
    }
  }
  return null;
}

function inputBound(shape: RequestShape, model: ModelFacts): number | null {
  const window = windowFor(shape, model);
  if (shape.opaque_input) return window;
  const counted = textTokens(shape, model);
  return window === null ? counted : Math.min(counted, window);
}

/** A larger window counts unless the request is known not to opt into it. */
function windowFor(shape: RequestShape, model: ModelFacts): number | null {
  if (shape.extended_context === false) return model.context_window;
  return model.extended_context_window ?? model.context_window;
}

/** At most one token a byte of UTF-8: no tokenizer makes more tokens than there are bytes. */
function textTokens(shape: RequestShape, model: ModelFacts): number {
  const tools = shape.has_tools ? toolSetTokens(model.family) : 0;
  return shape.text_bytes + shape.parts * PART_TOKENS + REQUEST_TOKENS + tools;
}

function toolSetTokens(family: BodyFamily): number {
  return TOOL_SET_TOKENS[family] ?? TOOL_SET_TOKENS_OTHERWISE;
}

/** The cap stands in for what is opaque, and is never less than what the text alone can be. */
function cappedInput(shape: RequestShape, model: ModelFacts, options: BoundOptions): number | null {
  const { cap_tokens } = options;
  return cap_tokens === null ? null : Math.max(cap_tokens, textTokens(shape, model));
}

/**
 * A stated maximum counts as stated, even above the model's own: the upstream should refuse it
 * then, but sources disagree on the models' maxima, and a hold that is too large only costs room.
 * One that may not bind never lowers what the model does without it.
 */
function outputBound(shape: RequestShape, model: ModelFacts): number | null {
  if (model.kind !== 'text') return 0;
  const usual = model.default_max_tokens ?? model.max_output_tokens;
  const stated = shape.max_output_tokens;
  if (stated === null) return usual;
  if (shape.output_maximum_binds !== false) return stated;
  return usual === null ? null : Math.max(stated, usual);
}

/** The cap stands in for the model's maximum, and is never less than what the body states. */
function cappedOutput(shape: RequestShape, { cap_tokens }: BoundOptions): number | null {
  return cap_tokens === null ? null : Math.max(cap_tokens, shape.max_output_tokens ?? 0);
}

const CACHE_CLASSES = [
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'cache_write_30m',
] as const satisfies readonly TokenClass[];

/**
 * The classes that prompt tokens of this request can be charged as. A model that caches only on
 * demand writes nothing unless asked to. Otherwise every cache class with a price on any of the
 * cards counts; where a write was asked for and the usual ones have no price, they count at the
 * dearest known price, and so does a write for an hour without a price of its own.
 */
function promptClasses(
  shape: RequestShape,
  model: ModelFacts,
  cards: readonly RateCard[],
): readonly TokenClass[] {
  const has = (usageClass: TokenClass) => cards.some((card) => card.priced.has(usageClass));
  const classes: TokenClass[] = ['input'];
  if (model.explicit_cache && !shape.writes_cache) {
    if (has('cache_read')) classes.push('cache_read');
    return classes;
  }
  for (const usageClass of CACHE_CLASSES) if (has(usageClass)) classes.push(usageClass);
  if (shape.writes_cache) {
    if (!classes.includes('cache_read')) classes.push('cache_read');
    const usual = has('cache_write_5m') || has('cache_write_30m');
    if (!usual) classes.push('cache_write_5m');
    if (!has('cache_write_1h') && (!usual || shape.writes_cache_1h === true)) {
      classes.push('cache_write_1h');
    }
  }
  return classes;
}

function lineOf(
  card: RateCard,
  band: RateBand,
  classes: readonly TokenClass[],
  input: number,
  model: ModelFacts,
  units: PicoUsd | null,
): BoundLine {
  let dearest: UnitPrice | null = null;
  for (const usageClass of classes) {
    const price = band.prices[usageClass] ?? card.dearest;
    if (price === null) continue;
    if (dearest === null || comparePrices(price, dearest) > 0) dearest = price;
  }
  const output = model.kind === 'text' ? band.prices.output : null;
  const prompt = amountAtMost(input, dearest, classes.length);
  // Nearly every request has no units, and adding nothing would make a number for nothing.
  return { prompt: units === null ? prompt : prompt + units, output };
}

function costWith(line: BoundLine, outputTokens: number): PicoUsd {
  return line.prompt + amountAtMost(outputTokens, line.output, 1);
}

function clamp(value: bigint, most: bigint): bigint {
  if (value < 0n) return 0n;
  return value < most ? value : most;
}
