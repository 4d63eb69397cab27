/**
 * Answers the question "which person does this token of a trusted issuer speak for?". As
 * `CredentialAuthority` does for keys: `peek` answers from memory, `resolve` by the catalogue as it
 * is now, and an answer carries the catalogue's revision by which it was read.
 */
import type { TrustedIssuer } from '../../config/trusted-issuers.ts';
import type { PersonAnswer } from './person.ts';

/** Longest token that is looked at, in characters. */
export const PERSON_TOKEN_LENGTH_MAX = 8_192;

/** See the head of the file. One per process. */
export class PeopleAuthority {
  readonly #issuers: TrustedIssuer[];

  constructor(parts: { readonly issuers: readonly TrustedIssuer[] }) {
    this.#issuers = [...parts.issuers];
  }

  /** Whether anybody can sign in at all. */
  get isOpen(): boolean {
    return this.#issuers.length > 0;
  }

  /** Trusts another issuer from now on, such as one that this process itself is. */
  trust(issuer: TrustedIssuer): void {
    this.#issuers.push(issuer);
  }

  /** The answer if it is in memory. Undefined: ask `resolve`. */
  peek(_token: string): PersonAnswer | undefined {
    return undefined;
  }

  /** The answer as of now. Rejects when the store does. */
  async resolve(_token: string): Promise<PersonAnswer> {
    return { kind: 'unknown_issuer' };
  }

  /** Drops what was read by an older revision. Older or equal revisions change nothing. */
  refresh(_revision: number): void {}
}
