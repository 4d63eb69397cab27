/** How the tests run: all packages and the scripts in one run, two processes at a time. */
import { defineConfig } from 'vitest/config';

// Vitest reads a default export; there is no other way to hand it a configuration.
export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'examples/test/**/*.test.ts',
      'scripts/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
      'chaos/test/**/*.test.ts',
    ],
    pool: 'forks',
    maxWorkers: 2,
    // Generous, because children are started and disks synced; no test measures time by it.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    passWithNoTests: false,
    // A focused test that was left behind would hide all others.
    allowOnly: false,
  },
});
