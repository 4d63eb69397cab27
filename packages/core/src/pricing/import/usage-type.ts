/**
 * Usage types of the price offers, parsed whole into their components. Nothing is found by
 * searching for a suffix or a part of a word: `CacheWrite1hInputTokenCount` ends in
 * `InputTokenCount`, and a reader that looked for that would charge the wrong price.
 *
 * There are three forms. `USE1-NovaPro-input-tokens-batch` names the model; so does
 * `USE1-zai.glm-5-mantle-input-tokens-standard`, by its id; and
 * `USE1-MP:USE1_InputTokenCount_Global-Units` names none, because the service name does.
 */
import type { PriceScope } from '../price.ts';
import type { IgnoredReason, Rejected } from './outcome.ts';
import { rejected } from './outcome.ts';
import { guardrailClass, readMarketplace, readPlain } from './usage-grammar.ts';

/** The size and quality of a generated image, as the usage type states them. */
export interface StatedImage {
  readonly size: string;
  readonly quality: string;
}

/** A usage type that states the price of something. */
export interface PricedUsage {
  readonly kind: 'price';
  /** Billing codes of regions that it names, such as `USE1`: none, one or two. */
  readonly region_codes: readonly string[];
  readonly form: 'plain' | 'mantle' | 'marketplace' | 'guardrail';
  /** The component that names the model; null where the form has none. */
  readonly name: string | null;
  readonly usage_class: string;
  /**
   * Null where it is not stated: then it is the price of the region, called with or without geo.
   */
  readonly scope: PriceScope | null;
  readonly tier: string;
  readonly long_context: boolean;
  readonly image: StatedImage | null;
}

/** A usage type that is known to price no call. */
export interface IgnoredUsage {
  readonly kind: 'ignored';
  readonly reason: IgnoredReason;
}

/** Everything of a priced usage type but its regions: what the grammars yield. */
export type UsageBody = Omit<PricedUsage, 'region_codes'> | IgnoredUsage;

const MARKETPLACE = /^([A-Z0-9]{2,5})-MP:([A-Z0-9]{2,5})_(.+)-Units$/;
/** Three letters and a digit, or the one code that has no digit. */
const REGION_CODE = /^(?:[A-Z]{3}\d|EU)$/;

/** Parses a usage type. Never throws. */
export function parseUsageType(text: string): PricedUsage | IgnoredUsage | Rejected {
  const marketplace = MARKETPLACE.exec(text);
  if (marketplace !== null) {
    const [, outer = '', inner = '', body = ''] = marketplace;
    return withRegions(text, readMarketplace(body.split('_')), [outer, inner]);
  }
  const words = text.split('-');
  const [first = ''] = words;
  const codes = REGION_CODE.test(first) ? [first] : [];
  const rest = words.slice(codes.length);
  const guardrail = guardrailClass(rest.join('-'));
  if (guardrail === null) return withRegions(text, readPlain(rest), codes);
  return {
    kind: 'price',
    region_codes: codes,
    form: 'guardrail',
    name: null,
    usage_class: guardrail,
    scope: null,
    tier: 'standard',
    long_context: false,
    image: null,
  };
}

function withRegions(
  text: string,
  body: UsageBody | null,
  region_codes: readonly string[],
): PricedUsage | IgnoredUsage | Rejected {
  if (body === null) {
    return rejected(
      'unknown_usage_type',
      `The usage type ${text} has components that no known grammar explains.`,
    );
  }
  return body.kind === 'ignored' ? body : { ...body, region_codes };
}
