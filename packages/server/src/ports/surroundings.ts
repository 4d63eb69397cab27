/**
 * What a process can find out about the place it runs in, for people who look for what is wrong:
 * its AWS identity, the way to the upstream, what it may do there, its disk. Nothing here is asked
 * by a call.
 */

/** The identity that calls are signed with. Never a secret, nor anything to guess one from. */
export type Identity =
  /** `hint` tells one identity from another: the end of an access key id. */
  | { readonly kind: 'found'; readonly what: string; readonly hint: string | null }
  | { readonly kind: 'missing'; readonly reason: string };

/** An answer of the upstream to a request that asks for nothing. */
export type Reached =
  | {
      readonly kind: 'reached';
      readonly latencyMs: number;
      /** Its clock minus ours, in milliseconds, to a second; null when it told no time. */
      readonly skewMs: number | null;
    }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** One right that the gateway's identity needs, and what it is needed for. */
export interface Permission {
  readonly name: string;
  readonly needed: 'always' | 'sometimes';
  readonly purpose: string;
}

/** What a real but harmless call has shown of a right. */
export type Shown =
  | { readonly kind: 'proven' }
  | { readonly kind: 'refuted'; readonly reason: string }
  | { readonly kind: 'not_known'; readonly reason: string };

export interface Surroundings {
  readonly nodeVersion: string;
  /** Rights in the order in which they matter. */
  readonly permissions: readonly Permission[];
  identity(): Promise<Identity>;
  reach(): Promise<Reached>;
  /** Calls with a request that cannot succeed and costs nothing. Bounded in time. Never rejects. */
  tryOut(permission: Permission): Promise<Shown>;
  /** Bytes that are free where the data directory is. */
  freeDiskBytes(): Promise<number>;
}
