/**
 * Cohere Embed, versions 3 and 4: up to 96 texts or images in one call. The count of tokens is in a
 * header; version 4 tells what it bills in `meta` too. Images are billed by the piece.
 */
import { malformed } from '../wire/failure.ts';
import { type Ask, PLAIN_ASK, text } from './ask.ts';
import { requiredList } from './completion.ts';
import { type Dialect, noEvents } from './dialect.ts';
import { vectorsOf } from './embedding.ts';
import { asInteger, asList, asObject, asString, type JsonObject, stringsOf } from './json.ts';
import type { Model } from './model.ts';

const INPUTS_MAX = 96;
const V3_DIMENSIONS = 1024;
const V4_DIMENSIONS: readonly number[] = [1536, 1024, 512, 256];
const INPUT_TYPES = ['search_document', 'search_query', 'classification', 'clustering', 'image'];

/** Embed English and Multilingual 3, and Embed 4. */
export const cohereEmbed: Dialect = {
  read(body, model) {
    const inputType = asString(body['input_type']);
    if (inputType === null || !INPUT_TYPES.includes(inputType)) {
      throw malformed(`#/input_type: value is not one of [${INPUT_TYPES.join(', ')}]`);
    }
    const { texts, images, items } = readInputs(body);
    return {
      ...PLAIN_ASK,
      pieces: texts.map(text),
      items,
      units: images === 0 ? {} : { input_image: images },
      dimensions: dimensionsOf(body, model),
      embeddingTypes: stringsOf(body['embedding_types']),
    };
  },

  whole(generation) {
    const vectors = vectorsOf(generation);
    const types = generation.ask.embeddingTypes;
    const byType = Object.fromEntries(
      types.map((type) => [type, type === 'float' ? vectors : vectors.map(roughly)]),
    );
    return {
      id: generation.digest.slice(0, 32),
      embeddings: types.length === 0 ? vectors : byType,
      response_type: types.length === 0 ? 'embeddings_floats' : 'embeddings_by_type',
      texts: textsOf(generation.ask),
      ...(isFourth(generation.model) && generation.reported !== null
        ? { meta: { billed_units: { input_tokens: generation.reported.input } } }
        : {}),
    };
  },

  events: noEvents,
};

interface Inputs {
  readonly texts: readonly string[];
  readonly images: number;
  readonly items: number;
}

/** `texts`, `images`, or the mixed `inputs` of version 4. */
function readInputs(body: JsonObject): Inputs {
  if (body['inputs'] !== undefined) return readMixed(requiredList(body, 'inputs', INPUTS_MAX));
  if (body['images'] !== undefined) {
    const images = requiredList(body, 'images', INPUTS_MAX).length;
    return { texts: [], images, items: images };
  }
  const texts = stringsOf(requiredList(body, 'texts', INPUTS_MAX));
  return { texts, images: 0, items: texts.length };
}

function readMixed(inputs: readonly unknown[]): Inputs {
  const blocks = inputs.flatMap((input) => asList(asObject(input)?.['content']) ?? []);
  const texts = blocks.flatMap((block) => asString(asObject(block)?.['text']) ?? []);
  const images = blocks.filter((block) => asObject(block)?.['image_url'] !== undefined).length;
  return { texts, images, items: inputs.length };
}

function dimensionsOf(body: JsonObject, model: Model): number {
  if (!isFourth(model)) return V3_DIMENSIONS;
  const dimensions = asInteger(body['output_dimension'] ?? 1536);
  if (dimensions !== null && V4_DIMENSIONS.includes(dimensions)) return dimensions;
  throw malformed(`#/output_dimension: value is not one of [${V4_DIMENSIONS.join(', ')}]`);
}

function isFourth(model: Model): boolean {
  return model.id.startsWith('cohere.embed-v4');
}

function textsOf(ask: Ask): readonly string[] {
  return ask.pieces.flatMap((piece) => (piece.kind === 'text' ? [piece.text] : []));
}

/** The integer forms of a vector. */
function roughly(vector: readonly number[]): number[] {
  return vector.map((value) => Math.round(value * 127));
}
