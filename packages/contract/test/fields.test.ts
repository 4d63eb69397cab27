/** The shared fields: what they allow, and what they keep out. */
import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import * as fields from '../src/fields.ts';

const takes = (schema: TSchema, value: unknown): boolean => Compile(schema).Check(value);

describe.each<[string, TSchema, readonly unknown[], readonly unknown[]]>([
  [
    'OrgId',
    fields.OrgId,
    ['0199a0b0-0000-7000-8000-00000000000a'],
    ['acme', '0199A0B0-0000-7000-8000-00000000000A', '0199a0b000007000800000000000000a', ''],
  ],
  [
    'AppId',
    fields.AppId,
    ['web', 'A.b_c-1', 'x'.repeat(64)],
    ['', '.', '..', '-a', 'a/b', 'a b', 'x'.repeat(65), 'a\n', 'ä'],
  ],
  ['KeyId', fields.KeyId, ['abcdefghijklmn27'], ['abcdefghijklmn01', 'abc', 'ABCDEFGHIJKLMNOP']],
  [
    'UserId',
    fields.UserId,
    ['ann@example.com', 'Jürg Müller', 'x'.repeat(256)],
    ['', 'a\nb', 'a\u0000', 'x'.repeat(257)],
  ],
  [
    'Time',
    fields.Time,
    ['2026-11-22T14:33:00Z', '2026-11-22T14:33:00.123456789+05:30'],
    ['2026-11-22', '2026-11-22T14:33Z', '2026-11-22T14:33:00', '1795358000', 'now'],
  ],
  [
    'Usd',
    fields.Usd,
    ['0', '0.50', '-0.000000000001', '9223372.036854775807'],
    ['1e3', '.5', '1.', '+1', '1,000', '0.0000000000001', '', 'NaN'],
  ],
  ['Region', fields.Region, ['us-east-1', 'us-gov-west-1', 'ap-southeast-2'], ['us', 'US-EAST-1']],
  [
    'ModelId',
    fields.ModelId,
    ['amazon.nova-micro-v1:0', 'arn:aws:bedrock:us-east-1::foundation-model/x'],
    ['', 'a b', 'a\n', 'x'.repeat(2049)],
  ],
])('%s', (_, schema, good, bad) => {
  it.each(good.map((value) => [value]))('takes %j', (value) => {
    expect(takes(schema, value)).toBe(true);
  });
  it.each(bad.map((value) => [value]))('refuses %j', (value) => {
    expect(takes(schema, value)).toBe(false);
  });
});

it('bounds rate limits so that their arithmetic stays exact', () => {
  // A token bucket counts sixty-thousandths of a token in one number.
  const { maximum } = fields.RateLimits.properties.tokens_per_minute as { maximum?: number };
  expect(Number.isSafeInteger((maximum ?? Infinity) * 60_000)).toBe(true);
});
