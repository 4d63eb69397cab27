/**
 * Flags for the process that serves. Every call in flight survives a collection of the young
 * generation and is copied by it, so collections that are four times as rare cost a quarter; it
 * takes up to some 150 MB more memory. The first line of `bin/tollkeeper.js` states the same flags.
 */
export const HEAP_FLAGS: readonly string[] = [
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--no-parallel-scavenge',
];
