/**
 * OAuth clients of organizations and applications: how one gets its first secret and every further
 * one, and how a secret is fetched once.
 */
import type { ClientRecord, SecretRetrievalRecord } from '../catalog/client-records.ts';
import { NO_PARENT } from '../catalog/records.ts';
import { withNewSecret, type ClientOwner } from '../credentials/clients/client-secrets.ts';
import {
  mintRetrieval,
  openRetrieval,
  retrievalDocument,
} from '../credentials/clients/secret-retrieval.ts';
import { clientIdOf } from '../credentials/tokens/client-principal.ts';
import type { Visitor } from './access.ts';
import { auditRecord, type Change } from './audit-record.ts';
import { replace } from './catalog-change.ts';
import type { AdminDependencies } from './dependencies.ts';
import { Fault } from './fault.ts';
import { toApiTime } from './time.ts';

/** What a client shows at `/auth/token`. */
export interface IssuedClient {
  readonly client_id: string;
  readonly client_secret: string;
}

/**
 * Makes the client of a new organization (`app_id` null) or application. The secret is in the
 * answer and nowhere else. What was there before keeps working.
 */
export function issueClient(
  deps: AdminDependencies,
  change: Change,
  owner: ClientOwner,
): Promise<IssuedClient> {
  return newSecret(deps, change, owner, { graceEndsAt: Infinity, revokeTokens: false });
}

/** How earlier secrets, and the tokens got by them, go on. */
export interface Terms {
  /** Milliseconds since the epoch; infinity: as long as before. */
  readonly graceEndsAt: number;
  readonly revokeTokens: boolean;
}

/** Gives a client a new secret; makes the client if there is none. */
export async function newSecret(
  deps: AdminDependencies,
  change: Change,
  owner: ClientOwner,
  { graceEndsAt, revokeTokens }: Terms,
): Promise<IssuedClient> {
  const client_id = clientIdOf(owner.org_id, owner.app_id);
  const place = { kind: 'oauth_client', id: client_id, parent: owner.org_id } as const;
  for (;;) {
    const before = (await deps.catalog.get<ClientRecord>('oauth_client', client_id))?.value;
    const minted = await deps.oauth.secrets.mint(before?.salt);
    const now = deps.clock.now();
    try {
      await replace<ClientRecord>(deps, place, change, (found) => {
        // All its secrets have one salt: this was made under another.
        if (found !== undefined && found.salt !== minted.salt) throw new MadeMeanwhile();
        return withNewSecret(found, owner, { minted, now, graceEndsAt, revokeTokens });
      });
      return { client_id, client_secret: minted.client_secret };
    } catch (error) {
      if (!(error instanceof MadeMeanwhile)) throw error;
    }
  }
}

/** Somebody else has made the client between two steps. */
class MadeMeanwhile extends Error {
  override readonly name = 'MadeMeanwhile';
}

/** A token that fetches a secret once, until it expires (milliseconds since the epoch). */
export async function offerSecret(
  deps: AdminDependencies,
  { client_id, client_secret }: IssuedClient,
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const { token, id, sealed } = mintRetrieval(deps.ids, client_id, client_secret);
  const expiresAt = deps.clock.now() + deps.oauth.retrievalMs;
  const value: SecretRetrievalRecord = { client_id, sealed, expires_at: toApiTime(expiresAt) };
  await deps.catalog.put({
    kind: 'secret_retrieval',
    id,
    parent: NO_PARENT,
    value,
    expected: 0,
    quiet: true,
  });
  return { token, expiresAt };
}

/**
 * The secret behind a token, once. Throws a `Fault`: 401 when there is no such token of this client
 * or it has expired, 404 when it was used.
 */
export async function takeSecret(
  deps: AdminDependencies,
  visitor: Visitor,
  owner: ClientOwner,
  token: string,
): Promise<IssuedClient & { readonly expires_at: string }> {
  const client_id = clientIdOf(owner.org_id, owner.app_id);
  const id = retrievalDocument(token);
  const found = await deps.catalog.get<SecretRetrievalRecord>('secret_retrieval', id);
  if (found?.value.client_id !== client_id) throw notValid();
  const { sealed, expires_at } = found.value;
  if (sealed === null) throw used();
  if (Date.parse(expires_at) <= deps.clock.now()) throw notValid();
  const client_secret = openRetrieval(token, client_id, sealed);
  if (client_secret === undefined) throw notValid();
  const place = { kind: 'secret_retrieval', id } as const;
  const value: SecretRetrievalRecord = { ...found.value, sealed: null };
  // The id follows from the token: the record of the change names the client instead.
  const change = { visitor, org_id: owner.org_id, resource_id: client_id };
  const taken = await deps.catalog.put({
    ...place,
    parent: NO_PARENT,
    value,
    expected: found.revision,
    quiet: true,
    audit: auditRecord(deps, change, place, { before: found.value, after: value }),
  });
  // Of two at once, one has it.
  if (taken.kind === 'conflict') throw used();
  return { client_id, client_secret, expires_at };
}

function notValid(): Fault {
  return new Fault('UNAUTHORIZED', 'The retrieval token is not valid, or has expired.');
}

function used(): Fault {
  return new Fault('NOT_FOUND', 'The secret has been fetched already.', {
    hint: 'Rotate the secret to get another.',
  });
}
