/**
 * How each kind of issuer proves a token: by a published key, by a shared secret, or by asking it.
 * What a token claims is believed only after that.
 */
import { compactVerify } from 'jose';
import type { TrustedIssuer } from '../../config/trusted-issuers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { IssuerDocuments } from '../../ports/issuer-documents.ts';
import { Introspection } from './introspection.ts';
import { IssuerKeys } from './issuer-keys.ts';
import type { TokenFault } from './person.ts';
import type { ReadToken, TokenClaims } from './token-claims.ts';

export type Proven =
  | {
      readonly kind: 'proven';
      readonly claims: TokenClaims;
      /** Whether it still counts, without being proven again. */
      readonly counts: () => boolean;
      /** Whether nothing is to be looked up before it is used. */
      readonly isFresh: () => boolean;
    }
  | { readonly kind: 'invalid'; readonly fault: TokenFault }
  | { readonly kind: 'unavailable' };

/** Proves the tokens of one issuer. */
export interface Prover {
  /** `digest`: hash of the token. Never rejects. */
  prove(token: string, digest: string, read: ReadToken): Promise<Proven>;
  /** Looks for news of the issuer if it is time; nobody waits for it. */
  renew(): void;
}

export interface ProverParts {
  readonly documents: IssuerDocuments;
  readonly clock: Clock;
  /** What an environment variable holds. */
  readonly secretOf: (name: string) => string | undefined;
}

/** Shortest secret, in bytes: RFC 7518, section 3.2. */
const SECRET_BYTES_MIN = 32;
const SIGNATURE: Proven = Object.freeze({ kind: 'invalid', fault: 'signature' });
const always = (): boolean => true;

/** Throws when a secret that the issuer needs is not there, or is too short. */
export function proverOf(issuer: TrustedIssuer, parts: ProverParts): Prover {
  switch (issuer.kind) {
    case 'oidc':
      return byPublishedKeys(new IssuerKeys(issuer, parts));
    case 'hs256':
      return bySecret(secretFor(issuer, issuer.hs256_secret_env, parts));
    case 'introspection': {
      const { service_key_env: name } = issuer;
      const secret = name === null ? undefined : secretFor(issuer, name, parts, 1);
      return byAsking(new Introspection(issuer, { ...parts, secret }));
    }
  }
}

function secretFor(
  { id }: TrustedIssuer,
  name: string | null,
  { secretOf }: ProverParts,
  bytesMin = SECRET_BYTES_MIN,
): string {
  const secret = name === null ? undefined : secretOf(name);
  if (secret === undefined || secret === '') {
    throw new Error(`The trusted issuer ${id} needs the environment variable ${name ?? ''}.`);
  }
  if (Buffer.byteLength(secret) >= bytesMin) return secret;
  throw new Error(
    `${name ?? ''}, the secret of the trusted issuer ${id}, must have ${bytesMin} bytes.`,
  );
}

function byPublishedKeys(keys: IssuerKeys): Prover {
  return {
    async prove(token, _digest, { algorithm, kid, claims }) {
      const found = await keys.find(kid, algorithm);
      if (found.kind === 'unavailable') return found;
      if (found.kind === 'unknown_key') return { kind: 'invalid', fault: 'unknown_key' };
      const { generation } = found;
      if (!(await isSigned(token, found.key, algorithm))) return SIGNATURE;
      return {
        kind: 'proven',
        claims,
        counts: () => keys.generation === generation && keys.counts,
        isFresh: () => keys.isFresh,
      };
    },
    renew: () => keys.renew(),
  };
}

function bySecret(secret: string): Prover {
  const key = Buffer.from(secret, 'utf8');
  return {
    async prove(token, _digest, { claims }) {
      if (!(await isSigned(token, key, 'HS256'))) return SIGNATURE;
      return { kind: 'proven', claims, counts: always, isFresh: always };
    },
    renew: () => undefined,
  };
}

async function isSigned(
  token: string,
  key: Parameters<typeof compactVerify>[1],
  algorithm: string,
): Promise<boolean> {
  try {
    // The algorithm is one that the issuer's settings allow, and the key is of its kind.
    await compactVerify(token, key, { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}

function byAsking(introspection: Introspection): Prover {
  return {
    async prove(token, digest, { claims }) {
      const answer = await introspection.ask(token, digest);
      if (answer.kind === 'unavailable') return answer;
      if (answer.kind === 'refused') return { kind: 'invalid', fault: 'not_recognised' };
      const { user } = answer;
      if (user['id'] !== claims['sub']) return { kind: 'invalid', fault: 'claims' };
      const counts = (): boolean => introspection.counts(digest);
      return { kind: 'proven', claims: withUser(claims, user), counts, isFresh: counts };
    },
    renew: () => undefined,
  };
}

/** What the issuer says of the user now goes before what it said when it made the token. */
function withUser(claims: TokenClaims, user: TokenClaims): TokenClaims {
  const { email, app_metadata, email_confirmed_at } = user;
  const email_verified = typeof email_confirmed_at === 'string' && email_confirmed_at !== '';
  return { ...claims, email, app_metadata, email_verified };
}
