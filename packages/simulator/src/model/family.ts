/**
 * The families of models: which shape their own bodies have, and what tells them apart for
 * everybody else - what they answer with, whether they stream, which counts stand in the headers.
 */

/** The shape of a model's own request and answer bodies. */
export type Family =
  | 'anthropic'
  | 'anthropic_text'
  | 'nova'
  | 'titan_text'
  | 'titan_embed'
  | 'titan_embed_image'
  | 'image_task'
  | 'stability'
  | 'llama'
  | 'mistral_text'
  | 'chat'
  | 'deepseek_text'
  | 'cohere_command'
  | 'cohere_chat'
  | 'cohere_embed'
  | 'rerank'
  | 'ai21_j2';

/** What everybody but the family's own dialect needs to know. */
export interface Traits {
  readonly answers: 'text' | 'embedding' | 'image' | 'ranking';
  readonly streams: boolean;
  /** Whether a model may cache prompts without being asked. */
  readonly cachesByItself: boolean;
  /** Which token counts InvokeModel repeats in headers. */
  readonly counts: 'all' | 'both' | 'input' | 'none';
  /** Whether Converse takes a system prompt, and tools. */
  readonly takesSystem: boolean;
  readonly takesTools: boolean;
}

const TEXT: Traits = {
  answers: 'text',
  streams: true,
  cachesByItself: false,
  counts: 'both',
  takesSystem: true,
  takesTools: true,
};
const PLAIN_TEXT: Traits = { ...TEXT, takesSystem: false, takesTools: false };
const EMBEDDING: Traits = { ...PLAIN_TEXT, answers: 'embedding', streams: false, counts: 'input' };
const IMAGE: Traits = { ...EMBEDDING, answers: 'image', counts: 'none' };

const TRAITS: Readonly<Record<Family, Traits>> = {
  anthropic: { ...TEXT, counts: 'all' },
  anthropic_text: { ...TEXT, takesTools: false },
  nova: { ...TEXT, counts: 'all' },
  titan_text: PLAIN_TEXT,
  titan_embed: EMBEDDING,
  titan_embed_image: EMBEDDING,
  image_task: IMAGE,
  stability: IMAGE,
  llama: TEXT,
  mistral_text: TEXT,
  chat: { ...TEXT, cachesByItself: true },
  deepseek_text: { ...TEXT, takesTools: false },
  cohere_command: PLAIN_TEXT,
  cohere_chat: TEXT,
  cohere_embed: EMBEDDING,
  rerank: { ...IMAGE, answers: 'ranking' },
  ai21_j2: { ...PLAIN_TEXT, streams: false },
};

/** What is known of a family. */
export function traitsOf(family: Family): Traits {
  return TRAITS[family];
}
