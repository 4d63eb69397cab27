/**
 * Flags from schemas: one for every property, nested ones joined with hyphens (`--limit-amount`).
 */
import { DAY_PATTERN, TIME_PATTERN } from '@tollkeeper/contract';
import { firstDayOf, INSTANT_FORMS, startOf } from './instant.ts';

/** The parts of JSON Schema that the contract uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly title?: string;
  readonly pattern?: string;
}

/** One property that a flag sets. */
export interface Flag {
  /** Without the leading hyphens. */
  readonly name: string;
  /** Where the value goes, from the top of the part. */
  readonly path: readonly string[];
  readonly kind:
    'text' | 'time' | 'day' | 'number' | 'switch' | 'list' | 'numbers' | 'pairs' | 'words';
  readonly description: string;
}

/** Flags of an object schema, in the order of its properties. */
export function flagsOf(schema: JsonSchema | null, path: readonly string[] = []): readonly Flag[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([property, each]) => {
    const inner = withoutNull(each);
    const here = [...path, property];
    if (inner.properties !== undefined) return flagsOf(inner, here);
    const name = here.join('-').replaceAll('_', '-');
    return [{ name, path: here, kind: kindOf(inner), description: describe(inner) }];
  });
}

/** The property's schema without the null that it may be instead. */
export function withoutNull(schema: JsonSchema): JsonSchema {
  const others = schema.anyOf?.filter((each) => each.type !== 'null');
  const [only] = others ?? [];
  return only !== undefined && others?.length === 1 ? only : schema;
}

function kindOf(schema: JsonSchema): Flag['kind'] {
  if (schema.patternProperties !== undefined) return hasTexts(schema) ? 'words' : 'pairs';
  if (schema.pattern === TIME_PATTERN) return 'time';
  if (schema.pattern === DAY_PATTERN) return 'day';
  switch (schema.type) {
    case 'boolean':
      return 'switch';
    case 'array':
      return schema.items?.type === 'integer' ? 'numbers' : 'list';
    case 'integer':
    case 'number':
      return 'number';
    default:
      return schema.enum?.every((each) => typeof each === 'number') === true ? 'number' : 'text';
  }
}

/** Whether the values by name are texts; else they are numbers. */
function hasTexts({ patternProperties = {} }: JsonSchema): boolean {
  return Object.values(patternProperties).every(({ type }) => type === 'string');
}

function describe(schema: JsonSchema): string {
  if (schema.pattern === TIME_PATTERN) return INSTANT_FORMS;
  const choices = schema.enum ?? schema.items?.enum;
  const words = choices === undefined ? [] : [choices.join(' | ')];
  if (schema.patternProperties !== undefined) {
    words.push(`name=${hasTexts(schema) ? 'text' : 'number'}, repeatable`);
  }
  if (schema.type === 'array') words.push('separated by commas');
  return [schema.description, ...words].filter((each) => each !== undefined).join('; ');
}

/**
 * The value that a flag's text stands for. What is no value goes on as text, for validation to
 * refuse.
 */
export function valueOf(flag: Flag, given: string | boolean | readonly string[]): unknown {
  if (typeof given === 'boolean') return given;
  const texts = typeof given === 'string' ? [given] : given;
  const last = texts.at(-1) ?? '';
  switch (flag.kind) {
    case 'list':
      return texts.flatMap((text) => text.split(',').map((each) => each.trim()));
    case 'numbers':
      // An empty text is a list of none.
      return texts.flatMap((text) => (text === '' ? [] : text.split(',').map(wholeOf)));
    case 'pairs':
      return Object.fromEntries(texts.map(pairOf));
    case 'words':
      return Object.fromEntries(texts.map(wordsOf));
    case 'number':
      return numberOr(last);
    case 'time':
      return startOf(last);
    case 'day':
      return firstDayOf(last);
    default:
      return last;
  }
}

function pairOf(text: string): readonly [string, unknown] {
  const at = text.lastIndexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), numberOr(text.slice(at + 1))];
}

/** The name ends at the first `=`: values may hold more of them. */
function wordsOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function wholeOf(text: string): number | string {
  return numberOr(text.trim());
}

function numberOr(text: string): number | string {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/** Puts values where their paths say. */
export function assemble(
  values: readonly { readonly path: readonly string[]; readonly value: unknown }[],
): Readonly<Record<string, unknown>> {
  const whole: Record<string, unknown> = {};
  for (const { path, value } of values) place(whole, path, value);
  return whole;
}

function place(into: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const inner: Record<string, unknown> = {
    ...(into[first] as Record<string, unknown> | undefined),
  };
  place(inner, rest, value);
  into[first] = inner;
}
