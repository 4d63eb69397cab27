/**
 * Signing keys of AWS Signature Version 4: four steps from a secret, kept for the day they hold.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** What a signing key is good for. */
export interface SigningScope {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** Most keys kept at once; the one that was added first goes first. */
const KEPT_MAX = 10_000;

/** Derives and remembers signing keys. One per process. */
export class SigningKeys {
  readonly #kept = new Map<string, KeyObject>();

  /**
   * The key of a scope. `secretOf` is asked, for the secret of its access key, only when the key is
   * not known; undefined when it answers so.
   */
  of(scope: SigningScope, secretOf: () => string | undefined): KeyObject | undefined {
    const { accessKeyId, date, region, service } = scope;
    const name = `${accessKeyId}/${date}/${region}/${service}`;
    const before = this.#kept.get(name);
    if (before !== undefined) return before;
    const secret = secretOf();
    if (secret === undefined) return undefined;
    const derived = [date, region, service, 'aws4_request'].reduce<Buffer>(
      (from, step) => createHmac('sha256', from).update(step).digest(),
      Buffer.from(`AWS4${secret}`),
    );
    // With a key object an HMAC takes 4 us; with bytes Node makes one each time, which takes 25.
    const key = createSecretKey(derived);
    if (this.#kept.size >= KEPT_MAX) {
      const [first] = this.#kept.keys();
      if (first !== undefined) this.#kept.delete(first);
    }
    this.#kept.set(name, key);
    return key;
  }
}
