/**
 * Titan multimodal embeddings: a text, an image, or both become one vector. Text is billed by the
 * token, the image by the piece; the body tells only the tokens.
 */
import { malformed } from '../wire/failure.ts';
import { PLAIN_ASK, text } from './ask.ts';
import { type Dialect, noEvents } from './dialect.ts';
import { vectorsOf } from './embedding.ts';
import { asInteger, asObject, asString } from './json.ts';

const LENGTHS: readonly number[] = [1024, 384, 256];

/** Titan Multimodal Embeddings. */
export const titanEmbedImage: Dialect = {
  read(body) {
    const words = asString(body['inputText']) ?? '';
    const image = asString(body['inputImage']) ?? '';
    if (words === '' && image === '') {
      throw malformed('#: at least one of [inputText, inputImage] is required');
    }
    const stated = asObject(body['embeddingConfig'])?.['outputEmbeddingLength'] ?? 1024;
    const dimensions = asInteger(stated);
    if (dimensions === null || !LENGTHS.includes(dimensions)) {
      throw malformed('#/embeddingConfig/outputEmbeddingLength: not one of [1024, 384, 256]');
    }
    return {
      ...PLAIN_ASK,
      pieces: words === '' ? [] : [text(words)],
      units: image === '' ? {} : { input_image: 1 },
      dimensions,
    };
  },
  whole: (generation) => ({
    embedding: vectorsOf(generation)[0],
    ...(generation.reported === null ? {} : { inputTextTokenCount: generation.reported.input }),
    message: null,
  }),
  events: noEvents,
};
