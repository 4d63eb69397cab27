/** A text in the body of each family of embedding models, and the embedding in its answers. */
import type { BodyFamily } from '@tollkeeper/core';
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
