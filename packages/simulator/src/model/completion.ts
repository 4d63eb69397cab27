/**
 * What the older shapes have in common: a `prompt` goes in, text comes out, and there are no
 * messages, tools or cached tokens. Each shape names its members in its own way.
 */
import type { Generation } from '../generate/generation.ts';
import { malformed } from '../wire/failure.ts';
import { type Ask, fixed, type Piece, PLAIN_ASK, text } from './ask.ts';
import { checkOutputLimit } from './conversation.ts';
import { chunk, type Dialect, type DialectEvent, invocationMetrics } from './dialect.ts';
import { asInteger, asList, asString, type JsonObject, stringsOf } from './json.ts';
import type { Model } from './model.ts';

type Payload = Readonly<Record<string, unknown>>;

/** How one shape names things. */
export interface CompletionShape {
  /** The output limit. */
  readonly limit: string;
  readonly limitRequired?: true;
  readonly stop: string;
  /** The number of answers, where a request may ask for several. */
  readonly answers?: string;
  /** Tokens that the model puts before every prompt. */
  readonly openingTokens?: number;
  /** Members with base64 images. */
  readonly images?: string;
  /** Throws when the prompt has not the form that the model wants. */
  readonly check?: (prompt: string) => void;
  readonly whole: (generation: Generation) => Payload;
  /** A content chunk of a stream; `tokensSoFar` counts the output up to its end. */
  readonly part: (generation: Generation, part: string, index: number) => Payload;
  /** The last chunk, before the metrics. */
  readonly last: (generation: Generation) => Payload;
}

/** The dialect of a shape. */
export function completionDialect(shape: CompletionShape): Dialect {
  return {
    read: (body, model) => readCompletion(shape, body, model),
    whole: shape.whole,
    *events(generation): Iterable<DialectEvent> {
      for (const [index, part] of generation.parts.entries()) {
        yield chunk(shape.part(generation, part, index), part);
      }
      yield chunk({ ...shape.last(generation), ...invocationMetrics(generation) });
    },
  };
}

function readCompletion(shape: CompletionShape, body: JsonObject, model: Model): Ask {
  const prompt = requiredText(body, 'prompt');
  shape.check?.(prompt);
  if (shape.limitRequired === true && body[shape.limit] === undefined) {
    throw malformed(`#: required key [${shape.limit}] not found`);
  }
  const opening = shape.openingTokens === undefined ? [] : [fixed(shape.openingTokens)];
  const images = shape.images === undefined ? [] : stringsOf(body[shape.images]);
  return {
    ...PLAIN_ASK,
    pieces: [...opening, text(prompt), ...images.map(imagePiece)],
    outputTokensMax: limitOf(body, shape.limit, model),
    stopSequences: stringsOf(body[shape.stop]),
    items: shape.answers === undefined ? 1 : countOf(body, shape.answers, 16),
  };
}

const IMAGE_TOKENS = 1600;

function imagePiece(image: string): Piece {
  return fixed(IMAGE_TOKENS, image.slice(0, 64));
}

/** A text that a body must have. Throws a `ValidationException`. */
export function requiredText(body: JsonObject, key: string): string {
  const value = body[key];
  if (value === undefined) throw malformed(`#: required key [${key}] not found`);
  const words = asString(value);
  if (words === null) throw malformed(`#/${key}: expected type: String`);
  if (words === '') throw malformed(`#/${key}: expected minLength: 1, actual: 0`);
  return words;
}

/** A list that a body must have, with at least one member and at most `most`. */
export function requiredList(body: JsonObject, key: string, most: number): readonly unknown[] {
  if (body[key] === undefined) throw malformed(`#: required key [${key}] not found`);
  const list = asList(body[key]);
  if (list === null) throw malformed(`#/${key}: expected type: JSONArray`);
  if (list.length === 0) throw malformed(`#/${key}: expected minimum item count: 1, found: 0`);
  if (list.length > most) {
    throw malformed(`#/${key}: expected maximum item count: ${most}, found: ${list.length}`);
  }
  return list;
}

/** The output limit under a name, checked against the model's own; null when not stated. */
export function limitOf(body: JsonObject, key: string, model: Model): number | null {
  const stated = body[key];
  if (stated === undefined || stated === null) return null;
  const limit = asInteger(stated);
  if (limit === null) throw malformed(`#/${key}: expected type: Integer`);
  if (limit < 1) throw malformed(`#/${key}: ${limit} is not greater or equal to 1`);
  checkOutputLimit(limit, model);
  return limit;
}

/** A count from 1 to `most`, 1 when it is not stated. */
export function countOf(body: JsonObject, key: string, most: number): number {
  const stated = body[key];
  if (stated === undefined || stated === null) return 1;
  const count = asInteger(stated);
  if (count === null) throw malformed(`#/${key}: expected type: Integer`);
  if (count < 1) throw malformed(`#/${key}: ${count} is not greater or equal to 1`);
  if (count > most) throw malformed(`#/${key}: ${count} is not less or equal to ${most}`);
  return count;
}

/** Whether the answer was cut by its limit. */
export function wasCut(generation: Generation): boolean {
  return generation.stopReason === 'max_tokens';
}
