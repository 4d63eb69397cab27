/** Tokens: their form, their strength, and what is kept of them. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/system/clock.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import {
  formOf,
  hashToken,
  mintApiKey,
  mintProvisioningKey,
  sameHash,
  TOKEN_LENGTH_MAX,
} from '../../src/credentials/api-key.ts';

const ids = systemIds(systemClock());

describe('mintApiKey', () => {
  it('makes a token that splits cleanly and names its id', () => {
    for (let i = 0; i < 100; i++) {
      const { api_key, key_id, hash } = mintApiKey(ids);
      expect(api_key.split('_')).toEqual([
        'tk',
        key_id,
        expect.stringMatching(/^[0-9A-Za-z]{43}$/),
      ]);
      expect(formOf(api_key)).toEqual({ kind: 'api_key', key_id });
      expect(hash).toBe(createHash('sha256').update(api_key).digest('hex'));
    }
  });

  it('uses every bit that it is given', () => {
    const fixed = (byte: number) => ({
      uuid: () => '',
      secret: (bytes: number) => new Uint8Array(bytes).fill(byte),
    });
    // By hand: no bits, and all bits; 2^256 - 1 in base 62.
    expect(mintApiKey(fixed(0)).api_key).toBe(`tk_${'a'.repeat(16)}_${'0'.repeat(43)}`);
    const { key_id, api_key } = mintApiKey(fixed(255));
    expect(key_id).toBe('7'.repeat(16));
    const value = Array.from(api_key.split('_')[2] ?? '').reduce(
      (sum, digit) =>
        sum * 62n +
        BigInt('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.indexOf(digit)),
      0n,
    );
    expect(value).toBe(2n ** 256n - 1n);
  });
});

it('makes provisioning keys that are no API keys', () => {
  const { provisioning_key, hash } = mintProvisioningKey(ids);
  expect(formOf(provisioning_key)).toEqual({ kind: 'provisioning_key' });
  expect(hash).toBe(hashToken(provisioning_key));
});

describe('formOf', () => {
  it.each([
    '',
    'tk_',
    `tk_aaaaaaaaaaaaaaaa_${'x'.repeat(42)}`,
    `tk_AAAAAAAAAAAAAAAA_${'x'.repeat(43)}`,
    `tk_aaaaaaaaaaaaaaaa_${'x'.repeat(44)}`,
    `tk_aaaaaaaaaaaaaaaa_${'x'.repeat(43)}\n`,
    'tkp_short',
    'x'.repeat(TOKEN_LENGTH_MAX + 1),
  ])('calls %j malformed', (token) => {
    expect(formOf(token)).toEqual({ kind: 'malformed' });
  });

  it.each([
    ['ABSKQmVkcm9ja0FQSUtleQ', 'an Amazon Bedrock API key'],
    ['bedrock-api-key-YmVkcm9jaw', 'an Amazon Bedrock API key'],
    ['AKIAIOSFODNN7EXAMPLE', 'an AWS access key'],
    ['sk-ant-api03-abc', "a model provider's API key"],
    [`eyJhbGciOiJub25lIn0.${'x'.repeat(1000)}.`, 'a JSON web token'],
  ])('knows %s for what it is', (token, what) => {
    expect(formOf(token)).toEqual({ kind: 'foreign', what });
  });
});

it('compares hashes by value, whatever their length', () => {
  const hash = hashToken('a');
  expect(sameHash(hash, hash)).toBe(true);
  expect(sameHash(hash, hashToken('b'))).toBe(false);
  expect(sameHash(hash, hash.slice(2))).toBe(false);
});
