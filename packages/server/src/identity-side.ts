/** Who signs people in, put together from the settings. A part of the composition root. */
import { httpDocuments } from './adapters/issuers/http-documents.ts';
import { environmentSecret } from './adapters/system/environment.ts';
import type { Settings } from './config/settings.ts';
import { PeopleAuthority } from './credentials/people/people-authority.ts';
import type { Keeper } from './keeper/keeper.ts';
import type { CatalogStore } from './ports/catalog-store.ts';
import type { Clock } from './ports/clock.ts';

const DOCUMENT_TIMEOUT_MS = 5_000;
const DOCUMENT_BYTES_MAX = 256 * 1_024;

/**
 * Opens what tells people apart; nothing is asked of an issuer before its first token comes. Throws
 * when a secret that an issuer needs is not in the environment.
 */
export function openPeople(
  { trustedIssuers: issuers }: Settings,
  parts: { readonly catalog: CatalogStore; readonly clock: Clock; readonly keeper: Keeper },
): PeopleAuthority {
  const { catalog, clock, keeper } = parts;
  return new PeopleAuthority({
    ...{ catalog, clock, issuers, secretOf: environmentSecret },
    ...{ defaults: keeper.defaults, quotas: keeper.quotas },
    documents: httpDocuments({ timeoutMs: DOCUMENT_TIMEOUT_MS, bytesMax: DOCUMENT_BYTES_MAX }),
  });
}
