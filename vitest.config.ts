/**
 * How the tests run: all packages and the scripts in one run, two processes at a time. Tests
 * share their processes where nothing in one file can be felt in another; whatever starts children
 * or counts what its process does has one to itself.
 */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const SHARED = [
  'packages/{core,contract}/test/**/*.test.ts',
  'packages/simulator/test/{account,fault,generate,guardrail,model,wire}/**/*.test.ts',
  'packages/server/test/{admin,catalog,config,credentials,http,jobs,keeper,prices}/**/*.test.ts',
  'packages/server/test/gateway/{doors,wire}/**/*.test.ts',
  'packages/client/test/spool/**/*.test.ts',
];

// Vitest reads a default export; there is no other way to hand it a configuration.
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: false,
    // A focused test that was left behind would hide all others.
    allowOnly: false,
    projects: [
      { extends: true, test: { name: 'shared', include: SHARED, isolate: false } },
      {
        extends: true,
        test: {
          name: 'apart',
          include: [
            'packages/*/test/**/*.test.ts',
            'examples/test/**/*.test.ts',
            'scripts/test/**/*.test.ts',
            'bench/test/**/*.test.ts',
            'chaos/test/**/*.test.ts',
          ],
          exclude: SHARED,
        },
      },
    ],
    // V8 of Node 24 sometimes loses count of its pages of code where the processor can protect
    // them, and ends the process ("Check failed: jit_page.has_value()"): without the protection it
    // does not count.
    execArgv: ['--no-memory-protection-keys'],
    // Children compile our sources once, and not each anew.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, '.build', 'compile-cache') },
    // Generous, because children are started and disks synced; no test measures time by it.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
  },
});
