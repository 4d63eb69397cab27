/**
 * Token counts as dialects state them, before they become a `Usage`: each may be missing, and each
 * is checked. A missing count is not a zero, and a count that cannot be one (negative, broken,
 * absurd) spoils the whole reading, because nobody knows what else is wrong with it.
 */
import { usageOf } from '@tollkeeper/core';
import type { UsageReading } from '@tollkeeper/core';

/** More tokens than any call can have; a larger count is an error of the upstream. */
const countMax = 1_000_000_000;
/** Warnings kept of one reply. */
const warningsMax = 16;

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Counts gathered from one or more places of a reply. Writes: the total, and what is known of its
 * parts.
 */
export interface Counts {
  input?: number;
  output?: number;
  cacheRead?: number;
  cacheWrite?: number;
  write5m?: number;
  write1h?: number;
  write30m?: number;
  units?: Record<string, number>;
  /**
   * All tokens of the prompt, where the dialect counts cached ones in it: those that it told are
   * out of `input` already, those that headers or metrics tell still have to come out.
   */
  prompt?: number;
  /** Time to live of writes of which none is stated; absent: five minutes. */
  unsplit?: '30m';
  /** Why the counts are an estimate, when they are. */
  estimate?: string;
  /** What was seen of a guardrail: its units, or only that one ran. */
  guardrail?: 'stated' | 'seen';
  /** Tier that a body says it was served by, in AWS's words. */
  tier?: string;
  /** The first count that cannot be one. */
  wrong?: string;
  warnings?: string[];
}

export type CountName =
  'input' | 'output' | 'cacheRead' | 'cacheWrite' | 'write5m' | 'write1h' | 'write30m';

/** Sets a count when `value` states one; null and undefined state nothing. */
export function setCount(counts: Counts, name: CountName, label: string, value: unknown): void {
  const count = readCount(counts, label, value);
  if (count !== undefined) counts[name] = count;
}

/** A checked count, or undefined when there is none or it cannot be one (`wrong` is set then). */
export function readCount(counts: Counts, label: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= countMax) {
    return value;
  }
  const shown = typeof value === 'number' ? String(value) : typeof value;
  counts.wrong ??= `${label} is not a count: ${shown}`;
  return undefined;
}

/** Notes what does not fit together, each message once; a stream can repeat itself for hours. */
export function warn(counts: Counts, message: string): void {
  const warnings = (counts.warnings ??= []);
  if (warnings.length < warningsMax && !warnings.includes(message)) warnings.push(message);
}

/** Whether any token count was stated at all. */
export function isEmpty(counts: Counts): boolean {
  return (
    counts.input === undefined &&
    counts.output === undefined &&
    counts.cacheRead === undefined &&
    counts.cacheWrite === undefined
  );
}

/**
 * The reading that the counts allow: reported when input and output are both stated, unknown
 * otherwise. Writes whose time to live is not stated count as those that the dialect makes.
 */
export function readingOf(counts: Counts): UsageReading {
  if (counts.wrong !== undefined) return { source: 'unknown', reason: counts.wrong };
  if (counts.input === undefined || counts.output === undefined) {
    const missing = isEmpty(counts)
      ? 'missing usage'
      : `missing ${counts.input === undefined ? 'input' : 'output'} token count`;
    return { source: 'unknown', reason: missing };
  }
  const usage = usageFrom(counts, counts.input, counts.output);
  const { estimate } = counts;
  if (estimate !== undefined) return { source: 'estimated', usage, reason: estimate };
  return { source: 'reported', usage };
}

/**
 * Fills what a body leaves open from what headers or metrics state; what it states stays. Cached
 * tokens that only they tell come out of an input count that includes them.
 */
export function fillMissing(counts: Counts, stated: Counts): void {
  const told = counts.cacheRead !== undefined || counts.cacheWrite !== undefined;
  for (const name of ['input', 'output', 'cacheRead', 'cacheWrite'] as const) {
    const value = stated[name];
    if (counts[name] === undefined && value !== undefined) counts[name] = value;
  }
  if (stated.wrong !== undefined) counts.wrong ??= stated.wrong;
  splitPrompt(counts, told, stated.input);
}

/**
 * Takes cached tokens that became known late out of an inclusive count. `input` is what headers or
 * metrics state, which leaves cached tokens out: where it equals a prompt of which the dialect told
 * (`told`) no cached tokens, the prompt had none in it.
 */
export function splitPrompt(counts: Counts, told: boolean, input: number | undefined): void {
  const { prompt } = counts;
  const cached = (counts.cacheRead ?? 0) + (counts.cacheWrite ?? 0);
  if (prompt === undefined || cached > prompt || (!told && input === prompt)) return;
  counts.input = prompt - cached;
}

/** The usage of checked counts, with the given input and output. */
export function usageFrom(
  counts: Counts,
  input: number,
  output: number,
): Extract<UsageReading, { source: 'reported' }>['usage'] {
  const long = (counts.write1h ?? 0) + (counts.write30m ?? 0);
  const unsplit = Math.max(0, (counts.cacheWrite ?? 0) - long - (counts.write5m ?? 0));
  const unsplitLong = counts.unsplit === '30m' ? unsplit : 0;
  return usageOf({
    input_tokens: input,
    output_tokens: output,
    cache_read_input_tokens: counts.cacheRead ?? 0,
    cache_write_5m_input_tokens: (counts.write5m ?? 0) + unsplit - unsplitLong,
    cache_write_1h_input_tokens: counts.write1h ?? 0,
    cache_write_30m_input_tokens: (counts.write30m ?? 0) + unsplitLong,
    units: counts.units ?? {},
  });
}

/** Whether some writes have no time to live: they count as five minutes, whatever was asked for. */
export function hasUndatedWrites(counts: Counts): boolean {
  const dated = (counts.write5m ?? 0) + (counts.write1h ?? 0) + (counts.write30m ?? 0);
  return counts.unsplit === undefined && (counts.cacheWrite ?? 0) > dated;
}

/** Adds to a named unit; a zero leaves no trace. */
export function addUnits(counts: Counts, name: string, value: unknown): void {
  const count = readCount(counts, name, value);
  if (count === undefined || count === 0) return;
  const units = (counts.units ??= {});
  units[name] = (units[name] ?? 0) + count;
}

/** `webSearchRequests` -> `web_search_requests`: units carry the names of our API. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Narrows a JSON value to an object that is no array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The string at `object[outer][inner]`, or null. */
export function memberText(object: JsonObject, outer: string, inner: string): string | null {
  const member = object[outer];
  if (!isObject(member)) return null;
  const text = member[inner];
  return typeof text === 'string' && text !== '' ? text : null;
}

/** The JSON object in a body, or null when there is none. */
export function parseObject(body: Uint8Array): JsonObject | null {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}
