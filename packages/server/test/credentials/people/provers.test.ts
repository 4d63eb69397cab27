/** What each kind of issuer proves a token by, and what it needs for that. */
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { proverOf } from '../../../src/credentials/people/provers.ts';
import { readToken } from '../../../src/credentials/people/token-claims.ts';
import { testClock } from '../../admin/control-plane.ts';
import { issuerOf } from './issuer-desk.ts';

const SECRET = 'a secret that is thirty-two bytes long, or more';
const ISSUER = issuerOf('https://project.supabase.co/auth/v1', {
  kind: 'hs256',
  hs256_secret_env: 'PROJECT_SECRET',
});
const clock = testClock();
const documents = { get: () => Promise.reject(new Error('Nobody is to be asked.')) };
const proverBy = (secret: string | undefined) =>
  proverOf(ISSUER, { clock, documents, secretOf: () => secret });
async function kindOf(token: string): Promise<string> {
  const read = readToken(token);
  if (read === undefined) return 'unreadable';
  const proven = await proverBy(SECRET).prove(token, 'digest', read);
  return proven.kind === 'invalid' ? proven.fault : proven.kind;
}
const signed = (secret: string, alg = 'HS256') =>
  new SignJWT({ sub: 'x' }).setProtectedHeader({ alg }).sign(Buffer.from(secret));

describe('a shared secret', () => {
  it('proves what was signed by it, and nothing else', async () => {
    expect(await kindOf(await signed(SECRET))).toBe('proven');
    expect(await kindOf(await signed(`${SECRET}!`))).toBe('signature');
    const [head, claims] = (await signed(SECRET)).split('.');
    expect(await kindOf(`${head}.${claims}.`)).toBe('signature');
  });

  it('must be there, and be long enough that nobody guesses it', () => {
    expect(() => proverBy(undefined)).toThrow('needs the environment variable PROJECT_SECRET');
    expect(() => proverBy('')).toThrow('needs the environment variable PROJECT_SECRET');
    expect(() => proverBy('x'.repeat(31))).toThrow('must have 32 bytes');
    expect(() => proverBy('x'.repeat(32))).not.toThrow();
  });

  it('is not told by what is said of it', () => {
    expect(() => proverBy('hunter2')).toThrow(/^(?!.*hunter2)/);
  });
});
