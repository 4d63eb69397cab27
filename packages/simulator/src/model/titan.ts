/**
 * The shapes of the Titan models in InvokeModel: text, whose counts stand beside the results, and
 * embeddings, which have no output tokens and cannot be streamed.
 */
import type { Generation } from '../generate/generation.ts';
import { malformed } from '../wire/failure.ts';
import { type Ask, PLAIN_ASK, text } from './ask.ts';
import { checkOutputLimit } from './conversation.ts';
import { type Dialect, type DialectEvent, invocationMetrics, noEvents } from './dialect.ts';
import { vectorsOf } from './embedding.ts';
import { asInteger, asObject, asString, type JsonObject, stringsOf } from './json.ts';
import type { Model } from './model.ts';

const V1_DIMENSIONS = 1536;
const V2_DIMENSIONS: readonly number[] = [1024, 512, 256];
const V2_CHARACTERS_MAX = 50_000;

/** Titan text. */
export const titanText: Dialect = {
  read(body, model) {
    const config = asObject(body['textGenerationConfig']) ?? {};
    const stated = config['maxTokenCount'];
    const limit = stated === undefined ? null : asInteger(stated);
    if (stated !== undefined && (limit === null || limit < 0)) {
      throw malformed('#/textGenerationConfig/maxTokenCount: expected type: Integer');
    }
    if (limit !== null) checkOutputLimit(limit, model);
    return {
      ...PLAIN_ASK,
      pieces: [text(inputTextOf(body))],
      outputTokensMax: limit,
      stopSequences: stringsOf(config['stopSequences']),
    };
  },

  whole(generation) {
    const usage = generation.reported;
    return {
      ...(usage === null ? {} : { inputTextTokenCount: usage.input }),
      results: [
        {
          ...(usage === null ? {} : { tokenCount: usage.output }),
          outputText: generation.text,
          completionReason: completionReason(generation),
        },
      ],
    };
  },

  *events(generation): Iterable<DialectEvent> {
    const usage = generation.reported;
    for (const [index, generated] of generation.parts.entries()) {
      const inputTextTokenCount = index === 0 && usage !== null ? usage.input : null;
      yield {
        type: 'chunk',
        payload: {
          outputText: generated,
          index: 0,
          totalOutputTextTokenCount: null,
          completionReason: null,
          inputTextTokenCount,
        },
        generated,
      };
    }
    yield {
      type: 'chunk',
      payload: {
        outputText: '',
        index: 0,
        totalOutputTextTokenCount: usage?.output ?? null,
        completionReason: completionReason(generation),
        inputTextTokenCount: null,
        ...invocationMetrics(generation),
      },
    };
  },
};

/** Titan embeddings, first and second version. */
export const titanEmbed: Dialect = {
  read(body, model) {
    const words = inputTextOf(body);
    if (!isSecondVersion(model)) {
      return { ...PLAIN_ASK, pieces: [text(words)], dimensions: V1_DIMENSIONS };
    }
    return readSecondVersion(body, words);
  },

  whole(generation) {
    const { ask, reported } = generation;
    const count = reported === null ? {} : { inputTextTokenCount: reported.input };
    const numbers = vectorsOf(generation)[0] ?? [];
    if (!isSecondVersion(generation.model)) return { embedding: numbers, ...count };
    const float = ask.embeddingTypes.includes('float');
    const binary = numbers.map((value) => (value > 0 ? 1 : 0));
    return {
      ...(float ? { embedding: numbers } : {}),
      embeddingsByType: {
        ...(float ? { float: numbers } : {}),
        ...(ask.embeddingTypes.includes('binary') ? { binary } : {}),
      },
      ...count,
    };
  },

  events: noEvents,
};

function isSecondVersion(model: Model): boolean {
  return model.id.startsWith('amazon.titan-embed-text-v2');
}

function readSecondVersion(body: JsonObject, words: string): Ask {
  if (words.length > V2_CHARACTERS_MAX) {
    throw malformed(`#/inputText: expected maxLength: ${V2_CHARACTERS_MAX}`);
  }
  const dimensions = body['dimensions'] === undefined ? 1024 : asInteger(body['dimensions']);
  if (dimensions === null || !V2_DIMENSIONS.includes(dimensions)) {
    throw malformed('#/dimensions: value is not one of [1024, 512, 256]');
  }
  const types =
    body['embeddingTypes'] === undefined ? ['float'] : stringsOf(body['embeddingTypes']);
  if (types.length === 0 || types.some((type) => type !== 'float' && type !== 'binary')) {
    throw malformed('#/embeddingTypes: value is not one of [float, binary]');
  }
  return { ...PLAIN_ASK, pieces: [text(words)], dimensions, embeddingTypes: types };
}

function inputTextOf(body: JsonObject): string {
  const words = body['inputText'];
  if (words === undefined) throw malformed('#: required key [inputText] not found');
  const value = asString(words);
  if (value === null) throw malformed('#/inputText: expected type: String');
  if (value === '') throw malformed('#/inputText: expected minLength: 1, actual: 0');
  return value;
}

function completionReason(generation: Generation): string {
  return generation.stopReason === 'max_tokens' ? 'LENGTH' : 'FINISH';
}
