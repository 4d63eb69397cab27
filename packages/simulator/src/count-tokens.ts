/**
 * CountTokens: the tokens that a request of Converse or InvokeModel would be billed for as input.
 * It costs nothing and generates nothing.
 */
import { promptTokens } from './generate/prompt-cache.ts';
import type { TokenMode } from './generate/tokenizer.ts';
import type { Ask } from './model/ask.ts';
import { converse } from './model/converse.ts';
import { traitsOf } from './model/family.ts';
import { asObject, asString, type JsonObject } from './model/json.ts';
import type { Model } from './model/model.ts';
import { ownDialectOf } from './operation.ts';
import { parseOpaque } from './request-body.ts';
import { invalid } from './wire/failure.ts';

/** Counts. Throws a `ValidationException` for a request that the operation itself would refuse. */
export function countTokensOf(body: JsonObject, model: Model, mode: TokenMode): number {
  const { answers } = traitsOf(model.family);
  if (answers !== 'text' && answers !== 'embedding') {
    throw invalid("The provided model doesn't support counting tokens.");
  }
  return promptTokens(readInput(asObject(body['input']), model).pieces, mode);
}

function readInput(input: JsonObject | null, model: Model): Ask {
  const converseInput = asObject(input?.['converse']);
  if (converseInput !== null) return converse.read(converseInput, model);
  const opaque = asString(asObject(input?.['invokeModel'])?.['body']);
  if (opaque === null) {
    throw invalid('The input must set exactly one of its members: invokeModel, converse.');
  }
  return ownDialectOf(model).read(parseOpaque(Buffer.from(opaque, 'base64')), model);
}
