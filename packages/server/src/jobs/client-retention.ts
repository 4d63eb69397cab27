/**
 * Removes what is kept of clients for a time only: ended tokens that have expired anyhow, secrets
 * that can no longer be fetched, and what was asked of AWS under a client token long ago.
 */
import type { RevokedTokenRecord, SecretRetrievalRecord } from '../catalog/client-records.ts';
import type { ProvisionedRequestRecord } from '../catalog/provisioned-records.ts';
import type { CatalogKind, CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PAGE = 500;
/** How long a repeated client token is known, so that what it asks for is not bought again. */
const REQUEST_DAYS = 366;

type Kept =
  | Pick<RevokedTokenRecord, 'keep_until'>
  | Pick<SecretRetrievalRecord, 'expires_at'>
  | Pick<ProvisionedRequestRecord, 'created_at'>;

/** A round of the sweep: works once an hour at most, and tries again when it failed. */
export function clientRetention(parts: {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
}): () => Promise<void> {
  const { catalog, clock } = parts;
  let next = -Infinity;
  return async () => {
    if (clock.monotonic() < next) return;
    await forget(catalog, 'revoked_token', clock.now());
    // For a day after its end a token is told that it was used, not that it never was.
    await forget(catalog, 'secret_retrieval', clock.now() - DAY_MS);
    await forget(catalog, 'provisioned_request', clock.now() - REQUEST_DAYS * DAY_MS);
    next = clock.monotonic() + HOUR_MS;
  };
}

/** No cache keeps them as they are past their time, so their going is nobody's news. */
async function forget(catalog: CatalogStore, kind: CatalogKind, before: number): Promise<void> {
  let cursor: string | undefined;
  for (;;) {
    const options = { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next_cursor } = await catalog.list<Kept>(kind, options);
    for (const { id, value } of items) {
      if (Date.parse(endOf(value)) < before) await catalog.remove(kind, id, { quiet: true });
    }
    if (next_cursor === null) return;
    cursor = next_cursor;
  }
}

/** From when on it is kept for a while and no longer. */
function endOf(value: Kept): string {
  if ('keep_until' in value) return value.keep_until;
  return 'expires_at' in value ? value.expires_at : value.created_at;
}
