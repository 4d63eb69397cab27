/** Chance as an argument: the only source of ids and secrets. */
export interface Ids {
  /** A time-ordered UUID (RFC 9562, version 7) of this moment: for attempts, entries, budgets. */
  uuid(): string;
  /** `bytes` bytes from the system's secure source. */
  secret(bytes: number): Uint8Array;
}
