/**
 * Mistral's older shape, a `prompt` and `outputs`, and DeepSeek R1's, a `prompt` and `choices`.
 * Neither body has counts: those are only in headers, or in the metrics of a stream.
 */
import type { Generation } from '../generate/generation.ts';
import { completionDialect, wasCut } from './completion.ts';

/** Mistral 7B, Mixtral, and Large and Small of February 2024. */
export const mistralText = completionDialect({
  limit: 'max_tokens',
  stop: 'stop',
  openingTokens: 1,
  whole: (generation) => ({ outputs: [answer(generation.text, reason(generation))] }),
  part: (_, part) => ({ outputs: [answer(part, null)] }),
  last: (generation) => ({ outputs: [answer('', reason(generation))] }),
});

/** DeepSeek R1 in InvokeModel. */
export const deepseekText = completionDialect({
  limit: 'max_tokens',
  stop: 'stop',
  openingTokens: 1,
  whole: (generation) => ({ choices: [answer(generation.text, reason(generation))] }),
  part: (_, part) => ({ choices: [answer(part, null)] }),
  last: (generation) => ({ choices: [answer('', reason(generation))] }),
});

function answer(text: string, stop: string | null): object {
  return { text, stop_reason: stop };
}

function reason(generation: Generation): string {
  return wasCut(generation) ? 'length' : 'stop';
}
