/**
 * Answers the question "whose access token is this, and is it still good?". As
 * `CredentialAuthority` does for keys: `peek` answers from memory, `resolve` by the catalogue as it
 * is now, and an answer carries the catalogue's revision by which it was read. A revocation is a
 * document that raises that revision; so it counts from the next request on in every process.
 * Whoever acts on a peeked answer hands its revision to the ledger, which says `stale` when there
 * is a newer one; all others ask `resolve`.
 *
 * A signature that was good stays good, so what a token claims is kept over changes of the
 * catalogue; whether its key, its client and itself still count is asked for each revision again.
 * Expiry is checked on every answer. No token is held in memory: all is kept by SHA-256.
 */
import { compactVerify, decodeProtectedHeader } from 'jose';
import type { ClientRecord, RevokedTokenRecord } from '../../catalog/client-records.ts';
import type { CatalogStore } from '../../ports/catalog-store.ts';
import type { Clock } from '../../ports/clock.ts';
import { hashToken } from '../api-key.ts';
import { KeptAnswers, type Reading } from '../kept-answers.ts';
import { claimsFrom, type AccessClaims, type Claims } from './claims.ts';
import type { ClientPrincipal } from './client-principal.ts';
import type { SigningKeyRing } from './signing-key-ring.ts';

/** Longest token that is looked at, in characters. */
export const ACCESS_TOKEN_LENGTH_MAX = 4096;

/** What an access token turned out to be. */
export type ClientAnswer =
  /** `revision` is that of the catalogue by which it was read. */
  | { readonly kind: 'client'; readonly client: ClientPrincipal; readonly revision: number }
  /** Not one of our access tokens. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'revoked' };

/** A token of ours of either kind, with the client as it is now. */
export type TokenAnswer =
  | { readonly kind: 'token'; readonly claims: Claims; readonly client: ClientRecord }
  | { readonly kind: 'invalid' | 'expired' | 'revoked' };

interface Kept {
  readonly answer: ClientAnswer;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

interface Verified {
  readonly claims: Claims;
  readonly kid: string;
}

const INVALID = Object.freeze({ kind: 'invalid' });
const EXPIRED = Object.freeze({ kind: 'expired' });
const REVOKED = Object.freeze({ kind: 'revoked' });

/** Most tokens that are known at once. */
const KEPT_MAX = 20_000;
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** See the head of the file. One per process. */
export class TokenAuthority {
  readonly #catalog: CatalogStore;
  readonly #clock: Clock;
  readonly #keys: SigningKeyRing;
  readonly #issuer: string;
  readonly #kept = new KeptAnswers<Kept>(KEPT_MAX);
  readonly #verified = new Map<string, Verified>();

  constructor(parts: {
    readonly catalog: CatalogStore;
    readonly clock: Clock;
    readonly keys: SigningKeyRing;
    /** `iss` of every token. */
    readonly issuer: string;
  }) {
    this.#catalog = parts.catalog;
    this.#clock = parts.clock;
    this.#keys = parts.keys;
    this.#issuer = parts.issuer;
  }

  /** Revision of the catalogue by which all kept answers were read; -1 before the first. */
  get catalogRevision(): number {
    return this.#kept.revision;
  }

  /** The answer for an access token if it is in memory. Undefined: ask `resolve`. */
  peek(token: string): ClientAnswer | undefined {
    if (token.length > ACCESS_TOKEN_LENGTH_MAX) return undefined;
    const kept = this.#kept.get(hashToken(token));
    return kept === undefined ? undefined : this.#current(kept);
  }

  /** The answer for an access token as of now. Rejects when the store does. */
  async resolve(token: string): Promise<ClientAnswer> {
    if (token.length > ACCESS_TOKEN_LENGTH_MAX || !FORM.test(token)) return INVALID;
    const digest = hashToken(token);
    const revision = await this.#catalog.revision();
    const kept = await this.#kept.load(digest, revision, () =>
      this.#readAccess(token, digest, revision),
    );
    return this.#current(kept);
  }

