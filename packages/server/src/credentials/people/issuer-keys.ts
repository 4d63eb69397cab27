/**
 * The public keys of one issuer: found by discovery or at a fixed place, kept, looked for again
 * when they have grown old or a token names a key that is not among them.
 *
 * Whoever sends tokens chooses what key they name, so looking has a brake: whatever comes, an
 * issuer is asked at most once in ten seconds, and all who wait share one answer. Keys that have
 * grown old still count while the issuer does not answer, up to an hour.
 */
import { importJWK, type CryptoKey, type JWK } from 'jose';
import type { TrustedIssuer } from '../../config/trusted-issuers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { IssuerDocuments } from '../../ports/issuer-documents.ts';

/** Least time between two times that an issuer is asked. */
export const BRAKE_MS = 10_000;
/** Age from which keys are looked for again. */
export const FRESH_MS = 600_000;
/** Age from which keys no longer count. */
export const STALE_MS = 3_600_000;
const KEYS_MAX = 100;

export type KeyFound =
  /** `generation`: which keys it was among; they may be others by now. */
  | { readonly kind: 'key'; readonly key: CryptoKey; readonly generation: number }
  | { readonly kind: 'unknown_key' }
  /** The issuer does not answer, so nobody can tell. */
  | { readonly kind: 'unavailable' };

interface PublishedKey {
  readonly kid: string | undefined;
  readonly jwk: JWK;
  /** The same text, the same key. */
  readonly text: string;
  readonly imported: Map<string, Promise<CryptoKey | undefined>>;
}

/** See the head of the file. */
export class IssuerKeys {
  readonly #issuer: TrustedIssuer;
  readonly #documents: IssuerDocuments;
  readonly #clock: Clock;
  #keys: readonly PublishedKey[] = [];
  #generation = 0;
  /** By the monotonic clock; undefined: never. */
  #readAt: number | undefined;
  #askedAt: number | undefined;
  #lastFailed = false;
  #asking: Promise<void> | undefined;

  constructor(
    issuer: TrustedIssuer,
    parts: { readonly documents: IssuerDocuments; readonly clock: Clock },
  ) {
    this.#issuer = issuer;
    this.#documents = parts.documents;
    this.#clock = parts.clock;
  }

  /** The key that a token names, for the algorithm that it names. Never rejects. */
  async find(kid: string | undefined, algorithm: string): Promise<KeyFound> {
    const known = await this.#known(kid, algorithm);
    if (known !== undefined) {
      this.renew();
      return known;
    }
    await this.#look();
    const found = await this.#known(kid, algorithm);
    if (found !== undefined) return found;
    return { kind: this.#lastFailed ? 'unavailable' : 'unknown_key' };
  }

  /** Changes whenever the keys do: what was verified under another number is to be asked again. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether the keys need not be looked for again yet. */
  get isFresh(): boolean {
    return this.#age() < FRESH_MS;
  }

  /** Whether what was verified by the keys still counts. */
  get counts(): boolean {
    return this.#age() < STALE_MS;
  }

  /** Looks for newer keys if these have grown old. Nobody waits for them. */
  renew(): void {
    if (!this.isFresh) void this.#look();
  }

  #age(): number {
    return this.#readAt === undefined ? Infinity : this.#clock.monotonic() - this.#readAt;
  }

  async #known(
    kid: string | undefined,
    algorithm: string,
  ): Promise<Extract<KeyFound, { kind: 'key' }> | undefined> {
    if (this.#age() >= STALE_MS) return undefined;
    const found = this.#keys.filter((key) => fits(key.jwk, algorithm));
    // A token that names no key is good only where there is no choice.
    const [first, ...rest] = kid === undefined ? found : found.filter((key) => key.kid === kid);
    if (first === undefined || (kid === undefined && rest.length > 0)) return undefined;
    const generation = this.#generation;
    const key = await imported(first, algorithm);
    return key === undefined ? undefined : { kind: 'key', key, generation };
  }

  /** Asks the issuer, unless it was asked just now. Whoever comes meanwhile waits for the same. */
  #look(): Promise<void> {
    if (this.#asking !== undefined) return this.#asking;
    const now = this.#clock.monotonic();
    if (this.#askedAt !== undefined && now - this.#askedAt < BRAKE_MS) return Promise.resolve();
    this.#askedAt = now;
    this.#asking = this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const uri = this.#issuer.jwks_uri ?? (await this.#discovered());
    const answer = uri === undefined ? undefined : await this.#documents.get(uri);
    const read = answer?.kind === 'answered' && answer.status === 200 ? keysIn(answer.body) : null;
    this.#lastFailed = read === null;
    if (read === null) return;
    const before = new Map(this.#keys.map((key) => [key.text, key]));
    const same = read.length === this.#keys.length && read.every(({ text }) => before.has(text));
    this.#keys = read.map((key) => before.get(key.text) ?? key);
    this.#readAt = this.#clock.monotonic();
    if (!same) this.#generation += 1;
  }

  /** OpenID Connect Discovery 1.0, section 4: the document must say that it is the issuer's. */
  async #discovered(): Promise<string | undefined> {
    const { issuer } = this.#issuer;
    const answer = await this.#documents.get(
      `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    );
    if (answer.kind !== 'answered' || answer.status !== 200) return undefined;
    const { body } = answer;
    if (typeof body !== 'object' || body === null) return undefined;
    const uri: unknown = Reflect.get(body, 'jwks_uri');
    if (Reflect.get(body, 'issuer') !== issuer || typeof uri !== 'string') return undefined;
    // An issuer that is asked over TLS does not send us where there is none.
    const plain = uri.startsWith('http://') && issuer.startsWith('http://');
    return uri.startsWith('https://') || plain ? uri : undefined;
  }
}

/** The keys of a key set that can verify a signature; null: it is no key set. */
function keysIn(body: unknown): readonly PublishedKey[] | null {
  const listed: unknown = typeof body === 'object' && body !== null && Reflect.get(body, 'keys');
  if (!Array.isArray(listed) || listed.length > KEYS_MAX) return null;
  return listed.flatMap((jwk: unknown) => {
    if (typeof jwk !== 'object' || jwk === null) return [];
    const kid: unknown = Reflect.get(jwk, 'kid');
    const text = JSON.stringify(jwk);
    return [{ kid: typeof kid === 'string' ? kid : undefined, jwk, text, imported: new Map() }];
  });
}

const KEY_TYPES: Readonly<Record<string, string>> = { RS: 'RSA', PS: 'RSA', ES: 'EC', Ed: 'OKP' };

/** A key is for one kind of algorithm; one for encryption, or a secret, verifies nothing. */
function fits({ kty, use, alg, key_ops }: JWK, algorithm: string): boolean {
  if (kty !== KEY_TYPES[algorithm.slice(0, 2)]) return false;
  if (use !== undefined && use !== 'sig') return false;
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify')))
    return false;
  return alg === undefined || alg === algorithm;
}

function imported(key: PublishedKey, algorithm: string): Promise<CryptoKey | undefined> {
  const before = key.imported.get(algorithm);
  if (before !== undefined) return before;
  const importing = importJWK(key.jwk, algorithm).then(
    (made) => (made instanceof Uint8Array || made.type !== 'public' ? undefined : made),
    // What cannot be read verifies nothing.
    () => undefined,
  );
  key.imported.set(algorithm, importing);
  return importing;
}
