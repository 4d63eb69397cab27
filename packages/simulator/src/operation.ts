/**
 * The operations that the simulator serves, how a path names them, and which dialect speaks in
 * each.
 */
import { ai21J2 } from './model/ai21.ts';
import { anthropicText } from './model/anthropic-text.ts';
import { anthropic } from './model/anthropic.ts';
import { chat } from './model/chat.ts';
import { cohereEmbed } from './model/cohere-embed.ts';
import { cohereChat, cohereCommand } from './model/cohere.ts';
import { converse } from './model/converse.ts';
import type { Dialect } from './model/dialect.ts';
import type { Family } from './model/family.ts';
import { imageTask, stability } from './model/image.ts';
import { llama } from './model/llama.ts';
import { deepseekText, mistralText } from './model/mistral.ts';
import type { Model } from './model/model.ts';
import { nova } from './model/nova.ts';
import { rerank } from './model/rerank.ts';
import { titanEmbedImage } from './model/titan-embed-image.ts';
import { titanEmbed, titanText } from './model/titan.ts';
import { Failure } from './wire/failure.ts';

/** One operation. */
export interface Operation {
  readonly name: string;
  readonly streamed: boolean;
  /** Converse speaks one language for all models; InvokeModel speaks the model's own. */
  readonly converses: boolean;
}

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['converse', { name: 'Converse', streamed: false, converses: true }],
  ['converse-stream', { name: 'ConverseStream', streamed: true, converses: true }],
  ['invoke', { name: 'InvokeModel', streamed: false, converses: false }],
  [
    'invoke-with-response-stream',
    { name: 'InvokeModelWithResponseStream', streamed: true, converses: false },
  ],
]);

const OWN_DIALECT: Readonly<Record<Family, Dialect>> = {
  anthropic,
  anthropic_text: anthropicText,
  nova,
  titan_text: titanText,
  titan_embed: titanEmbed,
  titan_embed_image: titanEmbedImage,
  image_task: imageTask,
  stability,
  llama,
  mistral_text: mistralText,
  chat,
  deepseek_text: deepseekText,
  cohere_command: cohereCommand,
  cohere_chat: cohereChat,
  cohere_embed: cohereEmbed,
  rerank,
  ai21_j2: ai21J2,
};

/** What a path asks for. Identifiers are decoded once. */
export type Route =
  | { readonly kind: 'model'; readonly operation: Operation; readonly modelId: string }
  | { readonly kind: 'count_tokens'; readonly modelId: string }
  | { readonly kind: 'guardrail'; readonly identifier: string; readonly version: string }
  | { readonly kind: 'guardrail_checks' };

/**
 * Finds the operation of a request. The path is split before it is decoded, because an ARN carries
 * an encoded slash. Throws `UnknownOperationException`.
 */
export function routeOf(method: string, target: string): Route {
  const [path = ''] = target.split('?', 1);
  const [, root, ...segments] = path.split('/');
  const route = method === 'POST' ? matchRoute(root, segments) : null;
  if (route !== null) return route;
  throw new Failure('UnknownOperationException', 'The requested operation is not recognized.');
}

function matchRoute(root: string | undefined, segments: readonly string[]): Route | null {
  const [first = '', second = '', third = '', fourth = ''] = segments;
  if (root === 'guardrail-checks') {
    return segments.length === 1 && first === 'invoke' ? { kind: 'guardrail_checks' } : null;
  }
  if (first === '') return null;
  if (root === 'guardrail') {
    const matches = segments.length === 4 && second === 'version' && fourth === 'apply';
    if (!matches || third === '') return null;
    return { kind: 'guardrail', identifier: decode(first), version: decode(third) };
  }
  if (root !== 'model' || segments.length !== 2) return null;
  if (second === 'count-tokens') return { kind: 'count_tokens', modelId: decode(first) };
  const operation = OPERATIONS.get(second);
  return operation === undefined ? null : { kind: 'model', operation, modelId: decode(first) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new Failure('ValidationException', 'The provided model identifier is invalid.');
  }
}

/** The dialect of an operation with a model. */
export function dialectOf(operation: Operation, model: Model): Dialect {
  return operation.converses ? converse : ownDialectOf(model);
}

/** The dialect of a model's own bodies. */
export function ownDialectOf(model: Model): Dialect {
  return OWN_DIALECT[model.family];
}
