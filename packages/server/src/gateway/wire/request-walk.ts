/**
 * Walks a parsed request body once and notes what the bound and the grants need: the largest stated
 * output maximum, media whose tokens do not follow from bytes, cache writes, and identifiers of AWS
 * resources. It looks at members wherever they stand, because models take their parameters in many
 * places, but reads nothing out of documents that are themselves prompt (tool inputs, tool results,
 * schemas): there an ARN is text that the model reads, not a resource that AWS opens.
 */

import type { InputModality } from '@tollkeeper/core';
import type { OutputMaximum } from './dialect/dialect.ts';
import { isObject } from './usage-counts.ts';

/** Names under which models state the most output tokens, thinking budgets included. */
export const OUTPUT_MAXIMA: ReadonlySet<string> = new Set([
  'maxTokens',
  'max_tokens',
  'maxTokenCount',
  'max_token_count',
  'maxTokensToSample',
  'max_tokens_to_sample',
  'maxGenLen',
  'max_gen_len',
  'maxNewTokens',
  'max_new_tokens',
  'maxOutputTokens',
  'max_output_tokens',
  'maxCompletionTokens',
  'max_completion_tokens',
  'maxReasoningTokens',
  'max_reasoning_tokens',
  'maxLength',
  'max_length',
  'budgetTokens',
  'budget_tokens',
]);

/** Names under which models are asked for several answers, each with the full output maximum. */
export const SEVERAL_ANSWERS: ReadonlySet<string> = new Set([
  'n',
  'best_of',
  'num_generations',
  'numResults',
  'num_results',
]);

/** The refusal of answers whose number times nothing stated cannot be bounded. */
export const SEVERAL_WITHOUT_MAXIMUM =
  'A request for several answers must state the most output tokens of each.';

/** Members whose string is read by the model or by nobody, whatever it looks like. */
const PROSE = new Set([
  'text',
  'content',
  'system',
  'prompt',
  'inputText',
  'title',
  'context',
  'description',
  'thinking',
  'source',
  'user_id',
  'stopSequences',
  'stop_sequences',
  'message',
  'preamble',
  'query',
  'texts',
  'negativeText',
  'negative_prompt',
  'arguments',
]);

/** Members that hold media, and which modality; null: a document, or who knows what. */
const MEDIA: ReadonlyMap<string, InputModality | null> = new Map([
  ['image', 'image'],
  ['inputImage', 'image'],
  ['image_url', 'image'],
  ['images', 'image'],
  ['video', 'video'],
  ['video_url', 'video'],
  ['audio', 'audio'],
  ['input_audio', 'audio'],
  ['document', null],
  ['file', null],
]);

/** The same of blocks that say by their `type` what they are. */
const MEDIA_TYPES: ReadonlyMap<string, InputModality> = new Map([
  ['image', 'image'],
  ['image_url', 'image'],
  ['input_image', 'image'],
  ['video_url', 'video'],
  ['input_audio', 'audio'],
]);

const REFERENCE = /^\s*(?:arn:aws|s3:\/\/)/i;

/** Whether a string as a whole names an AWS resource: an ARN or an S3 location. */
export function isReference(value: string): boolean {
  const first = value.charCodeAt(0) | 0x20;
  return (
    (first === 0x61 || first === 0x73 || first === 0x20 || first < 0x30) && REFERENCE.test(value)
  );
}

/**
 * A stated maximum as a count of tokens, or null when it is none (a schema, a word, a negative
 * number).
 */
export function statedMaximum(value: unknown): number | null {
  const stated = typeof value === 'string' && value.length < 32 ? Number(value) : value;
  if (typeof stated !== 'number' || !(stated > 0)) return null;
  return Math.min(Math.ceil(stated), Number.MAX_SAFE_INTEGER);
}

/** Whether a body states, as a number, the most output tokens where its dialect reads them. */
export function bindsOutput(maximum: OutputMaximum, body: unknown): boolean {
  if (!isObject(body)) return false;
  const place = maximum.within === null ? body : body[maximum.within];
  if (!isObject(place)) return false;
  for (const name of maximum.names) {
    const value = place[name];
    if (typeof value === 'number' && statedMaximum(value) !== null) return true;
  }
  return false;
}

/** The maximum of all answers together. */
export function timesSafe(maximum: number, answers: number): number {
  return Math.min(maximum * answers, Number.MAX_SAFE_INTEGER);
}

/** One walk over one body whose depth was bounded before. Read the members after `walk`. */
export class RequestWalk {
  members = 0;
  maxOutputTokens: number | null = null;
  /** Answers asked for at once, by parameters of the model's own API. */
  answers = 1;
  opaque = false;
  writesCache = false;
  /** Whether any write asks for the longer of the times to live that a caller can choose. */
  writesCache1h = false;
  /** What it brings beside text and documents, each once; undefined where nothing. */
  modalities: InputModality[] | undefined;
  readonly references = new Set<string>();
  readonly #ownApi: boolean;

