/**
 * Secrets of OAuth clients: made, kept as slow hashes, and checked. A check is one look into the
 * catalogue and one slow hash, whoever is named and however many secrets a client has at the time;
 * so neither an answer nor the time it takes tells a known client from an unknown one.
 */
import { timingSafeEqual } from 'node:crypto';
import type { ClientRecord } from '../../catalog/client-records.ts';
import type { CatalogStore } from '../../ports/catalog-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { clientIdOf } from '../tokens/client-principal.ts';
import { FailedAttempts, networkOf } from './failed-attempts.ts';
import { FairQueue } from './fair-queue.ts';
import type { SlowHash } from './slow-hash.ts';

const SECRET_BYTES = 32;
const SALT_BYTES = 16;
/** Secrets of one client that are kept at once; further back nothing is in its grace any more. */
const SECRETS_MAX = 32;

/** What is hashed when there is no such client: any salt is as good. */
const NO_SALT = Buffer.alloc(SALT_BYTES).toString('base64');

export interface Presented {
  readonly client_id: string;
  readonly client_secret: string;
  /** Address of the caller as the connection says it. */
  readonly address: string;
}

export type Checked =
  | { readonly kind: 'client'; readonly client: ClientRecord }
  /** No such client, or not its secret: never told apart. */
  | { readonly kind: 'refused' }
  /** Too often wrong from there. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Too many checks wait already. */
  | { readonly kind: 'crowded' };

/** A new secret with what is kept of it. */
export interface MintedSecret {
  readonly client_secret: string;
  readonly salt: string;
  readonly hash: string;
}

/** Bounds of the checking. */
export interface CheckBounds {
  /** Hashes at the same time. */
  readonly runningMax: number;
  readonly waitingMax: number;
  /** Wrong secrets of a client from one address, a minute. */
  readonly failuresMax: number;
}

export class ClientSecrets {
  readonly #catalog: CatalogStore;
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #hash: SlowHash;
  readonly #queue: FairQueue;
  readonly #failed: FailedAttempts;

  constructor(parts: {
    readonly catalog: CatalogStore;
    readonly clock: Clock;
    readonly ids: Ids;
    readonly hash: SlowHash;
    readonly bounds: CheckBounds;
  }) {
    this.#catalog = parts.catalog;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
    this.#hash = parts.hash;
    this.#queue = new FairQueue(parts.bounds);
    this.#failed = new FailedAttempts(parts.clock, parts.bounds.failuresMax);
  }

  /** Checks an id and a secret. Rejects when the store does. */
  async check({ client_id, client_secret, address }: Presented): Promise<Checked> {
    const attempt = this.#failed.begin(client_id, address);
    if (attempt.kind === 'wait') return attempt;
    const ran = await this.#queue.run(networkOf(address), async (): Promise<Checked> => {
      const client = (await this.#catalog.get<ClientRecord>('oauth_client', client_id))?.value;
      const hash = await this.#hash(client_secret, client?.salt ?? NO_SALT);
      if (!this.#isOneOf(client, hash) || client === undefined) return { kind: 'refused' };
      return { kind: 'client', client };
    });
    // What was not looked at was not wrong either.
    if (ran.kind === 'crowded' || ran.value.kind === 'client') attempt.wasRight();
    return ran.kind === 'crowded' ? ran : ran.value;
  }

  /** A new secret, under the salt that the client has or a new one. */
  async mint(salt?: string): Promise<MintedSecret> {
    const client_secret = Buffer.from(this.#ids.secret(SECRET_BYTES)).toString('base64');
    const own = salt ?? Buffer.from(this.#ids.secret(SALT_BYTES)).toString('base64');
    const hash = await this.#queue.runNow(() => this.#hash(client_secret, own));
    return { client_secret, salt: own, hash: hash.toString('base64') };
  }

  #isOneOf(client: ClientRecord | undefined, hash: Buffer): boolean {
    const now = this.#clock.now();
    const secrets = client?.secrets ?? [];
    let found = false;
    for (const { hash: kept, expires_at } of secrets) {
      const stored = Buffer.from(kept, 'base64');
      const same = stored.length === hash.length && timingSafeEqual(stored, hash);
      if (same && (expires_at === null || Date.parse(expires_at) > now)) found = true;
    }
    return found;
  }
}

/** Whose a client is. */
export interface ClientOwner {
  readonly org_id: string;
  readonly app_id: string | null;
}

/** How a client gets a new secret. Times in milliseconds. */
export interface NewSecret {
  readonly minted: MintedSecret;
  readonly now: number;
  /** Until when earlier secrets still count; infinity: as long as before. */
  readonly graceEndsAt: number;
  readonly revokeTokens: boolean;
}

/** The client with a new secret; earlier ones count until the grace ends, or sooner. */
export function withNewSecret(
  before: ClientRecord | undefined,
  owner: ClientOwner,
  { minted, now, graceEndsAt, revokeTokens }: NewSecret,
): ClientRecord {
  const at = new Date(now).toISOString();
  const old = (before?.secrets ?? [])
    .map(({ expires_at, ...secret }) => {
      const own = expires_at === null ? Infinity : Date.parse(expires_at);
      return { ...secret, endsAt: Math.min(own, graceEndsAt) };
    })
    .filter(({ endsAt }) => endsAt > now)
    .map(({ endsAt, ...secret }) => ({
      ...secret,
      expires_at: endsAt === Infinity ? null : new Date(endsAt).toISOString(),
    }));
  const fresh = { hash: minted.hash, created_at: at, expires_at: null };
  return {
    client_id: clientIdOf(owner.org_id, owner.app_id),
    org_id: owner.org_id,
    app_id: owner.app_id,
    generation: (before?.generation ?? 0) + (revokeTokens ? 1 : 0),
    salt: minted.salt,
    secrets: [fresh, ...old].slice(0, SECRETS_MAX),
    created_at: before?.created_at ?? at,
    updated_at: at,
  };
}
