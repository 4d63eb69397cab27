/** Options that make no sense are refused by name. */
import { describe, expect, it } from 'vitest';
import { boundsOf } from '../src/options.ts';

const OPTIONS = {
  endpoint: 'https://tollkeeper.example.com',
  clientId: 'org-o',
  clientSecret: 's',
  orgId: 'o',
  appId: 'a',
  spoolDir: '/var/spool/app',
};

describe('options', () => {
  it('have defaults', () => {
    expect(boundsOf(OPTIONS)).toEqual({
      spoolBytesMax: 67_108_864,
      deadLetterBytesMax: 16_777_216,
      batchMax: 100,
      lingerMs: 1000,
      requestMs: 10_000,
      staleSelectionSecs: 300,
    });
  });

  it.each([
    [{ clientSecret: '' }, /clientSecret is missing/],
    [{ spoolDir: '' }, /spoolDir is missing/],
    [{ batchMax: 101 }, /batchMax must be a whole number from 1 to 100/],
    [{ lingerMs: 1.5 }, /lingerMs/],
    [{ spoolBytesMax: Number.NaN }, /spoolBytesMax/],
    [{ endpoint: 'ftp://example.com' }, /endpoint must begin/],
    [{ endpoint: 'nonsense' }, /endpoint must begin/],
    [{ endpoint: 'http://tollkeeper.example.com' }, /secret could be read on the way/],
    [{ endpoint: 'http://127.0.0.1.example.com' }, /secret could be read on the way/],
  ])('%j are refused', (over, message) => {
    expect(() => boundsOf({ ...OPTIONS, ...over })).toThrow(message);
  });

  it.each([
    [{ endpoint: 'http://127.0.0.1:8080' }],
    [{ endpoint: 'http://localhost:8080' }],
    [{ endpoint: 'http://[::1]:8080' }],
    [{ endpoint: 'http://gateway.internal', insecureHttp: true }],
  ])('%j are taken', (over) => {
    expect(() => boundsOf({ ...OPTIONS, ...over })).not.toThrow();
  });
});
