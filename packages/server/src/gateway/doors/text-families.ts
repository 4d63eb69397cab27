/**
 * A text and its parameters in the body of each family of models that write text, and the text in
 * its answers. There is one row for each family.
 */
import type { BodyFamily, ModelFacts } from '@tollkeeper/core';
import { objectsIn } from '../wire/dialect/dialect.ts';
import { isObject } from '../wire/usage-counts.ts';
import { converseText, textOfBlocks } from './converse-text.ts';
import type { JsonObject } from './door.ts';
import type { Parameters } from './parameters.ts';

/** How one family takes a text and gives one back. */
export interface TextFamily {
  /** Parameters that the family has no word for. */
  readonly lacks: readonly ('topK' | 'stop')[];
  readonly body: (text: string, parameters: Parameters, facts: ModelFacts) => JsonObject;
  /** The text of an answer; undefined when it is none of this family. */
  readonly text: (reply: JsonObject) => string | undefined;
}

/** Anthropic's models write nothing without a maximum. */
const ANTHROPIC_TOKENS_DEFAULT = 2_048;

/** Every family that writes text; a model of another one is spoken to by Converse. */
export const TEXT_FAMILIES: Readonly<Partial<Record<BodyFamily, TextFamily>>> = {
  anthropic: {
    lacks: [],
    body: (text, { maxTokens, temperature, topP, topK, stop, rest }) => ({
      ...rest,
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: maxTokens ?? ANTHROPIC_TOKENS_DEFAULT,
      messages: [{ role: 'user', content: [{ type: 'text', text }] }],
      temperature,
      top_p: topP,
      top_k: topK,
      stop_sequences: stop,
    }),
    text: ({ content }) => textOfBlocks(content),
  },
  anthropic_text: {
    lacks: [],
    body: (text, { maxTokens, temperature, topP, topK, stop, rest }) => ({
      ...rest,
      prompt: `\n\nHuman: ${text}\n\nAssistant:`,
      max_tokens_to_sample: maxTokens ?? ANTHROPIC_TOKENS_DEFAULT,
      temperature,
      top_p: topP,
      top_k: topK,
      stop_sequences: stop,
    }),
    text: ({ completion }) => textIn(completion),
  },
  nova: {
    lacks: [],
    body: (text, { maxTokens, temperature, topP, topK, stop, rest }) => ({
      ...rest,
      schemaVersion: 'messages-v1',
      messages: [{ role: 'user', content: [{ text }] }],
      inferenceConfig: { maxTokens, temperature, topP, topK, stopSequences: stop },
    }),
    text: converseText,
  },
  titan_text: {
    lacks: ['topK'],
    body: (text, { maxTokens, temperature, topP, stop, rest }) => ({
      inputText: text,
      textGenerationConfig: {
        ...rest,
        maxTokenCount: maxTokens,
        temperature,
        topP,
        stopSequences: stop,
      },
    }),
    text: ({ results }) => joined(results, ({ outputText }) => outputText),
  },
  llama: {
    lacks: ['topK', 'stop'],
    body: (text, { maxTokens, temperature, topP, rest }, facts) => ({
      ...rest,
      prompt: llamaPrompt(text, facts.model_id),
      max_gen_len: maxTokens,
      temperature,
      top_p: topP,
    }),
    text: ({ generation }) => textIn(generation),
  },
  mistral_text: {
    lacks: [],
    body: (text, { maxTokens, temperature, topP, topK, stop, rest }) => ({
      ...rest,
      prompt: instructed(text),
      max_tokens: maxTokens,
      temperature,
      top_p: topP,
      top_k: topK,
      stop,
    }),
    text: ({ outputs }) => joined(outputs, ({ text }) => text),
  },
  deepseek_text: {
    lacks: ['topK'],
    body: (text, { maxTokens, temperature, topP, stop, rest }) => ({
      ...rest,
      prompt: `<｜begin▁of▁sentence｜><｜User｜>${text}<｜Assistant｜><think>\n`,
      max_tokens: maxTokens,
      temperature,
      top_p: topP,
      stop,
    }),
    text: ({ choices }) => first(choices, ({ text }) => text),
  },
  openai_chat: {
    lacks: ['topK'],
    body: (text, { maxTokens, temperature, topP, stop, rest }, { provider }) => ({
      ...rest,
      messages: [{ role: 'user', content: text }],
      // OpenAI's own models count their reasoning too, and have another word for it.
      [provider === 'openai' ? 'max_completion_tokens' : 'max_tokens']: maxTokens,
      temperature,
      top_p: topP,
      stop,
    }),
    text: ({ choices }) =>
      first(choices, ({ message }) => {
        const content = isObject(message) ? message['content'] : undefined;
        return textOfBlocks(content) ?? content;
      }),
  },
  ai21_j2: {
    lacks: ['topK'],
    body: (text, { maxTokens, temperature, topP, stop, rest }) => ({
      ...rest,
      prompt: text,
      maxTokens,
      temperature,
      topP,
      stopSequences: stop,
    }),
    text: ({ completions }) =>
      first(completions, ({ data }) => (isObject(data) ? data['text'] : undefined)),
  },
  cohere_command: {
    lacks: [],
    body: (text, parameters) => ({ ...cohereConfig(parameters), prompt: text }),
    text: ({ generations }) => first(generations, ({ text }) => text),
  },
  cohere_chat: {
    lacks: [],
    body: (text, parameters) => ({ ...cohereConfig(parameters), message: text }),
    text: ({ text }) => textIn(text),
  },
};

function cohereConfig({ maxTokens, temperature, topP, topK, stop, rest }: Parameters): JsonObject {
  return { ...rest, max_tokens: maxTokens, temperature, p: topP, k: topK, stop_sequences: stop };
}

/**
 * The turn of a user in the words of each generation of Llama. A text that has such words already
 * is a prompt that somebody wrote for the model, and stays as it is.
 */
function llamaPrompt(text: string, modelId: string): string {
  if (/<\|(?:start_header_id|header_start)\|>|\[INST\]/.test(text)) return text;
  if (modelId.startsWith('meta.llama2')) return instructed(text);
  if (modelId.startsWith('meta.llama3')) {
    return (
      `<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n${text}<|eot_id|>` +
      '<|start_header_id|>assistant<|end_header_id|>\n\n'
    );
  }
  return (
    `<|begin_of_text|><|header_start|>user<|header_end|>\n\n${text}<|eot|>` +
    '<|header_start|>assistant<|header_end|>\n\n'
  );
}

function instructed(text: string): string {
  return text.includes('[INST]') ? text : `<s>[INST] ${text} [/INST]`;
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function first(list: unknown, read: (item: JsonObject) => unknown): string | undefined {
  const [item] = objectsIn(list);
  return item === undefined ? undefined : textIn(read(item));
}

function joined(list: unknown, read: (item: JsonObject) => unknown): string | undefined {
  const items = objectsIn(list);
  const texts = items.map(read).filter((text) => typeof text === 'string');
  return items.length === 0 || texts.length < items.length ? undefined : texts.join('');
}
