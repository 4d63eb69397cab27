/**
 * What a call's input and its output cost, apart. Every charge is on one of the two sides, so that
 * they sum to the cost of the entry, exactly.
 */
import type { PicoUsd } from '../money/pico.ts';
import { promptTokens } from '../usage/usage.ts';
import type { EntryDraft } from './entry.ts';

/** Tokens and known charges of the two sides. */
export interface Sides {
  /** Tokens of the whole prompt: uncached input, cache reads and cache writes. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** Pico-USD of tokens of the prompt, and of units that went in. */
  readonly input_cost: PicoUsd;
  /** Pico-USD of all else: tokens of the answer, images, seconds, guardrails, fees. */
  readonly output_cost: PicoUsd;
}

/** Classes of charges that are for what was sent. */
const SENT = /^(?:input|cache)(?:_|$)/;

/**
 * The sides of one entry. Of a correction they are changes, as its cost is; usage that is not known
 * counts as no tokens, and costs what is known of it.
 */
export function sidesOf(entry: EntryDraft): Sides {
  let input_cost = 0n;
  for (const { class: name, amount } of entry.charges) {
    if (amount !== null && SENT.test(name)) input_cost += amount;
  }
  const { usage } = entry;
  return {
    input_tokens: usage === null ? 0 : promptTokens(usage),
    output_tokens: usage === null ? 0 : usage.output_tokens,
    input_cost,
    output_cost: entry.cost - input_cost,
  };
}
