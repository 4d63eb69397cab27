/**
 * Answers the question "which person does this token of a trusted issuer speak for?". As
 * `CredentialAuthority` does for keys: `peek` answers from memory, `resolve` by the catalogue as it
 * is now, and an answer carries the catalogue's revision by which it was read.
 *
 * Two things are kept, both by SHA-256 of the token: that it was proven, for as long as the keys
 * that it was proven by are published; and what the catalogue says of its person, for as long as
 * the catalogue stays as it is. Expiry is checked on every answer. What was refused is not kept:
 * nothing that a stranger sends takes the place of what somebody else needs.
 */
import type { KeeperDefaults } from '../../config/keeper-defaults.ts';
import type { TrustedIssuer } from '../../config/trusted-issuers.ts';
import {
  applicationDocument,
  type ApplicationRecord,
  type OrganizationRecord,
  type TenantRecord,
} from '../../catalog/records.ts';
import { effectiveConfig } from '../../keeper/effective.ts';
import type { QuotaBudgets } from '../../keeper/quota-budgets.ts';
import type { CatalogStore } from '../../ports/catalog-store.ts';
import { hashToken } from '../api-key.ts';
import type { Caller } from '../authority.ts';
import { callerOf, grantsOf } from '../caller-of.ts';
import { KeptAnswers } from '../kept-answers.ts';
import {
  isJwt,
  ROLE_SCOPES,
  seesAll,
  type Person,
  type PersonAnswer,
  type Role,
} from './person.ts';
import { proverOf, type Prover, type ProverParts } from './provers.ts';
import { statedPerson, type StatedPerson } from './stated-person.ts';
import { faultOf, readToken, type ReadToken } from './token-claims.ts';

/** Longest token that is looked at, in characters. */
export const PERSON_TOKEN_LENGTH_MAX = 8_192;

export interface PeopleParts extends ProverParts {
  readonly catalog: CatalogStore;
  readonly defaults: KeeperDefaults;
  /** Makes the budgets of applications that nobody registered. */
  readonly quotas: Pick<QuotaBudgets, 'ensure'>;
  readonly issuers: readonly TrustedIssuer[];
}

interface Trusted {
  readonly issuer: TrustedIssuer;
  readonly prover: Prover;
}

/** A token that was found genuine. */
interface Proof {
  readonly kind: 'proof';
  /** Tells it from an earlier proof of the same token, which may have said something else. */
  readonly number: number;
  readonly trusted: Trusted;
  readonly stated: StatedPerson;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly counts: () => boolean;
  readonly isFresh: () => boolean;
}

type Refusal = Exclude<PersonAnswer, { kind: 'person' }>;

/** Most tokens that are known at once. */
const KEPT_MAX = 20_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EXPIRED: Refusal = Object.freeze({ kind: 'expired' });
const NO_TENANT: Refusal = Object.freeze({ kind: 'no_tenant' });
const NO_ROLE: Refusal = Object.freeze({ kind: 'no_role' });

/** See the head of the file. One per process. */
export class PeopleAuthority {
  readonly #parts: PeopleParts;
  /** By `iss`. */
  readonly #trusted = new Map<string, Trusted[]>();
  readonly #proofs = new Map<string, Proof>();
  readonly #kept = new KeptAnswers<PersonAnswer>(KEPT_MAX);
  #proofNumber = 0;

  /** Throws when a secret that an issuer needs is not in the environment. */
  constructor(parts: PeopleParts) {
    this.#parts = parts;
    for (const issuer of parts.issuers) this.trust(issuer);
  }

  /** Whether anybody can sign in at all. */
  get isOpen(): boolean {
    return this.#trusted.size > 0;
  }

  /** Whether a token says that a trusted issuer made it. That proves nothing. */
  knows(token: string): boolean {
    if (token.length > PERSON_TOKEN_LENGTH_MAX || !isJwt(token)) return false;
    const issuer = readToken(token)?.claims['iss'];
    return typeof issuer === 'string' && this.#trusted.has(issuer);
  }

