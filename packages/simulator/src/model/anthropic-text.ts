/**
 * Claude before Messages: a prompt of turns and a `completion` without counts. The models that know
 * this shape know Messages too; the body tells which one is spoken.
 */
import type { Generation } from '../generate/generation.ts';
import { invalid } from '../wire/failure.ts';
import { anthropic } from './anthropic.ts';
import { completionDialect } from './completion.ts';
import type { Dialect } from './dialect.ts';

const MESSAGES = 'messages';

const completion = completionDialect({
  limit: 'max_tokens_to_sample',
  limitRequired: true,
  stop: 'stop_sequences',
  check(prompt) {
    if (/^\s*\n\nHuman:/.test(prompt) || prompt.startsWith('Human:')) return;
    throw invalid('Invalid prompt: prompt must start with "\n\nHuman:" turn');
  },
  whole: (generation) => ({
    type: 'completion',
    completion: generation.text,
    stop_reason: stopReason(generation),
    stop: generation.stopSequence,
  }),
  part: (_, part) => ({ type: 'completion', completion: part, stop_reason: null, stop: null }),
  last: (generation) => ({
    type: 'completion',
    completion: '',
    stop_reason: stopReason(generation),
    stop: generation.stopSequence,
  }),
});

/** Claude 2, 2.1 and Instant. */
export const anthropicText: Dialect = {
  read(body, model) {
    if (body['messages'] === undefined) return completion.read(body, model);
    return { ...anthropic.read(body, model), variant: MESSAGES };
  },
  whole: (generation) => spoken(generation).whole(generation),
  events: (generation) => spoken(generation).events(generation),
};

function spoken(generation: Generation): Dialect {
  return generation.ask.variant === MESSAGES ? anthropic : completion;
}

function stopReason(generation: Generation): string {
  return generation.stopReason === 'max_tokens' ? 'max_tokens' : 'stop_sequence';
}
