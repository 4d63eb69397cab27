/**
 * Asks an issuer about a token: its user endpoint answers with the user whose token it is, as
 * Supabase's `/auth/v1/user` does. An answer counts for a minute, a refusal too; the same token is
 * asked for once however many bring it, and only so many are asked for at the same time.
 */
import type { TrustedIssuer } from '../../config/trusted-issuers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { IssuerDocuments } from '../../ports/issuer-documents.ts';

/** How long an answer counts. */
export const COUNTS_MS = 60_000;
/** Tokens that are asked for at the same time at most. */
export const ASKING_MAX = 32;
const KEPT_MAX = 10_000;

export type Introspected =
  | { readonly kind: 'user'; readonly user: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unavailable' };

interface Kept {
  readonly answer: Introspected;
  /** By the monotonic clock. */
  readonly until: number;
}

/** See the head of the file. */
export class Introspection {
  readonly #url: string;
  readonly #serviceKey: string | undefined;
  readonly #documents: IssuerDocuments;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<Introspected>>();

  constructor(
    issuer: TrustedIssuer,
    parts: {
      readonly documents: IssuerDocuments;
      readonly clock: Clock;
      readonly secret: string | undefined;
    },
  ) {
    if (issuer.introspection_url === null)
      throw new Error(`${issuer.id} has no introspection_url.`);
    this.#url = issuer.introspection_url;
    this.#serviceKey = parts.secret;
    this.#documents = parts.documents;
    this.#clock = parts.clock;
  }

  /** Whose a token is; `digest` is its hash. Never rejects. */
  async ask(token: string, digest: string): Promise<Introspected> {
    const kept = this.#kept.get(digest);
    if (kept !== undefined && kept.until > this.#clock.monotonic()) return kept.answer;
    const running = this.#asking.get(digest);
    if (running !== undefined) return running;
    if (this.#asking.size >= ASKING_MAX) return { kind: 'unavailable' };
    const asking = this.#ask(token);
    this.#asking.set(digest, asking);
    try {
      const answer = await asking;
      if (answer.kind !== 'unavailable') this.#keep(digest, answer);
      return answer;
    } finally {
      this.#asking.delete(digest);
    }
  }

  /** Whether a token that was found good counts without being asked for again. */
  counts(digest: string): boolean {
    const kept = this.#kept.get(digest);
    return kept?.answer.kind === 'user' && kept.until > this.#clock.monotonic();
  }

  async #ask(token: string): Promise<Introspected> {
    const answer = await this.#documents.get(this.#url, {
      authorization: `Bearer ${token}`,
      ...(this.#serviceKey === undefined ? {} : { apikey: this.#serviceKey }),
    });
    if (answer.kind === 'failed') return { kind: 'unavailable' };
    const { status, body } = answer;
    if (status === 200 && typeof body === 'object' && body !== null && !Array.isArray(body)) {
      return { kind: 'user', user: body as Readonly<Record<string, unknown>> };
    }
    // 403 is what a user that is gone or banned gets; all else says nothing of the token.
    return { kind: status === 401 || status === 403 ? 'refused' : 'unavailable' };
  }

  #keep(digest: string, answer: Introspected): void {
    this.#kept.delete(digest);
    if (this.#kept.size >= KEPT_MAX) {
      const [first] = this.#kept.keys();
      if (first !== undefined) this.#kept.delete(first);
    }
    this.#kept.set(digest, { answer, until: this.#clock.monotonic() + COUNTS_MS });
  }
}
