/**
 * Asks an issuer about a token: its user endpoint answers with the user whose token it is, as
 * Supabase's `/auth/v1/user` does. An answer counts for a minute, a refusal too; the same token is
 * asked for once however many bring it, and only so many are asked for at the same time.
 *
 * Anybody can make up tokens that only the issuer knows to be bad. So a token that was good before
 * takes turns with all those that nobody knows yet, and refusals never take the place of users.
 */
import type { TrustedIssuer } from '../../config/trusted-issuers.ts';
import type { Clock } from '../../ports/clock.ts';
import type { IssuerDocuments } from '../../ports/issuer-documents.ts';
import { FairQueue } from '../clients/fair-queue.ts';

/** How long an answer counts. */
export const COUNTS_MS = 60_000;
/** Tokens that are asked for at the same time at most. */
export const ASKING_MAX = 32;
/** Tokens that wait for that at most. */
export const WAITING_MAX = 128;
/** Answers of each kind that are kept; the one that was added first goes first. */
export const KEPT_MAX = 10_000;

export type Introspected =
  | { readonly kind: 'user'; readonly user: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unavailable' };

type User = Extract<Introspected, { kind: 'user' }>;

interface Kept {
  readonly answer: User;
  /** By the monotonic clock. */
  readonly until: number;
}

const REFUSED: Introspected = Object.freeze({ kind: 'refused' });
const UNAVAILABLE: Introspected = Object.freeze({ kind: 'unavailable' });

/** See the head of the file. */
export class Introspection {
  readonly #url: string;
  readonly #serviceKey: string | undefined;
  readonly #documents: IssuerDocuments;
  readonly #clock: Clock;
  readonly #users = new Map<string, Kept>();
  /** Until when each refusal counts. */
  readonly #refused = new Map<string, number>();
  readonly #places = new FairQueue({ runningMax: ASKING_MAX, waitingMax: WAITING_MAX });
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
    const now = this.#clock.monotonic();
    const known = this.#users.get(digest);
    if (known !== undefined && known.until > now) return known.answer;
    if ((this.#refused.get(digest) ?? 0) > now) return REFUSED;
    const running = this.#asking.get(digest);
    if (running !== undefined) return running;
    const asking = this.#askInTurn(token, known === undefined ? 'strangers' : 'users');
    this.#asking.set(digest, asking);
    try {
      const answer = await asking;
      this.#keep(digest, answer);
      return answer;
    } finally {
      this.#asking.delete(digest);
    }
  }

  /** Whether a token that was found good counts without being asked for again. */
  counts(digest: string): boolean {
    const known = this.#users.get(digest);
    return known !== undefined && known.until > this.#clock.monotonic();
  }

  async #askInTurn(token: string, lane: string): Promise<Introspected> {
    const ran = await this.#places.run(lane, () => this.#ask(token));
    return ran.kind === 'done' ? ran.value : UNAVAILABLE;
  }

  async #ask(token: string): Promise<Introspected> {
    const answer = await this.#documents.get(this.#url, {
      authorization: `Bearer ${token}`,
      ...(this.#serviceKey === undefined ? {} : { apikey: this.#serviceKey }),
    });
    if (answer.kind === 'failed') return UNAVAILABLE;
    const { status, body } = answer;
    if (status === 200 && typeof body === 'object' && body !== null && !Array.isArray(body)) {
      return { kind: 'user', user: body as Readonly<Record<string, unknown>> };
    }
    // 403 is what a user that is gone or banned gets; all else says nothing of the token.
    return status === 401 || status === 403 ? REFUSED : UNAVAILABLE;
  }

  #keep(digest: string, answer: Introspected): void {
    if (answer.kind === 'unavailable') return;
    const until = this.#clock.monotonic() + COUNTS_MS;
    this.#users.delete(digest);
    this.#refused.delete(digest);
    if (answer.kind === 'user') addTo(this.#users, digest, { answer, until });
    else addTo(this.#refused, digest, until);
  }
}

function addTo<V>(kept: Map<string, V>, digest: string, value: V): void {
  if (kept.size >= KEPT_MAX) {
    const [first] = kept.keys();
    if (first !== undefined) kept.delete(first);
  }
  kept.set(digest, value);
}
