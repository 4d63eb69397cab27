/** Tier and tags of request headers. */
import { expect, test } from 'vitest';
import { headerTier, metadataHeader, tagsOf } from '../../../src/gateway/wire/request-headers.ts';

const of =
  (headers: Readonly<Record<string, string>>) =>
  (name: string): string | undefined =>
    headers[name];

test('the tier of the header goes before that of the body', () => {
  const headers = of({ 'x-amzn-bedrock-service-tier': 'flex' });
  expect(headerTier(headers, 'priority')).toBe('flex');
  expect(headerTier(of({}), 'priority')).toBe('priority');
  expect(headerTier(of({}))).toBe('standard');
  const fast = of({ 'x-amzn-bedrock-performanceconfig-latency': 'optimized' });
  expect(headerTier(fast)).toBe('latency_optimized');
});

test('metadata that is no JSON gives no tags', () => {
  const header = 'x-amzn-bedrock-request-metadata';
  expect(tagsOf(metadataHeader(of({ [header]: '{"a":"1","b":2}' })))).toEqual({ a: '1' });
  expect(tagsOf(metadataHeader(of({ [header]: '{' })))).toEqual({});
  expect(tagsOf(metadataHeader(of({})))).toEqual({});
});