  /**
   * What a token of either kind is as of now, past all caches but that of its signature. A refresh
   * token counts for `childrenMs` longer: so long what was made with it may live.
   */
  async inspect(token: string, childrenMs = 0): Promise<TokenAnswer> {
    if (token.length > ACCESS_TOKEN_LENGTH_MAX || !FORM.test(token)) return INVALID;
    const revision = await this.#catalog.revision();
    const claims = await this.#claimsOf(token, hashToken(token), revision);
    if (claims === undefined) return INVALID;
    const further = claims.token_type === 'refresh' ? childrenMs : 0;
    if (claims.exp * 1000 + further <= this.#clock.now()) return EXPIRED;
    return this.#stateOf(claims);
  }

  /** Drops what was read by an older revision. Older or equal revisions change nothing. */
  refresh(revision: number): void {
    this.#kept.refresh(revision);
  }

  #current({ answer, expiresAt }: Kept): ClientAnswer {
    return answer.kind !== 'invalid' && expiresAt <= this.#clock.now() ? EXPIRED : answer;
  }

  async #readAccess(token: string, digest: string, revision: number): Promise<Reading<Kept>> {
    const claims = await this.#claimsOf(token, digest, revision);
    // A new key of another process may make it good without anything that this one would notice.
    if (claims?.token_type !== 'access') {
      return { answer: { answer: INVALID, expiresAt: Infinity }, keep: false };
    }
    const expiresAt = claims.exp * 1000;
    const state = await this.#stateOf(claims);
    const answer: ClientAnswer =
      state.kind === 'token' ? { kind: 'client', client: principalOf(claims), revision } : state;
    return { answer: { answer, expiresAt }, keep: answer.kind !== 'invalid' };
  }

  /** Whether the client still is, and neither it nor the token nor its family was revoked. */
  async #stateOf(claims: Claims): Promise<TokenAnswer> {
    const family = claims.token_type === 'access' ? claims.family : claims.jti;
    const [client, itself, parent] = await Promise.all([
      this.#catalog.get<ClientRecord>('oauth_client', claims.sub),
      this.#catalog.get<RevokedTokenRecord>('revoked_token', claims.jti),
      this.#catalog.get<RevokedTokenRecord>('revoked_token', family),
    ]);
    if (client === undefined) return INVALID;
    const over = claims.generation !== client.value.generation;
    if (over || itself !== undefined || parent !== undefined) return REVOKED;
    return { kind: 'token', claims, client: client.value };
  }

  /** What a token claims, if one of the present keys signed it. */
  async #claimsOf(token: string, digest: string, revision: number): Promise<Claims | undefined> {
    const known = this.#verified.get(digest);
    const kid = known?.kid ?? kidOf(token);
    const key = kid === undefined ? undefined : await this.#keys.verifier(kid, revision);
    if (kid === undefined || key === undefined) return undefined;
    if (known !== undefined) return known.claims;
    const payload = await payloadOf(token, key);
    const claims = claimsFrom(payload, this.#issuer);
    if (claims === undefined) return undefined;
    if (this.#verified.size >= KEPT_MAX) {
      const [first] = this.#verified.keys();
      if (first !== undefined) this.#verified.delete(first);
    }
    this.#verified.set(digest, { claims, kid });
    return claims;
  }
}

function principalOf(claims: AccessClaims): ClientPrincipal {
  const { sub, org_id, app_id, scope, jti, family } = claims;
  return Object.freeze({ client_id: sub, org_id, app_id, scopes: scope, jti, family });
}

function kidOf(token: string): string | undefined {
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return alg === 'ES256' && typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}

async function payloadOf(
  token: string,
  key: Parameters<typeof compactVerify>[1],
): Promise<unknown> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: ['ES256'] });
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    // A signature that is not good, or a payload that is no JSON: the caller learns no more.
    return undefined;
  }
}
