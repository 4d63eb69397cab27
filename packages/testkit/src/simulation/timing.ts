/** How long things take that several parts of the simulation have to agree on; milliseconds. */

/** How long an instance may be silent before others take it for dead. */
export const LEASE_MS = 10_000;
