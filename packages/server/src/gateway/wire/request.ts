/**
 * Reads of a request body what the bound, the grants and the tags need. The body itself goes
 * upstream as it came; nothing here changes it. Where the reading could differ from what the
 * upstream reads (invalid JSON, members named twice, compressed bodies) the request is refused
 * instead of guessed at.
 *
 * Why `text_bytes` is the length of the body: JSON escapes are never shorter than the UTF-8 they
 * stand for (`\n` 2 bytes for 1, `\u00e9` 6 for 2, a surrogate pair 12 for 4), so the body is at
 * least as long as all text in it, and the punctuation of each part is longer than a template would
 * add for its kind of part. Only a number with an exponent can grow when the upstream writes it out
 * for the model (`1e20`, 4 bytes, may become 21 digits), so each adds the digits of the largest
 * double.
 */
import { isUtf8 } from 'node:buffer';
import type { BodyFamily, RequestShape } from '@tollkeeper/core';
import type { HeaderLookup, OperationPath, RequestReading } from './reading.ts';
import {
  OUTPUT_MAXIMA,
  RequestWalk,
  SEVERAL_ANSWERS,
  isReference,
  statedMaximum,
} from './request-walk.ts';
import { scanJson, scanStrings } from './json-scan.ts';
import type { JsonScan } from './json-scan.ts';
import { bookTier } from './tier.ts';

/** Deepest nesting of a body that is read; SDK requests stay far below. */
const nestingMax = 256;
/** Digits, sign and point of the largest double written out in full. */
const exponentBytesMax = 330;
const tagsMax = 16;
const tagCharsMax = 256;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a request body. `family` is that of the model and matters only for the InvokeModel
 * operations. Never throws; time is linear in the body. `parsed` is the JSON value, or null for an
 * opaque body.
 */
export function readRequest(
  operation: OperationPath,
  family: BodyFamily,
  headers: HeaderLookup,
  body: Uint8Array,
): RequestReading {
  const encoding = headers('content-encoding');
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    return invalid('The request body must not be compressed.');
  }
  const converse = operation === 'converse' || operation === 'converse-stream';
  if (!converse && family === 'unknown') return readOpaque(headers, body);
  if (!isUtf8(body)) return invalid('The request body is not UTF-8.');
  const text = textOf(body);
  const scan = scanJson(text);
  if (scan.depth > nestingMax) return invalid('The request body nests too deeply.');
  const parsed = parseJson(text);
  if (parsed === undefined) return invalid('The request body is not valid JSON.');
  if (!isObject(parsed)) return invalid('The request body is not a JSON object.');
  const walk = new RequestWalk();
  walk.walk(parsed);
  if (walk.members !== scan.members) {
    return invalid('The request body names a member twice in one object.');
  }
  const binds = bindsOutput(converse ? 'converse' : family, parsed);
  if (walk.answers > 1 && !binds) return invalid(SEVERAL_WITHOUT_MAXIMUM);
  const textBytes = textBytesOf(body, scan);
  const shape = converse
    ? converseShape(parsed, headers, textBytes, walk)
    : invokeShape(parsed, headers, textBytes, walk);
  return { kind: 'ok', shape: { ...shape, ...binding(shape.max_output_tokens, binds) }, parsed };
}

const SEVERAL_WITHOUT_MAXIMUM =
  'A request for several answers must state the most output tokens of each.';

interface BindingMaximum {
  readonly within: string | null;
  readonly names: ReadonlySet<string>;
}

/** Where each dialect reads the most output tokens of an answer: a member, and names in it. */
const BINDING_MAXIMA: Readonly<
  Partial<Record<BodyFamily, BindingMaximum>> & Record<'converse' | 'unknown', BindingMaximum>
> = {
  converse: { within: 'inferenceConfig', names: new Set(['maxTokens']) },
  nova: { within: 'inferenceConfig', names: new Set(['maxTokens', 'max_new_tokens']) },
  anthropic: { within: null, names: new Set(['max_tokens', 'max_tokens_to_sample']) },
  titan_text: { within: 'textGenerationConfig', names: new Set(['maxTokenCount']) },
  titan_embed: { within: null, names: new Set() },
  // Which of the names such a model reads is not known; those of JSON schemas are none.
  unknown: {
    within: null,
    names: new Set([...OUTPUT_MAXIMA].filter((name) => !/length|reasoning|budget/i.test(name))),
  },
};

