/** What the headers of a request say of its tier and its tags. */
import type { HeaderLookup } from './reading.ts';
import { parseText } from './request-body.ts';
import { askedTier } from './tier.ts';
import { isObject } from './usage-counts.ts';

const tagsMax = 16;
const tagCharsMax = 256;

/** The tier that the headers ask for, or else that of the body, in the words of the price book. */
export function headerTier(headers: HeaderLookup, inBody?: string): string {
  const latency = headers('x-amzn-bedrock-performanceconfig-latency');
  return askedTier(headers('x-amzn-bedrock-service-tier') ?? inBody, latency);
}

/** The request metadata of the header, as JSON. */
export function metadataHeader(headers: HeaderLookup): unknown {
  const value = headers('x-amzn-bedrock-request-metadata');
  return value === undefined ? undefined : parseText(value);
}

/**
 * The string pairs within AWS's limits; what AWS would refuse is left to AWS and kept out of the
 * tags.
 */
export function tagsOf(metadata: unknown): Readonly<Record<string, string>> {
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
