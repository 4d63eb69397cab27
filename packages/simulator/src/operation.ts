/**
 * The operations that the simulator serves, how a path names them, and which dialect speaks in
 * each.
 */
import { anthropic } from './model/anthropic.ts';
import { converse } from './model/converse.ts';
import type { Dialect } from './model/dialect.ts';
import type { Family, Model } from './model/model.ts';
import { nova } from './model/nova.ts';
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
  nova,
  titan_text: titanText,
  titan_embed: titanEmbed,
};

/** What a path asks for. */
export interface Route {
  readonly operation: Operation;
  /** Decoded once. */
  readonly modelId: string;
}

/**
 * Finds the operation of a request. The path is split before it is decoded, because an ARN carries
 * an encoded slash. Throws `UnknownOperationException`.
 */
export function routeOf(method: string, target: string): Route {
  const [path = ''] = target.split('?', 1);
  const [, root, rawModelId, name, ...rest] = path.split('/');
  const operation = name === undefined ? undefined : OPERATIONS.get(name);
  const known = root === 'model' && operation !== undefined && rest.length === 0;
  if (!known || method !== 'POST' || !rawModelId) {
    throw new Failure('UnknownOperationException', 'The requested operation is not recognized.');
  }
  try {
    return { operation, modelId: decodeURIComponent(rawModelId) };
  } catch {
    throw new Failure('ValidationException', 'The provided model identifier is invalid.');
  }
}

/** The dialect of an operation with a model. */
export function dialectOf(operation: Operation, model: Model): Dialect {
  return operation.converses ? converse : OWN_DIALECT[model.family];
}
