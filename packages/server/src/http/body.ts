/** The bounds of request bodies: of one request, of all requests together, and in time. */

/** Bytes that may be buffered over all connections. */
export class BufferedBytes {
  readonly max: number;
  #used = 0;

  constructor(max: number) {
    this.max = max;
  }

  get used(): number {
    return this.#used;
  }

  /** Takes `bytes` if there is room. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.max) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

export type BodyResult =
  | { readonly kind: 'read'; readonly body: Buffer; release(): void }
  | { readonly kind: 'too_large'; readonly max: number }
  /** All connections together have buffered as much as they may: try again later. */
  | { readonly kind: 'crowded' }
  | { readonly kind: 'too_slow' }
  /** The client left, or sent less or more than it had announced. */
  | { readonly kind: 'incomplete' };

export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly bodyTimeoutMs: number;
}
