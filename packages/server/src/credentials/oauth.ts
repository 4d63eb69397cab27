/** All that OAuth clients need, put together: once a process. */
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { SecretBox } from '../ports/secret-box.ts';
import type { Settings } from '../config/settings.ts';
import { ClientSecrets, type CheckBounds } from './clients/client-secrets.ts';
import { scryptHash, type SlowHash } from './clients/slow-hash.ts';
import type { MasterKeys } from './master-keys.ts';
import { masterKeyBox } from './secret-box.ts';
import { SigningKeyRing } from './tokens/signing-key-ring.ts';
import { TokenAuthority } from './tokens/token-authority.ts';
import { TokenIssuer, type TokenTerms } from './tokens/token-issuer.ts';

/** What the API of OAuth clients works with. */
export interface OAuth {
  readonly tokens: TokenAuthority;
  readonly issuer: TokenIssuer;
  readonly secrets: ClientSecrets;
  readonly keys: SigningKeyRing;
  readonly box: SecretBox;
  /** How long a new secret can be fetched, in milliseconds. */
  readonly retrievalMs: number;
}

export interface OAuthParts {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly box: SecretBox;
  readonly hash: SlowHash;
  readonly terms: TokenTerms;
  readonly bounds: CheckBounds;
  readonly retrievalMs: number;
}

/** See the head of the file. */
export function oauthOf(parts: OAuthParts): OAuth {
  const { catalog, clock, ids, box, hash, terms, bounds, retrievalMs } = parts;
  const keys = new SigningKeyRing({ catalog, clock, ids, box });
  return {
    tokens: new TokenAuthority({ catalog, clock, keys, issuer: terms.issuer }),
    issuer: new TokenIssuer({ terms, keys, clock, ids }),
    secrets: new ClientSecrets({ catalog, clock, ids, hash, bounds }),
    keys,
    box,
    retrievalMs,
  };
}

/** All of it as the settings say. */
export function openOAuth(
  settings: Settings,
  parts: Pick<OAuthParts, 'catalog' | 'clock' | 'ids'> & { readonly masterKeys: MasterKeys },
): OAuth {
  const { masterKeys, ...rest } = parts;
  return oauthOf({
    ...rest,
    box: masterKeyBox(masterKeys, parts.ids),
    hash: scryptHash(),
    terms: {
      issuer: settings.tokenIssuer,
      accessSeconds: settings.accessTokenSeconds,
      refreshSeconds: settings.refreshTokenSeconds,
    },
    bounds: {
      runningMax: settings.secretChecksMax,
      waitingMax: settings.secretChecksWaitingMax,
      failuresMax: settings.secretFailuresMax,
    },
    retrievalMs: settings.secretRetrievalSeconds * 1000,
  });
}