  /** Trusts another issuer from now on, such as one that this process itself is. */
  trust(issuer: TrustedIssuer): void {
    const trusted = { issuer, prover: proverOf(issuer, this.#parts) };
    this.#trusted.set(issuer.issuer, [...(this.#trusted.get(issuer.issuer) ?? []), trusted]);
  }

  /** The answer if it is in memory. Undefined: ask `resolve`. */
  peek(token: string): PersonAnswer | undefined {
    if (token.length > PERSON_TOKEN_LENGTH_MAX || this.#proofs.size === 0) return undefined;
    const digest = hashToken(token);
    const proof = this.#proofs.get(digest);
    if (proof?.counts() !== true || !proof.isFresh()) return undefined;
    if (proof.expiresAt <= this.#parts.clock.now()) return EXPIRED;
    return this.#kept.get(nameOf(digest, proof));
  }

  /** The answer as of now. Rejects when the store does. */
  async resolve(token: string): Promise<PersonAnswer> {
    if (token.length > PERSON_TOKEN_LENGTH_MAX) return { kind: 'invalid', fault: 'too_long' };
    if (!isJwt(token)) return { kind: 'invalid', fault: 'form' };
    const digest = hashToken(token);
    const proof = await this.#proofOf(token, digest);
    if (proof.kind !== 'proof') return proof;
    if (proof.expiresAt <= this.#parts.clock.now()) return EXPIRED;
    const revision = await this.#parts.catalog.revision();
    return this.#kept.load(nameOf(digest, proof), revision, async () => {
      const answer = await this.#read(proof, revision);
      // Without an organization it could turn out otherwise by a change of another process, which
      // nothing would tell: no call is made that the ledger could compare revisions on.
      return { answer, keep: answer.kind === 'person' && answer.caller !== null };
    });
  }

  /** Drops what was read by an older revision. Older or equal revisions change nothing. */
  refresh(revision: number): void {
    this.#kept.refresh(revision);
  }

  async #proofOf(token: string, digest: string): Promise<Proof | Refusal> {
    const known = this.#proofs.get(digest);
    if (known?.counts() === true) {
      known.trusted.prover.renew();
      return known;
    }
    this.#proofs.delete(digest);
    const read = readToken(token);
    if (read === undefined) return { kind: 'invalid', fault: 'form' };
    const { iss } = read.claims;
    const issuers = typeof iss === 'string' ? this.#trusted.get(iss) : undefined;
    if (issuers === undefined) return { kind: 'unknown_issuer' };
    let refusal: Refusal = { kind: 'invalid', fault: 'algorithm' };
    // One issuer may be there twice, while it goes from a secret to published keys.
    for (const trusted of issuers) {
      if (!trusted.issuer.algorithms.includes(read.algorithm)) continue;
      const proof = await this.#prove(trusted, token, digest, read);
      if (proof.kind === 'proof') {
        this.#keep(digest, proof);
        return proof;
      }
      refusal = proof;
    }
    return refusal;
  }

  async #prove(
    trusted: Trusted,
    token: string,
    digest: string,
    read: ReadToken,
  ): Promise<Proof | Refusal> {
    const { issuer, prover } = trusted;
    const { clock } = this.#parts;
    // To ask an issuer of a token that it did not make for us would show it to a stranger.
    const early =
      issuer.kind === 'introspection' ? refusalOf(issuer, read, clock.now()) : undefined;
    if (early !== undefined) return early;
    const proven = await prover.prove(token, digest, read);
    if (proven.kind !== 'proven') return proven;
    const { claims, counts, isFresh } = proven;
    const refusal = refusalOf(issuer, read, clock.now());
    if (refusal !== undefined) return refusal;
    const stated = statedPerson(issuer, claims);
    if (stated === undefined) return { kind: 'invalid', fault: 'claims' };
    const expiresAt = Number(claims['exp']) * 1_000;
    const number = (this.#proofNumber += 1);
    return { kind: 'proof', number, trusted, stated, expiresAt, counts, isFresh };
  }

  #keep(digest: string, proof: Proof): void {
    if (this.#proofs.size >= KEPT_MAX) {
      const [first] = this.#proofs.keys();
      if (first !== undefined) this.#proofs.delete(first);
    }
    this.#proofs.set(digest, proof);
  }

  /** What the catalogue makes of a person. */
  async #read({ trusted: { issuer }, stated }: Proof, revision: number): Promise<PersonAnswer> {
    const { role } = stated;
    if (role === null) return NO_ROLE;
    const organization = await this.#organizationOf(issuer, stated.tenant);
    if (organization === undefined && !seesAll(role)) return NO_TENANT;
    const { subject, app_id, user_id, email, permissions } = stated;
    const person: Person = Object.freeze({
      ...{ issuer_id: issuer.id, subject, org_id: organization?.org_id ?? null },
      ...{ tenant: organization === undefined ? null : stated.tenant, app_id, user_id, email },
      ...{ role, scopes: ROLE_SCOPES[role], permissions },
    });
    const caller =
      organization === undefined ? null : await this.#callerOf(organization, stated, role);
    return { kind: 'person', person, caller, revision };
  }

  /** The organization that a tenant claim names, if its issuer may speak for it. */
  async #organizationOf(
    { tenants }: TrustedIssuer,
    tenant: string | null,
  ): Promise<OrganizationRecord | undefined> {
    if (tenant === null) return undefined;
    const { catalog } = this.#parts;
    const named = UUID.test(tenant) ? tenant.toLowerCase() : tenant;
    if (tenants !== null && !tenants.includes(named)) return undefined;
    if (UUID.test(named)) {
      return (await catalog.get<OrganizationRecord>('organization', named))?.value;
    }
    const owner = await catalog.get<TenantRecord>('tenant', tenant);
    if (owner === undefined) return undefined;
    const { org_id } = owner.value;
    const found = (await catalog.get<OrganizationRecord>('organization', org_id))?.value;
    // The organization has the last word, also while its tenant id is being changed.
    return found?.tenant_id === tenant ? found : undefined;
  }

  async #callerOf(
    organization: OrganizationRecord,
    { app_id, user_id }: StatedPerson,
    role: Role,
  ): Promise<Caller> {
    const { catalog, defaults, quotas } = this.#parts;
    const { org_id } = organization;
    const [application, grants] = await Promise.all([
      catalog.get<ApplicationRecord>('application', applicationDocument(org_id, app_id)),
      grantsOf(catalog, org_id),
    ]);
    const keeping = effectiveConfig(organization, application?.value, app_id, defaults);
    await quotas.ensure(keeping);
    const credential = {
      ...{ org_id, app_id, user_id, key_id: null, name: null },
      ...{ scopes: ROLE_SCOPES[role], models: null, policy: {}, rate_limits: {} },
    };
    return callerOf(credential, organization, application?.value, grants, keeping);
  }
}

function refusalOf(issuer: TrustedIssuer, read: ReadToken, now: number): Refusal | undefined {
  const fault = faultOf(issuer, read, now);
  if (fault !== undefined) return { kind: 'invalid', fault };
  return Number(read.claims['exp']) * 1_000 <= now ? EXPIRED : undefined;
}

function nameOf(digest: string, { number }: Proof): string {
  return `${digest}/${number}`;
}
