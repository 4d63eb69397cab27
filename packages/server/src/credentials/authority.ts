/**
 * Answers the question "whose credential is this, and what may it do?" for both planes. Of an
 * access key it says whose it is; that the signature was made with its secret is verified
 * elsewhere.
 *
 * The data plane asks `peek` first: it answers from memory, without a promise, and is what most
 * calls get. `resolve` reads the catalogue. An answer is good for the catalogue revision by which
 * it was read; the ledger compares that revision inside `reserve` and answers `stale` when any
 * process has changed a key, a grant or an organization since. Then the caller does `refresh` and
 * `resolve`. So a revocation counts from the next call on, in every process, though nobody asks
 * the catalogue on every call.
 *
 * Answers that could turn favourable without a change of this process (an unknown key that another
 * process has just made) are not kept. Expiry is checked on every answer, kept or not.
 */
import type { Grant, Principal, RateLimits } from '@tollkeeper/core';
import {
  applicationDocument,
  PROVISIONING_KEY_SETTING,
  type AccessKeyRecord,
  type ApiKeyRecord,
  type ApplicationRecord,
  type KeyRecord,
  type OrganizationRecord,
  type ProvisioningKeyRecord,
} from '../catalog/records.ts';
import { NO_DEFAULTS, type KeeperDefaults } from '../config/keeper-defaults.ts';
import { effectiveConfig, type EffectiveConfig } from '../keeper/effective.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';

import { KeptAnswers, type Reading } from './kept-answers.ts';
import { formOf, hashToken, sameHash, TOKEN_LENGTH_MAX } from './api-key.ts';
import { callerOf, grantsOf } from './caller-of.ts';

/** Everything that a call needs to be authorised, without another read. */
export interface Caller {
  readonly principal: Principal;
  readonly keyName: string | null;
  /** What of the gateway's AWS rights the organization may use. */
  readonly grants: readonly Grant[];
  /** Each level's own limits; all of them apply. */
  readonly rateLimits: {
    readonly key: RateLimits;
    readonly application: RateLimits;
    readonly organization: RateLimits;
  };
  /** How tokens of people name the organization besides its UUID; null: by that alone. */
  readonly tenantId: string | null;
  /** IANA time zone. */
  readonly orgTimezone: string;
  /** Labels and quotas of the application; null where its organization has none. */
  readonly keeping: EffectiveConfig | null;
}

/** What a token turned out to be. */
export type Authenticated =
  /** `revision` is that of the catalogue by which the caller was read: it goes into `Reserve`. */
  | { readonly kind: 'key'; readonly caller: Caller; readonly revision: number }
  | { readonly kind: 'provisioning' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'expired' }
  /** Not ours, but recognised: `what` names it, such as `an Amazon Bedrock API key`. */
  | { readonly kind: 'wrong_kind'; readonly what: string };

interface Kept {
  readonly answer: Authenticated;
  /** Milliseconds since the epoch from which the key is expired, or null. */
  readonly expiresAt: number | null;
}

const UNKNOWN: Authenticated = Object.freeze({ kind: 'unknown' });
const EXPIRED: Authenticated = Object.freeze({ kind: 'expired' });

/** Most answers kept at once; the one that was added first goes first. */
const KEPT_ANSWERS_MAX = 10_000;

/** See the head of the file. One per process. */
export class CredentialAuthority {
  readonly #catalog: CatalogStore;
  readonly #clock: Clock;
  readonly #defaults: KeeperDefaults;
  /** By SHA-256 of the token, so that no token is held in memory; access keys by their key id. */
  readonly #kept = new KeptAnswers<Kept>(KEPT_ANSWERS_MAX);

  /** `defaults`: what the settings file says of labels and quotas; absent: nothing. */
  constructor(parts: {
    readonly catalog: CatalogStore;
    readonly clock: Clock;
    readonly defaults?: KeeperDefaults;
  }) {
    this.#catalog = parts.catalog;
    this.#clock = parts.clock;
    this.#defaults = parts.defaults ?? NO_DEFAULTS;
  }

  /** Revision of the catalogue by which all kept answers were read; -1 before the first. */
  get catalogRevision(): number {
    return this.#kept.revision;
  }

  /** The answer if it is in memory. Undefined: ask `resolve`. */
  peek(token: string): Authenticated | undefined {
    if (token.length > TOKEN_LENGTH_MAX) return undefined;
    const kept = this.#kept.get(hashToken(token));
    return kept === undefined ? undefined : this.#current(kept);
  }

