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
import type { BodyFamily, RequestShape } from '@tollkeeper/core';
import { DIALECTS } from './dialect/table.ts';
import type { Dialect, OutputMaximum, UnitsRead } from './dialect/dialect.ts';
import { guardedInput, guardrailUnits } from './guardrail-request.ts';
import { readOpaque } from './opaque-request.ts';
import type { HeaderLookup, OperationPath, RequestReading } from './reading.ts';
import { NAMED_TWICE, openBody, textBytesOf } from './request-body.ts';
import { headerTier, metadataHeader, tagsOf } from './request-headers.ts';
import { RequestWalk, SEVERAL_WITHOUT_MAXIMUM, bindsOutput, timesSafe } from './request-walk.ts';
import { askedTier } from './tier.ts';
import { isObject } from './usage-counts.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a request body of a model operation. `family` is that of the model and matters only for
 * InvokeModel. `usualOutputTokens` is what the model writes at most when the request states no
 * maximum; it matters only for the units of a guardrail. Never throws; time is linear in the body.
 */
export function readRequest(
  operation: OperationPath,
  family: BodyFamily,
  headers: HeaderLookup,
  body: Uint8Array,
  usualOutputTokens: number | null = null,
): RequestReading {
  const converse = operation === 'converse' || operation === 'converse-stream';
  if (!converse && family === 'unknown') return readOpaque(headers, body, usualOutputTokens);
  const opened = openBody(headers, body);
  if (opened.kind === 'invalid') return opened;
  const { parsed, scan } = opened;
  const walk = new RequestWalk(!converse);
  walk.walk(parsed);
  if (walk.members !== scan.members) return invalid(NAMED_TWICE);
  const dialect = converse ? null : DIALECTS[family];
  const binds = bindsOutput(dialect === null ? CONVERSE_MAXIMUM : dialect.maximum, parsed);
  if (walk.answers > 1 && !binds) return invalid(SEVERAL_WITHOUT_MAXIMUM);
  const guardrail = headers('x-amzn-bedrock-guardrailidentifier');
  if (guardrail !== undefined && guardrail !== '') walk.references.add(guardrail);
  const textBytes = textBytesOf(body, scan);
  const shape =
    dialect === null
      ? converseShape(parsed, headers, textBytes, walk, binds)
      : invokeShape(dialect, parsed, headers, textBytes, walk, binds);
  const guarded = (guardrail ?? '') !== '' || (converse && isObject(parsed['guardrailConfig']));
  if (dialect?.readUnits === undefined && !guarded) return { kind: 'ok', shape, parsed };
  const asked = dialect?.readUnits?.(parsed) ?? null;
  const images = Object.values(asked?.most ?? {}).reduce((sum, count) => sum + count, 0);
  const most = guarded ? guardrailMost(parsed, shape, walk.answers, usualOutputTokens, images) : {};
  return withUnits(shape, parsed, dialect, asked, most);
}

/** Where Converse states the most output tokens of an answer. */
const CONVERSE_MAXIMUM: OutputMaximum = {
  within: 'inferenceConfig',
  names: new Set(['maxTokens']),
};

/** A shape with the units that the request can cause; what is billed as units is no tokens. */
function withUnits(
  shape: RequestShape,
  parsed: JsonObject,
  dialect: Dialect | null,
  asked: UnitsRead | null,
  guardrail: Readonly<Record<string, number>>,
): RequestReading {
  const units = { ...asked?.most, ...guardrail };
  const tokens = dialect === null || dialect.tokens !== 'none';
  return {
    kind: 'ok',
    shape: {
      ...shape,
      ...(Object.keys(units).length === 0 ? {} : { units }),
      ...(asked === null ? {} : { text_bytes: shape.text_bytes - asked.bytes }),
      ...(asked?.covered === true ? { opaque_input: false } : {}),
      ...(tokens ? {} : { text_bytes: 0, parts: 0, max_output_tokens: 0 }),
    },
    parsed,
    ...(asked === null ? {} : { asked: asked.asked }),
  };
}

/** The most that a guardrail can bill for the prompt and for every answer. */
function guardrailMost(
  parsed: JsonObject,
  shape: RequestShape,
  answers: number,
  usualOutputTokens: number | null,
  images: number,
): Record<string, number> {
  const stated = shape.max_output_tokens;
  const usual = (usualOutputTokens ?? 0) * answers;
  const output = stated === null || shape.output_maximum_binds === false ? usual : 0;
  const input = guardedInput(parsed);
  // Generated images are looked at as well as given ones.
  const guarded = { ...input, images: input.images + images };
  return guardrailUnits(guarded, Math.max(stated ?? 0, output), answers);
}

function converseShape(
  body: JsonObject,
  headers: HeaderLookup,
  bytes: number,
  walk: RequestWalk,
  binds: boolean,
): RequestShape {
  const tier = stringIn(body['serviceTier'], 'type') ?? headers('x-amzn-bedrock-service-tier');
  const latency =
    stringIn(body['performanceConfig'], 'latency') ??
    headers('x-amzn-bedrock-performanceconfig-latency');
  const tags = tagsOf(body['requestMetadata'] ?? metadataHeader(headers));
  return shapeOf(body, bytes, walk, binds, askedTier(tier, latency), tags);
}

function invokeShape(
  dialect: Dialect,
  body: JsonObject,
  headers: HeaderLookup,
  bytes: number,
  walk: RequestWalk,
  binds: boolean,
): RequestShape {
  const tier = headerTier(headers, dialect.readTier?.(body));
  return shapeOf(body, bytes, walk, binds, tier, tagsOf(metadataHeader(headers)));
}

function shapeOf(
  body: JsonObject,
  bytes: number,
  walk: RequestWalk,
  binds: boolean,
  tier: string,
  tags: Readonly<Record<string, string>>,
): RequestShape {
  const toolConfig = body['toolConfig'];
  const tools = lengthOf(isObject(toolConfig) ? toolConfig['tools'] : body['tools']);
  let parts = tools;
  for (const name of PARTS) parts += lengthOf(body[name]);
  const shape: RequestShape = {
    text_bytes: bytes,
    parts: Math.max(1, parts),
    opaque_input: walk.opaque,
    modalities: walk.modalities,
    has_tools: tools > 0,
    writes_cache: walk.writesCache,
    ...(walk.writesCache1h ? { writes_cache_1h: true } : {}),
    max_output_tokens:
      walk.maxOutputTokens === null ? null : timesSafe(walk.maxOutputTokens, walk.answers),
    tier,
    references: walk.references.size === 0 ? [] : [...walk.references],
    tags,
    extended_context: asksForExtendedContext(body),
  };
  // A maximum that stands elsewhere raises the bound, but never lowers it.
  return walk.maxOutputTokens === null || binds ? shape : { ...shape, output_maximum_binds: false };
}

/** Members that hold the pieces of a prompt, whatever the dialect. */
const PARTS = ['messages', 'system', 'chat_history', 'texts', 'inputs', 'documents'] as const;

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
