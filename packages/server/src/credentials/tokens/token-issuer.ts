/**
 * Makes the tokens of OAuth clients: an access token with a refresh token, and further ones by it.
 */
import { CLIENT_SCOPES, type ClientScope } from '@tollkeeper/contract';
import { SignJWT } from 'jose';
import type { ClientRecord } from '../../catalog/client-records.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import type { AccessClaims, RefreshClaims } from './claims.ts';
import type { SigningKeyRing } from './signing-key-ring.ts';

/** How long tokens live, and who says so. */
export interface TokenTerms {
  readonly issuer: string;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
}

export interface IssuedTokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export class TokenIssuer {
  readonly terms: TokenTerms;
  readonly #keys: SigningKeyRing;
  readonly #clock: Clock;
  readonly #ids: Ids;

  constructor(parts: {
    readonly terms: TokenTerms;
    readonly keys: SigningKeyRing;
    readonly clock: Clock;
    readonly ids: Ids;
  }) {
    this.terms = parts.terms;
    this.#keys = parts.keys;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
  }

  /** An access token and its refresh token: a family. `scopes`: what they are good for. */
  async issue(
    client: ClientRecord,
    scopes: readonly ClientScope[] = CLIENT_SCOPES,
  ): Promise<IssuedTokens> {
    const iat = this.#seconds();
    const refresh: RefreshClaims = {
      sub: client.client_id,
      token_type: 'refresh',
      iat,
      exp: iat + this.terms.refreshSeconds,
      iss: this.terms.issuer,
      jti: this.#ids.uuid(),
      generation: client.generation,
      scope: scopes,
    };
    const [access_token, refresh_token] = await Promise.all([
      this.access(client, refresh),
      this.#sign(refresh),
    ]);
    return { access_token, refresh_token };
  }

  /** A further access token by a refresh token that was found good. */
  access(client: ClientRecord, refresh: RefreshClaims): Promise<string> {
    const iat = this.#seconds();
    const claims: AccessClaims = {
      sub: client.client_id,
      org_id: client.org_id,
      app_id: client.app_id,
      scope: refresh.scope,
      token_type: 'access',
      iat,
      exp: iat + this.terms.accessSeconds,
      iss: this.terms.issuer,
      jti: this.#ids.uuid(),
      family: refresh.jti,
      generation: refresh.generation,
    };
    return this.#sign(claims);
  }

  async #sign(claims: AccessClaims | RefreshClaims): Promise<string> {
    const { kid, key } = await this.#keys.signer();
    const payload = { ...claims, scope: [...claims.scope] };
    return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid }).sign(key);
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}
