/**
 * The chat-completions shape, which Jamba, newer Mistral, DeepSeek V3, Qwen, gpt-oss and many more
 * speak in InvokeModel. `prompt_tokens` includes what came from the cache; every chunk of a stream
 * carries the usage so far, so the last one counts.
 */
import { type Generation, type Usage, writtenTokens } from '../generate/generation.ts';
import { countTokens } from '../generate/tokenizer.ts';
import { malformed } from '../wire/failure.ts';
import { readChatMessages, readChatTools } from './chat-request.ts';
import { type Ask, fixed, OPENING_TOKENS, PLAIN_ASK } from './ask.ts';
import { countOf, limitOf, requiredList } from './completion.ts';
import { chunk, type Dialect, type DialectEvent, invocationMetrics } from './dialect.ts';
import { asList, asString, type JsonObject } from './json.ts';
import type { Model } from './model.ts';

const MESSAGES_MAX = 100_000;
const ANSWERS_MAX = 16;
/** `created` starts here; an answer has no real clock, so that it follows from its request. */
const CREATED_FROM = 1_760_000_000;

/** Chat completions. */
export const chat: Dialect = {
  read: readChat,

  whole(generation) {
    return {
      ...opening(generation, 'chat.completion'),
      choices: choicesOf(generation, (index) => ({
        index,
        message: { role: 'assistant', ...contentOf(generation) },
        finish_reason: finishReason(generation),
      })),
      ...usageOf(generation, generation.reported?.output ?? 0),
    };
  },

  *events(generation): Iterable<DialectEvent> {
    const head = opening(generation, 'chat.completion.chunk');
    const send = (choice: object, output: number): Readonly<Record<string, unknown>> => ({
      ...head,
      choices: [choice],
      ...usageOf(generation, output),
    });
    let output = 0;
    for (let index = 0; index < generation.ask.items; index++) {
      const role = { index, delta: { role: 'assistant', content: '' }, finish_reason: null };
      yield chunk(send(role, output));
      for (const part of generation.parts) {
        output = Math.min(generation.usage.output, output + countTokens(part, generation.tokens));
        const delta = deltaOf(generation, part);
        yield chunk(send({ index, delta, finish_reason: null }, output), part);
      }
    }
    yield chunk({
      ...head,
      choices: choicesOf(generation, (index) => ({
        index,
        delta: {},
        finish_reason: finishReason(generation),
      })),
      ...usageOf(generation, generation.reported?.output ?? 0),
      ...invocationMetrics(generation),
    });
  },
};

function readChat(body: JsonObject, model: Model): Ask {
  const messages = requiredList(body, 'messages', MESSAGES_MAX);
  const tools = readChatTools(body);
  const limits = ['max_tokens', 'max_completion_tokens'].flatMap(
    (key) => limitOf(body, key, model) ?? [],
  );
  const stop = body['stop'];
  return {
    ...PLAIN_ASK,
    pieces: [fixed(OPENING_TOKENS), ...tools.pieces, ...readChatMessages(messages)],
    outputTokensMax: limits.length === 0 ? null : Math.max(...limits),
    stopSequences: stopsOf(stop),
    forcedTool: tools.forced,
    items: countOf(body, 'n', ANSWERS_MAX),
  };
}

function stopsOf(stop: unknown): readonly string[] {
  if (stop === undefined || stop === null) return [];
  const one = asString(stop);
  if (one !== null) return [one];
  const list = asList(stop);
  if (list === null) throw malformed('#/stop: expected type: String or JSONArray');
  return list.filter((entry) => typeof entry === 'string');
}

function opening(generation: Generation, object: string): Readonly<Record<string, unknown>> {
  return {
    id: `chatcmpl-${generation.digest.slice(0, 24)}`,
    object,
    created: CREATED_FROM + (generation.seed % 10_000_000),
    model: generation.model.id,
  };
}

function choicesOf(generation: Generation, one: (index: number) => object): readonly object[] {
  return Array.from({ length: generation.ask.items }, (_, index) => one(index));
}

function toolCall(generation: Generation, text: string): object {
  return {
    index: 0,
    id: `call_${generation.digest.slice(0, 24)}`,
    type: 'function',
    function: { name: generation.ask.forcedTool, arguments: text },
  };
}

function contentOf(generation: Generation): object {
  if (generation.ask.forcedTool === null) return { content: generation.text };
  return { content: null, tool_calls: [toolCall(generation, generation.text)] };
}

function deltaOf(generation: Generation, part: string): object {
  if (generation.ask.forcedTool === null) return { content: part };
  return { tool_calls: [toolCall(generation, part)] };
}

function finishReason(generation: Generation): string {
  if (generation.stopReason === 'max_tokens') return 'length';
  if (generation.stopReason === 'guardrail_intervened') return 'content_filter';
  return generation.stopReason === 'tool_use' ? 'tool_calls' : 'stop';
}

/** `prompt_tokens` holds every token of the prompt, cached or not. */
function usageOf(generation: Generation, output: number): object {
  const usage = generation.reported;
  if (usage === null) return {};
  const prompt = usage.input + usage.cacheRead + writtenTokens(usage);
  return {
    usage: {
      prompt_tokens: prompt,
      completion_tokens: output,
      total_tokens: prompt + output,
      ...cachedOf(usage),
      ...reasoningOf(generation, output),
    },
  };
}

function cachedOf(usage: Usage): object {
  if (usage.cacheRead === 0) return {};
  return { prompt_tokens_details: { cached_tokens: usage.cacheRead } };
}

/** A part of the output, told besides; adding it to the output would count it twice. */
function reasoningOf(generation: Generation, output: number): object {
  if (!generation.model.id.startsWith('openai.')) return {};
  return { completion_tokens_details: { reasoning_tokens: Math.floor(output / 4) } };
}
