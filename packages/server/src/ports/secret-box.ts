/**
 * Keeps secrets that must be known again: what the store holds of them is of no use without a key
 * from outside it.
 */
export interface SecretBox {
  /**
   * The secret as text that only this box opens again, and only for the same purpose. A purpose
   * names what the secret is for, such as `webhook <id>`, so that none can be put in another's
   * place.
   */
  seal(purpose: string, secret: string): string;
  /** Undefined: not sealed here for this purpose, or its key is gone. */
  open(purpose: string, sealed: string): string | undefined;
}