/** Whether a body states, as a number, the most output tokens where its dialect reads them. */
function bindsOutput(dialect: BodyFamily | 'converse', body: unknown): boolean {
  const { within, names } = BINDING_MAXIMA[dialect] ?? BINDING_MAXIMA.unknown;
  if (!isObject(body)) return false;
  const place = within === null ? body : body[within];
  if (!isObject(place)) return false;
  return Object.entries(place).some(
    ([name, value]) =>
      names.has(name) && typeof value === 'number' && statedMaximum(value) !== null,
  );
}

/** A maximum that stands elsewhere raises the bound, but never lowers it. */
function binding(
  maximum: number | null,
  binds: boolean,
): Pick<RequestShape, 'output_maximum_binds'> {
  return maximum === null || binds ? {} : { output_maximum_binds: false };
}

function converseShape(
  body: JsonObject,
  headers: HeaderLookup,
  bytes: number,
  walk: RequestWalk,
): RequestShape {
  const tier = stringIn(body['serviceTier'], 'type') ?? headers('x-amzn-bedrock-service-tier');
  const latency =
    stringIn(body['performanceConfig'], 'latency') ??
    headers('x-amzn-bedrock-performanceconfig-latency');
  const tags = body['requestMetadata'] ?? metadataHeader(headers);
  return shapeOf(body, bytes, walk, bookTier(tier, latency) ?? 'standard', tagsOf(tags), headers);
}

function invokeShape(
  body: JsonObject,
  headers: HeaderLookup,
  bytes: number,
  walk: RequestWalk,
): RequestShape {
  const tags = tagsOf(metadataHeader(headers));
  return shapeOf(body, bytes, walk, headerTier(headers), tags, headers);
}

function shapeOf(
  body: JsonObject,
  bytes: number,
  walk: RequestWalk,
  tier: string,
  tags: Readonly<Record<string, string>>,
  headers: HeaderLookup,
): RequestShape {
  const toolConfig = body['toolConfig'];
  const tools = lengthOf(isObject(toolConfig) ? toolConfig['tools'] : body['tools']);
  const guardrail = headers('x-amzn-bedrock-guardrailidentifier');
  if (guardrail !== undefined && guardrail !== '') walk.references.add(guardrail);
  return {
    text_bytes: bytes,
    parts: Math.max(1, lengthOf(body['messages']) + lengthOf(body['system']) + tools),
    opaque_input: walk.opaque,
    has_tools: tools > 0,
    writes_cache: walk.writesCache,
    max_output_tokens:
      walk.maxOutputTokens === null ? null : timesSafe(walk.maxOutputTokens, walk.answers),
    tier,
    references: walk.references.size === 0 ? [] : [...walk.references],
    tags,
    extended_context: asksForExtendedContext(body),
  };
}

/**
 * Whether the request opts into a model's larger context window. Anthropic models on Bedrock take
 * the opt-in as a beta flag in the body; any flag that names the context counts, so that a new one
 * never makes the bound too small.
 */
function asksForExtendedContext(body: JsonObject): boolean {
  const extra = body['additionalModelRequestFields'];
  const flags = [body['anthropic_beta'], isObject(extra) ? extra['anthropic_beta'] : undefined];
  return flags.some((flag) => flag !== undefined && JSON.stringify(flag).includes('context'));
}

/**
 * A body of no known shape, JSON or not: every name and string in it counts, wherever it stands.
 */
