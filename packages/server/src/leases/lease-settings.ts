/** How a process leases: times, sizes and bounds. */
import type { LeaseDemand, LeaseRule } from '@tollkeeper/core';

export interface LeaseSettings extends LeaseRule {
  /** A lease is made for about what is used in this time, in milliseconds. */
  readonly leaseMs: number;
  /** What is unused for this long goes back, in milliseconds. */
  readonly idleMs: number;
  /** Leases that the store knows and this process does not are looked for so often (ms). */
  readonly strayMs: number;
  /** Callers that wait for one block at once; more ask the budget directly. */
  readonly waitingMax: number;
  /** Callers that ask one budget directly at once; more are refused, to try again. */
  readonly directMax: number;
  /** In place of `leaseSize`, for tests. */
  readonly size?: (demand: LeaseDemand, rule: LeaseRule) => bigint;
}

export const LEASE_DEFAULTS: LeaseSettings = Object.freeze({
  leaseMs: 10_000,
  idleMs: 1_000,
  strayMs: 30_000,
  blockCalls: 1_000,
  minCalls: 10,
  freeParts: 8,
  waitingMax: 1_000,
  directMax: 64,
});
