/**
 * What the catalogue keeps of OAuth clients: the clients themselves, the keys that sign their
 * tokens, the tokens that were ended before their time, and secrets that wait to be fetched. Times
 * are RFC 3339, UTC.
 */

/** An OAuth client; its document's id is the client id, its parent the organization. */
export interface ClientRecord {
  readonly client_id: string;
  readonly org_id: string;
  /** Null: the organization's own client. */
  readonly app_id: string | null;
  /** Raised to end every token of the client. */
  readonly generation: number;
  /** Of all its secrets, so that one slow hash tells whether it is any of them. Base64. */
  readonly salt: string;
  /** Newest first. */
  readonly secrets: readonly ClientSecretRecord[];
  readonly created_at: string;
  readonly updated_at: string;
}

export interface ClientSecretRecord {
  /** A slow hash, base64. */
  readonly hash: string;
  readonly created_at: string;
  /** Null: it stays until it is replaced. */
  readonly expires_at: string | null;
}

/** The one document of all signing keys, so that a rotation is one conditional write. */
export interface SigningKeysRecord {
  /** Newest first. */
  readonly keys: readonly SigningKeyRecord[];
}

export interface SigningKeyRecord {
  readonly kid: string;
  /** Coordinates of the public point on P-256, base64url as in RFC 7518, section 6.2. */
  readonly x: string;
  readonly y: string;
  /** The private key in the secret box. */
  readonly sealed: string;
  readonly created_at: string;
  readonly signs_from: string;
  /** From when on what it signed is refused; null: it has no successor yet. */
  readonly retires_at: string | null;
}

/** Document id of the signing keys. */
export const SIGNING_KEYS = 'all';

/** A token that was ended; the document's id is its `jti`. */
export interface RevokedTokenRecord {
  readonly client_id: string;
  readonly token_type: 'access' | 'refresh';
  readonly revoked_at: string;
  /** When the last token that this could end has expired. */
  readonly keep_until: string;
}

/** A secret that can be fetched once; the document's id follows from the token of the retrieval. */
export interface SecretRetrievalRecord {
  readonly client_id: string;
  /** Under a key that follows from the token alone; null once it was fetched. */
  readonly sealed: string | null;
  readonly expires_at: string;
}
