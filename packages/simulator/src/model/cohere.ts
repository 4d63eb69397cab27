/**
 * Cohere in InvokeModel. Command completes a prompt; Command R chats with a `message` and a
 * `chat_history`. Counts are in headers; only the larger Command R repeats them as billed units.
 */
import type { Generation } from '../generate/generation.ts';
import { type Ask, fixed, MESSAGE_TOKENS, OPENING_TOKENS, PLAIN_ASK, text } from './ask.ts';
import { completionDialect, limitOf, requiredText, wasCut } from './completion.ts';
import { chunk, type Dialect, type DialectEvent, invocationMetrics } from './dialect.ts';
import { asList, asObject, asString, type JsonObject, stringsOf } from './json.ts';
import type { Model } from './model.ts';

/** Command and Command Light. */
export const cohereCommand: Dialect = completionDialect({
  limit: 'max_tokens',
  stop: 'stop_sequences',
  answers: 'num_generations',
  whole: (generation) => ({
    id: idOf(generation, 'request'),
    generations: Array.from({ length: generation.ask.items }, (_, index) => ({
      id: idOf(generation, String(index)),
      text: generation.text,
      finish_reason: finishReason(generation),
    })),
    prompt: generation.ask.pieces.find((piece) => piece.kind === 'text')?.text,
  }),
  part: (_, part) => ({ is_finished: false, text: part }),
  last: (generation) => ({ is_finished: true, finish_reason: finishReason(generation) }),
});

/** Command R and R+. */
export const cohereChat: Dialect = {
  read: readChat,
  whole: (generation) => ({
    response_id: idOf(generation, 'response'),
    text: generation.text,
    generation_id: idOf(generation, 'generation'),
    finish_reason: finishReason(generation),
    ...billedUnits(generation),
  }),
  *events(generation): Iterable<DialectEvent> {
    const generationId = idOf(generation, 'generation');
    yield chunk({ is_finished: false, event_type: 'stream-start', generation_id: generationId });
    for (const part of generation.parts) {
      yield chunk({ is_finished: false, event_type: 'text-generation', text: part }, part);
    }
    yield chunk({
      is_finished: true,
      event_type: 'stream-end',
      finish_reason: finishReason(generation),
      response: { text: generation.text, ...billedUnits(generation) },
      ...invocationMetrics(generation),
    });
  },
};

function readChat(body: JsonObject, model: Model): Ask {
  const message = requiredText(body, 'message');
  const history = asList(body['chat_history']) ?? [];
  const turns = history.flatMap((entry) => {
    const { role, ...turn } = asObject(entry) ?? {};
    const words = asString(turn['message']) ?? JSON.stringify(turn);
    return [fixed(MESSAGE_TOKENS, asString(role) ?? ''), text(words)];
  });
  const preamble = asString(body['preamble']);
  const documents = (asList(body['documents']) ?? []).map((entry) => text(JSON.stringify(entry)));
  const tools = (asList(body['tools']) ?? []).map((entry) => text(JSON.stringify(entry)));
  return {
    ...PLAIN_ASK,
    pieces: [
      fixed(OPENING_TOKENS),
      ...(preamble === null ? [] : [text(preamble)]),
      ...documents,
      ...tools,
      ...turns,
      fixed(MESSAGE_TOKENS),
      text(message),
    ],
    outputTokensMax: limitOf(body, 'max_tokens', model),
    stopSequences: stringsOf(body['stop_sequences']),
  };
}

/** Only some of Cohere's models tell what they bill. */
function billedUnits(generation: Generation): object {
  const usage = generation.reported;
  if (usage === null || !generation.model.id.startsWith('cohere.command-r-plus')) return {};
  return {
    meta: { billed_units: { input_tokens: usage.input, output_tokens: usage.output } },
  };
}

function finishReason(generation: Generation): string {
  return wasCut(generation) ? 'MAX_TOKENS' : 'COMPLETE';
}

/** A UUID that follows from the request. */
function idOf(generation: Generation, what: string): string {
  const hex = generation.digest.slice(0, 30) + (what.length % 256).toString(16).padStart(2, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
