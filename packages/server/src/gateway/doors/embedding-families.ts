/** A text in the body of each family of embedding models, and the embedding in its answers. */
import type { BodyFamily, ModelFacts } from '@tollkeeper/core';
import { objectsIn } from '../wire/dialect/dialect.ts';
import { isObject } from '../wire/usage-counts.ts';
import type { JsonObject } from './door.ts';
import type { Parameters } from './parameters.ts';

/** How one family takes a text and gives its embedding back. */
export interface EmbeddingFamily {
  readonly body: (text: string, parameters: Parameters) => JsonObject;
  /** Undefined when the answer is none of this family. */
  readonly embedding: (reply: JsonObject) => readonly unknown[] | undefined;
}

const TITAN: EmbeddingFamily = {
  // What is about written text alone is passed over: one set of parameters serves all models.
  body: (text, { rest }) => ({ ...rest, inputText: text }),
  embedding: ({ embedding, embeddingsByType }) => vectorIn(embedding) ?? firstOf(embeddingsByType),
};

/** Every family that embeds text. */
export const EMBEDDING_FAMILIES: Readonly<Partial<Record<BodyFamily, EmbeddingFamily>>> = {
  titan_embed: TITAN,
  titan_embed_image: TITAN,
  cohere_embed: {
    body: (text, { rest }) => ({ input_type: 'search_document', ...rest, texts: [text] }),
    embedding: ({ embeddings }) =>
      Array.isArray(embeddings) ? vectorIn(embeddings[0]) : firstOfLists(embeddings),
  },
};

/** Nova's embeddings, whose body the meter does not read: their usage comes by headers. */
const NOVA: EmbeddingFamily = {
  body: (text, { rest }) => ({
    schemaVersion: 'nova-multimodal-embed-v1',
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: 'GENERIC_INDEX',
      ...rest,
      text: { truncationMode: 'END', value: text },
    },
  }),
  embedding: ({ embeddings }) =>
    Array.isArray(embeddings) ? vectorIn(objectsIn(embeddings)[0]?.['embedding']) : undefined,
};

const NOVA_MODEL = /^amazon\.nova-2-multimodal-embeddings-/;

/** The family of a model; undefined when it does not embed. */
export function embeddingFamilyOf({
  model_id,
  family,
}: Pick<ModelFacts, 'model_id' | 'family'>): EmbeddingFamily | undefined {
  return NOVA_MODEL.test(model_id) ? NOVA : EMBEDDING_FAMILIES[family];
}

function vectorIn(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
}

/** Embeddings by type: that of the first type asked for. */
function firstOf(byType: unknown): readonly unknown[] | undefined {
  return isObject(byType) ? vectorIn(Object.values(byType)[0]) : undefined;
}

function firstOfLists(byType: unknown): readonly unknown[] | undefined {
  const list = firstOf(byType);
  return list === undefined ? undefined : vectorIn(list[0]);
}
