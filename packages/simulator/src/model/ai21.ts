/**
 * AI21's Jurassic-2: `completions`, several when asked for; counts are only in headers, and it does
 * not stream. Jamba speaks the chat shape.
 */
import { type Dialect, noEvents } from './dialect.ts';
import { completionDialect, wasCut } from './completion.ts';

const shape = completionDialect({
  limit: 'maxTokens',
  stop: 'stopSequences',
  answers: 'numResults',
  whole: (generation) => ({
    id: generation.seed % 10_000,
    prompt: { text: '', tokens: [] },
    completions: Array.from({ length: generation.ask.items }, () => ({
      data: { text: generation.text, tokens: [] },
      finishReason: wasCut(generation)
        ? { reason: 'length', length: generation.usage.output / generation.ask.items }
        : { reason: 'endoftext' },
    })),
  }),
  part: () => ({}),
  last: () => ({}),
});

/** Jurassic-2, Mid and Ultra. */
export const ai21J2: Dialect = { ...shape, events: noEvents };