function readOpaque(headers: HeaderLookup, body: Uint8Array): RequestReading {
  const utf8 = isUtf8(body) && !body.includes(0);
  const text = textOf(body);
  const scan = scanJson(text);
  if (scan.depth > nestingMax) return invalid('The request body nests too deeply.');
  const references = new Set<string>();
  const names = new Set<string>();
  let maximum: number | null = null;
  let answers = 1;
  scanStrings(text, (value, afterColon) => {
    if (isReference(value)) references.add(value);
    if (afterColon === null) return;
    if (OPAQUE_NAMES.has(value)) names.add(value);
    const several = SEVERAL_ANSWERS.has(value);
    if (!several && !OUTPUT_MAXIMA.has(value)) return;
    const stated = numberAt(text, afterColon);
    if (stated === null) return;
    if (several) answers = Math.max(answers, stated);
    else maximum = Math.max(maximum ?? 0, stated);
  });
  if (answers > 1 && maximum === null) {
    return invalid(SEVERAL_WITHOUT_MAXIMUM);
  }
  const parsed = parseJson(text);
  const guardrail = headers('x-amzn-bedrock-guardrailidentifier');
  if (guardrail !== undefined && guardrail !== '') references.add(guardrail);
  const messages = isObject(parsed) ? lengthOf(parsed['messages']) : 0;
  const shape: RequestShape = {
    text_bytes: textBytesOf(body, scan),
    parts: Math.max(1, messages + (isObject(parsed) ? lengthOf(parsed['tools']) : 0)),
    opaque_input: !utf8 || MEDIA_NAMES.some((name) => names.has(name)),
    has_tools: names.has('tools') || names.has('functions'),
    writes_cache: names.has('cache_control') || names.has('cachePoint'),
    max_output_tokens: maximum === null ? null : timesSafe(maximum, answers),
    ...binding(maximum, bindsOutput('unknown', parsed)),
    tier: headerTier(headers),
    references: [...references],
    tags: tagsOf(metadataHeader(headers)),
  };
  return { kind: 'ok', shape, parsed: parsed ?? null };
}

const MEDIA_NAMES = [
  'image',
  'images',
  'image_url',
  'input_image',
  'inputImage',
  'document',
  'documents',
  'file',
  'file_id',
  'video',
  'audio',
  'input_audio',
  'mediaSource',
  's3Location',
] as const;
const OPAQUE_NAMES: ReadonlySet<string> = new Set([
  ...MEDIA_NAMES,
  'tools',
  'functions',
  'cache_control',
  'cachePoint',
]);

/** The number (or number in quotes) that starts at `at`, as a stated maximum. */
function numberAt(text: string, at: number): number | null {
  const found = /^\s{0,64}"?([0-9][0-9.eE+-]{0,400})/.exec(text.slice(at, at + 480));
  return found === null ? null : statedMaximum(Number(found[1]));
}

function timesSafe(maximum: number, answers: number): number {
  return Math.min(maximum * answers, Number.MAX_SAFE_INTEGER);
}

function headerTier(headers: HeaderLookup): string {
  const latency = headers('x-amzn-bedrock-performanceconfig-latency');
  return bookTier(headers('x-amzn-bedrock-service-tier'), latency) ?? 'standard';
}

function metadataHeader(headers: HeaderLookup): unknown {
  const value = headers('x-amzn-bedrock-request-metadata');
  return value === undefined ? undefined : parseJson(value);
}

/**
 * The string pairs within AWS's limits; what AWS would refuse is left to AWS and kept out of the
 * tags.
 */
function tagsOf(metadata: unknown): Readonly<Record<string, string>> {
  if (!isObject(metadata)) return NO_TAGS;
  const pairs: [string, string][] = [];
  for (const [key, value] of Object.entries(metadata)) {
    if (pairs.length === tagsMax) break;
    if (typeof value !== 'string' || key === '') continue;
    if (key.length <= tagCharsMax && value.length <= tagCharsMax) pairs.push([key, value]);
  }
  return Object.fromEntries(pairs);
}

const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({});

/** See the head of the file. */
function textBytesOf(body: Uint8Array, scan: JsonScan): number {
  return body.byteLength + scan.exponents * exponentBytesMax;
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
}

/** The JSON value, or undefined (which no JSON text means) when the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringIn(value: unknown, name: string): string | undefined {
  if (!isObject(value)) return undefined;
  const member = value[name];
  return typeof member === 'string' ? member : undefined;
}

/** Elements of an array; 1 for a text in its place; 0 for anything else. */
function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'string' ? 1 : 0;
}

function invalid(message: string): RequestReading {
  return { kind: 'invalid', message };
}
