/**
 * Llama in InvokeModel: counts stand beside the text. In a stream the first chunk tells the
 * prompt's count, and every chunk how much output there is so far.
 */
import type { Generation } from '../generate/generation.ts';
import { countTokens } from '../generate/tokenizer.ts';
import { completionDialect, wasCut } from './completion.ts';

/** Llama, all generations. */
export const llama = completionDialect({
  limit: 'max_gen_len',
  stop: 'stop',
  openingTokens: 1,
  images: 'images',
  whole: (generation) => ({
    generation: generation.text,
    ...counts(generation, generation.reported?.input ?? null, generation.reported?.output ?? null),
    stop_reason: stopReason(generation),
  }),
  part: (generation, part, index) => {
    const output = outputUntil(generation, index);
    const input = index === 0 ? (generation.reported?.input ?? null) : null;
    return { generation: part, ...counts(generation, input, output), stop_reason: null };
  },
  last: (generation) => ({
    generation: '',
    ...counts(generation, null, generation.reported?.output ?? null),
    stop_reason: stopReason(generation),
  }),
});

function counts(generation: Generation, prompt: number | null, output: number | null): object {
  if (generation.reported === null) return {};
  return { prompt_token_count: prompt, generation_token_count: output };
}

/** Running output of a stream; the last content chunk already has the whole. */
function outputUntil(generation: Generation, index: number): number {
  const said = generation.parts.slice(0, index + 1).join('');
  return Math.min(generation.usage.output, countTokens(said, generation.tokens));
}

function stopReason(generation: Generation): string {
  return wasCut(generation) ? 'length' : 'stop';
}