  /** `ownApi`: the body is that of the model's own API, so its parameters stand at the top. */
  constructor(ownApi = false) {
    this.#ownApi = ownApi;
  }

  walk(body: Readonly<Record<string, unknown>>): void {
    this.#object(body, '', false);
  }

  /**
   * `key` is the nearest member name above the value, arrays passed over; `parent` the one above
   * that. `strict`: inside parameters that go to the model's own API nothing is known to be prompt.
   */
  #visit(value: unknown, key: string, parent: string, strict: boolean): void {
    if (typeof value === 'string') {
      if (isReference(value) ? strict || !PROSE.has(key) : opensResource(key, parent, value)) {
        this.references.add(value);
      }
    } else if (Array.isArray(value)) {
      for (const element of value) this.#visit(element, key, parent, strict);
    } else if (typeof value === 'object' && value !== null) {
      this.#object(value as Record<string, unknown>, key, strict);
    }
  }

  #object(object: Readonly<Record<string, unknown>>, key: string, strict: boolean): void {
    const keys = Object.keys(object);
    this.members += keys.length;
    const type = object['type'];
    if (typeof type === 'string') {
      if (!this.opaque) this.opaque = opaqueType(type, key, object);
      const modality = MEDIA_TYPES.get(type);
      if (modality !== undefined && !isTextSource(object['source'])) this.#brings(modality);
    }
    for (const name of keys) {
      const value = object[name];
      if (!strict && isPromptDocument(name, key, type)) {
        this.members += countMembers(value);
        continue;
      }
      this.#note(name, value, strict || (this.#ownApi && key === ''));
      this.#visit(value, name, key, strict || name === 'additionalModelRequestFields');
    }
  }

  #note(name: string, value: unknown, parameter: boolean): void {
    if (parameter && SEVERAL_ANSWERS.has(name)) {
      this.answers = Math.max(this.answers, statedMaximum(value) ?? 1);
    } else if (OUTPUT_MAXIMA.has(name)) {
      const stated = statedMaximum(value);
      if (stated !== null && stated > (this.maxOutputTokens ?? 0)) this.maxOutputTokens = stated;
    } else if (MEDIA.has(name)) {
      if (!isMedia(value)) return;
      this.opaque = true;
      const modality = MEDIA.get(name) ?? null;
      if (modality !== null) this.#brings(modality);
    } else if (name === 'cachePoint' || name === 'cache_control') {
      if (typeof value !== 'object' || value === null) return;
      this.writesCache = true;
      if ((value as { ttl?: unknown }).ttl === '1h') this.writesCache1h = true;
    } else if (name === 'systemTool') {
      this.opaque = true;
    }
  }

  #brings(modality: InputModality): void {
    this.modalities ??= [];
    if (!this.modalities.includes(modality)) this.modalities.push(modality);
  }
}

/**
 * Members that name a resource even when they hold a bare id: that id is of the gateway's own
 * account.
 */
function opensResource(key: string, parent: string, value: string): boolean {
  if (value === '') return false;
  return key === 'guardrailIdentifier' || (key === 'uri' && parent === 's3Location');
}

/** Documents that the model reads as text: nothing in them is a parameter or opens a resource. */
function isPromptDocument(name: string, parent: string, siblingType: unknown): boolean {
  switch (name) {
    case 'input':
      return (
        parent === 'toolUse' || siblingType === 'tool_use' || siblingType === 'server_tool_use'
      );
    case 'json':
      return parent === 'content';
    case 'inputSchema':
      return parent === 'toolSpec';
    case 'input_schema':
      return parent === 'tools';
    case 'parameters':
      return parent === 'function';
    case 'promptVariables':
    case 'requestMetadata':
      return parent === '';
    default:
      return false;
  }
}

/**
 * Typed blocks and tools (Anthropic's dialect) that bring input which is not in the body as text.
 */
function opaqueType(type: string, key: string, object: Readonly<Record<string, unknown>>): boolean {
  if (key === 'tools')
    return type !== 'custom' && type !== 'function' && !/^(?:bash|text_editor|memory)_/.test(type);
  if (type === 'image' || type === 'document') return !isTextSource(object['source']);
  return type === 'container_upload' || type === 'image_url' || type === 'input_image';
}

/** A media member of Converse or Nova: anything but a document that is plain text in the body. */
function isMedia(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value !== 'object' || value === null) return false;
  return !isTextSource((value as { source?: unknown }).source);
}

function isTextSource(source: unknown): boolean {
  if (typeof source !== 'object' || source === null) return false;
  const stated = source as { type?: unknown };
  if (typeof stated.type === 'string') return stated.type === 'text' || stated.type === 'content';
  const keys = Object.keys(source);
  return keys.length > 0 && keys.every((key) => key === 'text' || key === 'content');
}

/** Members of all objects in a value whose depth was bounded before. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) {
    let sum = 0;
    for (const element of value) sum += countMembers(element);
    return sum;
  }
  const keys = Object.keys(value);
  let sum = keys.length;
  for (const key of keys) sum += countMembers((value as Record<string, unknown>)[key]);
  return sum;
}
