/**
 * Flags for the process that serves. Every call in flight survives a collection of the young
 * generation and is copied by it, so collections that are four times as rare cost a quarter; it
 * takes up to some 150 MB more memory. V8 of Node 24, where the processor can protect pages of
 * code, sometimes loses count of them with several threads and ends the process ("Check failed:
 * jit_page.has_value()"); without the protection it does not count. `bin/tollkeeper.js`
 * states the same flags.
 */
export const V8_FLAGS: readonly string[] = [
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--no-parallel-scavenge',
  '--no-memory-protection-keys',
];