  /**
   * The answer as of now: reads the catalogue's revision, and the documents if they are not in
   * memory for that revision. Rejects when the store does.
   */
  async resolve(token: string): Promise<Authenticated> {
    const form = formOf(token);
    if (form.kind === 'foreign') return { kind: 'wrong_kind', what: form.what };
    if (form.kind === 'malformed') return UNKNOWN;
    const digest = hashToken(token);
    const revision = await this.#catalog.revision();
    const keyId = form.kind === 'api_key' ? form.key_id : undefined;
    const read = (): Promise<Kept> => this.#read(keyId, digest, revision);
    return this.#load(digest, revision, read);
  }

  /** As `peek`, of an access key. Key ids are shorter than hashes, so the two never meet. */
  peekAccessKey(keyId: string): Authenticated | undefined {
    const kept = this.#kept.get(keyId);
    return kept === undefined ? undefined : this.#current(kept);
  }

  /** As `resolve`, of an access key. */
  async resolveAccessKey(keyId: string): Promise<Authenticated> {
    const revision = await this.#catalog.revision();
    return this.#load(keyId, revision, () => this.#readAccessKey(keyId, revision));
  }

  /** `peek`, then `resolve`: for callers for whom waiting is no matter. */
  async authenticate(token: string): Promise<Authenticated> {
    return this.peek(token) ?? (await this.resolve(token));
  }

  /** Drops what was read by an older revision. Older or equal revisions change nothing. */
  refresh(revision: number): void {
    this.#kept.refresh(revision);
  }

  #current(kept: Kept): Authenticated {
    const expired = kept.expiresAt !== null && kept.expiresAt <= this.#clock.now();
    return expired ? EXPIRED : kept.answer;
  }

  /** What is not known may be made by another process, which nothing here would notice. */
  async #load(name: string, revision: number, read: () => Promise<Kept>): Promise<Authenticated> {
    const reading = async (): Promise<Reading<Kept>> => {
      const answer = await read();
      return { answer, keep: answer.answer.kind !== 'unknown' };
    };
    return this.#current(await this.#kept.load(name, revision, reading));
  }

  async #read(keyId: string | undefined, digest: string, revision: number): Promise<Kept> {
    if (keyId === undefined) return this.#readProvisioning(digest);
    const key = (await this.#catalog.get<ApiKeyRecord>('api_key', keyId))?.value;
    if (key === undefined || !sameHash(digest, key.hash)) return lasting(UNKNOWN);
    return this.#readOwners(key, revision);
  }

  async #readAccessKey(keyId: string, revision: number): Promise<Kept> {
    const key = await this.#catalog.get<AccessKeyRecord>('access_key', keyId);
    return key === undefined ? lasting(UNKNOWN) : this.#readOwners(key.value, revision);
  }

  /** The key with all that its organization and application say of it. */
  async #readOwners(key: KeyRecord, revision: number): Promise<Kept> {
    if (key.revoked_at !== null) return lasting({ kind: 'revoked' });
    const [organization, application, grants] = await Promise.all([
      this.#catalog.get<OrganizationRecord>('organization', key.org_id),
      this.#catalog.get<ApplicationRecord>(
        'application',
        applicationDocument(key.org_id, key.app_id),
      ),
      grantsOf(this.#catalog, key.org_id),
    ]);
    if (organization === undefined || application === undefined) return lasting(UNKNOWN);
    const keeping = effectiveConfig(
      organization.value,
      application.value,
      key.app_id,
      this.#defaults,
    );
    const caller = callerOf(key, organization.value, application.value, grants, keeping);
    const expiresAt = key.expires_at === null ? null : Date.parse(key.expires_at);
    return { answer: { kind: 'key', caller, revision }, expiresAt };
  }

  async #readProvisioning(digest: string): Promise<Kept> {
    const setting = await this.#catalog.get<ProvisioningKeyRecord>(
      'setting',
      PROVISIONING_KEY_SETTING,
    );
    const same = setting !== undefined && sameHash(digest, setting.value.hash);
    return lasting(same ? { kind: 'provisioning' } : UNKNOWN);
  }
}

function lasting(answer: Authenticated): Kept {
  return { answer, expiresAt: null };
}
