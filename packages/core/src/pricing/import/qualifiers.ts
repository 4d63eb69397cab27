/**
 * The words that follow a dimension in a usage type and say which price it is: scope, tier, long
 * context, time to live, custom model. Every word must be one of these, and each axis may be stated
 * once.
 */
import type { PriceScope } from '../price.ts';

/** What the qualifiers of a usage type say; null where they say nothing. */
export interface Qualifiers {
  readonly scope: PriceScope | null;
  readonly tier: string | null;
  readonly long_context: boolean;
  /** Time to live of a cache write: `5m`, `30m`, `1h`. */
  readonly ttl: string | null;
  readonly custom_model: boolean;
}

type Axis = 'scope' | 'tier' | 'context' | 'ttl' | 'custom';
type Vocabulary = ReadonlyMap<string, readonly [Axis, string]>;

/** Words in lower case, joined with one hyphen; the longest sequence counts. */
export const LOWER_WORDS: Vocabulary = new Map([
  ['cross-region-global', ['scope', 'global']],
  ['cross-region-geo', ['scope', 'geo']],
  ['global', ['scope', 'global']],
  ['geo', ['scope', 'geo']],
  ['standard', ['tier', 'standard']],
  ['batch', ['tier', 'batch']],
  ['flex', ['tier', 'flex']],
  ['priority', ['tier', 'priority']],
  ['latency-optimized', ['tier', 'latency_optimized']],
  ['long-context', ['context', 'long']],
  ['long-ctx', ['context', 'long']],
  ['5m', ['ttl', '5m']],
  ['30m', ['ttl', '30m']],
  ['1h', ['ttl', '1h']],
  ['custom-model', ['custom', 'model']],
]);

/** The words of the older marketplace form. */
export const CAMEL_WORDS: Vocabulary = new Map([
  ['Global', ['scope', 'global']],
  ['Geo', ['scope', 'geo']],
  ['Batch', ['tier', 'batch']],
  ['LatencyOptimized', ['tier', 'latency_optimized']],
  ['LCtx', ['context', 'long']],
]);

const WORDS_MAX = 3;

/** Reads all words from an index on; null when one is unknown or an axis is stated twice. */
export function readQualifiers(
  words: readonly string[],
  from: number,
  vocabulary: Vocabulary,
): Qualifiers | null {
  const stated = new Map<Axis, string>();
  let at = from;
  while (at < words.length) {
    let length = Math.min(WORDS_MAX, words.length - at);
    let meaning = vocabulary.get(words.slice(at, at + length).join('-'));
    while (meaning === undefined && length > 1) {
      length -= 1;
      meaning = vocabulary.get(words.slice(at, at + length).join('-'));
    }
    if (meaning === undefined) return null;
    const [axis, value] = meaning;
    if (stated.has(axis)) return null;
    stated.set(axis, value);
    at += length;
  }
  const scope = stated.get('scope');
  return {
    scope: scope === 'global' || scope === 'geo' ? scope : null,
    tier: stated.get('tier') ?? null,
    long_context: stated.has('context'),
    ttl: stated.get('ttl') ?? null,
    custom_model: stated.has('custom'),
  };
}
