/** A token that was changed anywhere is either the same token still, or nobody's. */
import fc from 'fast-check';
import { afterAll, beforeAll, it } from 'vitest';
import { NO_DEFAULTS } from '../../../src/config/keeper-defaults.ts';
import { httpDocuments } from '../../../src/adapters/issuers/http-documents.ts';
import { PeopleAuthority } from '../../../src/credentials/people/people-authority.ts';
import { surroundings } from '../memory-catalog.ts';
import { issuerOf, startIssuer, type IssuerDesk } from './issuer-desk.ts';

const around = surroundings();
let pool: IssuerDesk;
let authority: PeopleAuthority;
let token: string;

beforeAll(async () => {
  pool = await startIssuer(() => around.clock.now());
  const roles = { finance: { groups: ['money'] } };
  authority = new PeopleAuthority({
    ...{ catalog: around.catalog, clock: around.clock, defaults: NO_DEFAULTS },
    issuers: [issuerOf(pool.url, { roles })],
    documents: httpDocuments({ timeoutMs: 5_000, bytesMax: 100_000 }),
    secretOf: () => undefined,
    quotas: { ensure: () => undefined },
  });
  token = await pool.token({ claims: { 'cognito:groups': ['money'] } });
});
afterAll(() => pool.close());

const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';

it('whatever sign of a token is another, nobody else comes of it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.constantFrom(...SIGNS.split('')),
      fc.constantFrom('replace', 'insert', 'cut'),
      async (at, sign, how) => {
        const rest = token.slice(how === 'insert' ? at : at + 1);
        const changed = `${token.slice(0, at)}${how === 'cut' ? '' : sign}${rest}`;
        const answer = await authority.resolve(changed);
        if (answer.kind !== 'person') return true;
        // The last sign of a signature has bits that stand for nothing.
        const text = (each: string) => Buffer.from(each, 'base64url').toString('hex');
        return changed.split('.').map(text).join() === token.split('.').map(text).join();
      },
    ),
    { interruptAfterTimeLimit: 1_500, numRuns: 2_000, markInterruptAsFailure: false },
  );
});
