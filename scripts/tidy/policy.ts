/**
 * What the rules of this repository are, as data: limits, places, and exceptions each with its
 * reason. The code that applies them is in the files beside this one.
 */

/** Columns of a line of code, lines of a function and lines of a file. */
export const LIMITS = {
  columnsMax: 100,
  functionLinesMax: 70,
  fileLinesMax: 400,
  testFileLinesMax: 600,
  /** Folders between a package and a file. */
  depthMax: 5,
  readmeLinesMax: 150,
} as const;

/** Names that say nothing about what is inside. */
export const FORBIDDEN_NAMES = ['utils', 'util', 'helpers', 'helper', 'common', 'misc']
  .concat(['types', 'interfaces', 'manager', 'shared', 'lib'])
  .map((name) => name.toLowerCase());

/** Where time, chance, the environment and the network may be reached directly. */
export const OUTSIDE_WORLD: readonly { readonly place: RegExp; readonly reason: string }[] = [
  { place: /^packages\/[^/]+\/src\/adapters\//, reason: 'adapters are how the world comes in' },
  { place: /^packages\/([^/]+\/test|testkit)\//, reason: 'tests start real parts' },
  { place: /^(scripts|bench|chaos)\//, reason: 'programs of their own, not part of the product' },
  { place: /^packages\/simulator\/src\/clock\.ts$/, reason: 'the clock of a separate program' },
  {
    place:
      /^packages\/cli\/src\/(main|serve|demo(-file|-engine)?|(gateway|launch)-\w+|workers?)\.ts$/,
    reason: 'the program itself: what it takes from the world it hands on',
  },
];

/** Which packages a package may import. Only tests may import the testkit. */
export const PACKAGE_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contract: ['core'],
  server: ['core', 'contract'],
  simulator: [],
  client: ['contract'],
  cli: ['core', 'contract', 'server', 'simulator'],
  testkit: ['core', 'contract', 'server', 'simulator', 'cli'],
};

/** The parts of the server that know ports and the core, never what is behind a port. */
export const SERVER_INNER = [
  'gateway',
  'admin',
  'jobs',
  'keeper',
  'leases',
  'prices',
  'credentials',
  'demo',
  'http',
  'ports',
  'config',
];

/** The only files that name adapters. */
export const COMPOSITION_ROOTS = [
  'packages/server/src/main.ts',
  'packages/server/src/alert-side.ts',
  'packages/server/src/bedrock-side.ts',
  'packages/server/src/copy-side.ts',
  'packages/server/src/daily-side.ts',
  'packages/server/src/dynamodb-side.ts',
  'packages/server/src/foundation-side.ts',
  'packages/server/src/gateway-side.ts',
  'packages/server/src/inside.ts',
  'packages/server/src/identity-side.ts',
  'packages/server/src/observation-side.ts',
  'packages/server/src/rates-side.ts',
  'packages/server/src/store-side.ts',
  'packages/server/src/table-side.ts',
];

/** Files that are alive though no import of the product reaches them. */
export const ENTRIES: readonly string[] = [
  // The stores in memory are what every other store is held against.
  'packages/server/src/adapters/memory/store.ts',
  'packages/server/src/adapters/memory/leasing.ts',
  'vitest.config.ts',
  // Supabase starts the function; its rules are bundled from the core by `npm run generate`.
  'deploy/supabase/functions/super-action/index.ts',
  'deploy/supabase/functions/super-action/rules.d.ts',
  'packages/core/src/provisioned/edge.ts',
  'examples/cost-keeper/main.ts',
  'bench/main.ts',
  'chaos/main.ts',
  'packages/cli/src/main.ts',
  'packages/cli/bin/tollkeeper.js',
];
