/**
 * Reads a request of a model whose body has no known shape. The body itself goes upstream as it
 * came, JSON or not, so nothing in it is refused but what asks for more than can be bounded.
 */
import { isUtf8 } from 'node:buffer';
import type { RequestShape } from '@tollkeeper/core';
import { DIALECTS } from './dialect/table.ts';
import { guardedInput, guardrailUnits } from './guardrail-request.ts';
import { scanJson, scanStrings } from './json-scan.ts';
import type { HeaderLookup, RequestReading } from './reading.ts';
import { NESTING_MAX, parseText, textBytesOf, textOf, whyCompressed } from './request-body.ts';
import { headerTier, metadataHeader, tagsOf } from './request-headers.ts';
import {
  OUTPUT_MAXIMA,
  SEVERAL_ANSWERS,
  SEVERAL_WITHOUT_MAXIMUM,
  bindsOutput,
  isReference,
  statedMaximum,
  timesSafe,
} from './request-walk.ts';
import { isObject } from './usage-counts.ts';

/**
 * A body of no known shape, JSON or not: every name and string in it counts, wherever it stands.
 */
export function readOpaque(
  headers: HeaderLookup,
  body: Uint8Array,
  usualOutputTokens: number | null,
): RequestReading {
  const compressed = whyCompressed(headers);
  if (compressed !== null) return invalid(compressed);
  const utf8 = isUtf8(body) && !body.includes(0);
  const text = textOf(body);
  const scan = scanJson(text);
  if (scan.depth > NESTING_MAX) return invalid('The request body nests too deeply.');
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
  const parsed = parseText(text);
  const guardrail = headers('x-amzn-bedrock-guardrailidentifier');
  if (guardrail !== undefined && guardrail !== '') references.add(guardrail);
  const binds = bindsOutput(DIALECTS.unknown.maximum, parsed);
  const messages = isObject(parsed) ? lengthOf(parsed['messages']) : 0;
  const shape: RequestShape = {
    text_bytes: textBytesOf(body, scan),
    parts: Math.max(1, messages + (isObject(parsed) ? lengthOf(parsed['tools']) : 0)),
    opaque_input: !utf8 || MEDIA_NAMES.some((name) => names.has(name)),
    has_tools: names.has('tools') || names.has('functions'),
    writes_cache: names.has('cache_control') || names.has('cachePoint'),
    max_output_tokens: maximum === null ? null : timesSafe(maximum, answers),
    ...(maximum === null || binds ? {} : { output_maximum_binds: false }),
    tier: headerTier(headers),
    references: [...references],
    tags: tagsOf(metadataHeader(headers)),
  };
  if (guardrail === undefined || guardrail === '') {
    return { kind: 'ok', shape, parsed: parsed ?? null };
  }
  // In a body that is no JSON every byte may be text.
  const input = guardedInput(parsed ?? text);
  const output = binds ? 0 : (usualOutputTokens ?? 0) * answers;
  const written = Math.max(shape.max_output_tokens ?? 0, output);
  const units = guardrailUnits(input, written, answers);
  return { kind: 'ok', shape: { ...shape, units }, parsed: parsed ?? null };
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

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function invalid(message: string): RequestReading {
  return { kind: 'invalid', message };
}
