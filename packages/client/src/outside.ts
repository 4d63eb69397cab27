/** What the client takes from the world, so that tests can set it: time, chance, the network. */
import type { Fetch } from '@tollkeeper/contract';

export interface Outside {
  /** Wall-clock time in milliseconds since the epoch, UTC. */
  now(): number;
  /** Milliseconds from an arbitrary origin that never go back. */
  monotonic(): number;
  /**
   * Calls `then` once after `ms` milliseconds; returns what calls it off. The process does not stay
   * alive for it unless `hold` is set.
   */
  after(ms: number, then: () => void, hold?: boolean): () => void;
  /** At least 0, less than 1. */
  random(): number;
  uuid(): string;
  /** A `fetch` that gives up after `ms` milliseconds, or when `signal` says so. */
  fetchWithin(ms: number, signal: AbortSignal): Fetch;
}
