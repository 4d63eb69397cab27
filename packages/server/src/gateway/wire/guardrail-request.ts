/**
 * What a request can cause a guardrail to bill at most. Nobody but AWS knows which policies a
 * guardrail has, so the units of every priced policy count; whoever prices the shape may leave out
 * those that have no price.
 */
import type { RequestShape } from '@tollkeeper/core';
import { CHECK_UNITS, IMAGE_POLICY_UNIT, TEXT_POLICY_UNITS } from './guardrail.ts';
import type { HeaderLookup, RequestReading } from './reading.ts';
import { NAMED_TWICE, openBody } from './request-body.ts';
import { RequestWalk, countMembers } from './request-walk.ts';
import { isObject } from './usage-counts.ts';

/** Characters of a text unit; each text that is looked at begins a new one. */
const charactersPerUnit = 1000;
/**
 * Characters that an output token stands for at most on the average of a whole answer. English text
 * has four to five; vocabularies hold a few tokens that are much longer (runs of spaces).
 */
const charactersPerTokenMax = 16;
/** Automated reasoning policies that one guardrail can have. */
const reasoningPoliciesMax = 2;

/** Text units and images that a guardrail can look at. */
export interface GuardedInput {
  readonly textUnits: number;
  readonly images: number;
}

/**
 * The most guardrail units of a call to a model: every text in its body, and an answer of
 * `outputTokens` tokens.
 */
export function guardrailUnits(
  input: GuardedInput,
  outputTokens: number,
  answers = 1,
): Record<string, number> {
  const characters = Math.min(outputTokens * charactersPerTokenMax, Number.MAX_SAFE_INTEGER);
  const written = Math.ceil(characters / charactersPerUnit) + answers;
  return policyUnits({ ...input, textUnits: input.textUnits + written });
}

/** Counts every string of a JSON value whose depth was bounded before. */
export function guardedInput(value: unknown): GuardedInput {
  const found = { textUnits: 0, images: 0 };
  visit(value, '', found);
  return found;
}

/** Reads a body of ApplyGuardrail. The guardrail itself stands in the path. Never throws. */
export function readGuardrailRequest(headers: HeaderLookup, body: Uint8Array): RequestReading {
  return readUnitsRequest(headers, body, ['content'], policyUnits);
}

/** Reads a body of InvokeGuardrailChecks: units of the checks it asks for. Never throws. */
export function readGuardrailChecksRequest(
  headers: HeaderLookup,
  body: Uint8Array,
): RequestReading {
  return readUnitsRequest(headers, body, ['messages', 'checks'], ({ textUnits }, parsed) => {
    const asked = isObject(parsed['checks']) ? parsed['checks'] : {};
    const units: Record<string, number> = {};
    for (const [check, unit] of CHECK_UNITS) {
      if (Object.hasOwn(asked, check)) units[unit] = textUnits;
    }
    return units;
  });
}

function readUnitsRequest(
  headers: HeaderLookup,
  body: Uint8Array,
  required: readonly string[],
  unitsOf: (input: GuardedInput, parsed: Readonly<Record<string, unknown>>) => object,
): RequestReading {
  const opened = openBody(headers, body);
  if (opened.kind === 'invalid') return opened;
  const { parsed, scan } = opened;
  if (countMembers(parsed) !== scan.members) return invalid(NAMED_TWICE);
  for (const name of required) {
    const value = parsed[name];
    if (typeof value !== 'object' || value === null) {
      return invalid(`The request body has no ${name}.`);
    }
  }
  const walk = new RequestWalk();
  walk.walk(parsed);
  const units = unitsOf(guardedInput(parsed), parsed) as Record<string, number>;
  return { kind: 'ok', shape: shapeWithoutTokens(units, [...walk.references]), parsed };
}

/** The shape of a request that is billed in units alone, or not at all. */
export function shapeWithoutTokens(
  units: Readonly<Record<string, number>> | null,
  references: readonly string[],
): RequestShape {
  return {
    text_bytes: 0,
    parts: 0,
    opaque_input: false,
    extended_context: false,
    has_tools: false,
    writes_cache: false,
    max_output_tokens: 0,
    tier: 'standard',
    references,
    tags: {},
    ...(units === null ? {} : { units }),
  };
}

function policyUnits({ textUnits, images }: GuardedInput): Record<string, number> {
  const units: Record<string, number> = {};
  for (const unit of TEXT_POLICY_UNITS) {
    const times = unit.includes('automated_reasoning') ? reasoningPoliciesMax : 1;
    if (textUnits > 0) units[unit] = textUnits * times;
  }
  if (images > 0) units[IMAGE_POLICY_UNIT] = images;
  return units;
}

/** Members whose strings are words of the protocol, not text that a guardrail reads. */
const PROTOCOL = new Set(['role', 'type', 'format', 'qualifiers', 'outputScope', 'category']);
const IMAGES = new Set(['image', 'images', 'image_url', 'input_image', 'inputImage']);

function visit(value: unknown, key: string, found: { textUnits: number; images: number }): void {
  if (typeof value === 'string') {
    if (IMAGES.has(key)) found.images++;
    else if (!PROTOCOL.has(key)) {
      found.textUnits += Math.max(1, Math.ceil(value.length / charactersPerUnit));
    }
  } else if (Array.isArray(value)) {
    for (const element of value) visit(element, key, found);
  } else if (isObject(value)) {
    if (IMAGES.has(key) || value['type'] === 'image') found.images++;
    else for (const [name, member] of Object.entries(value)) visit(member, name, found);
  }
}

function invalid(message: string): RequestReading {
  return { kind: 'invalid', message };
}
