/** As `mirrors.ts`, of what keeps things: stores, and what processes share in them. */

/** By which test, why so, and which. */
export interface TestedElsewhere {
  readonly test: string;
  readonly reason: string;
  readonly sources: readonly string[];
}

/** Parts of stores that are tested through others. */
export const STORES_TESTED_ELSEWHERE: readonly TestedElsewhere[] = [
  {
    test: 'packages/server/test/jobs/store-copy.test.ts',
    reason: 'what is read here and written there shows when both stores say the same',
    sources: [
      'packages/server/src/adapters/dynamodb/store-import.ts',
      'packages/server/src/adapters/sqlite/store-source.ts',
      'packages/server/src/ports/ledger-import.ts',
    ],
  },
  {
    test: 'packages/cli/test/store-copy.test.ts',
    reason: 'a copy that is killed needs a process',
    sources: ['packages/server/src/copy-side.ts'],
  },
  {
    test: 'packages/server/test/adapters/dynamodb/rates/rates.property.test.ts',
    reason: 'whether shares hold the limit shows only when several processes have them',
    sources: ['party-holding', 'rate-items', 'recent-demand', 'share-desk', 'window-holding'].map(
      (name) => `packages/server/src/adapters/dynamodb/rates/${name}.ts`,
    ),
  },
  {
    test: 'packages/server/test/adapters/dynamodb/items/client-items.test.ts',
    reason: 'requests mean what engines make of them',
    sources: [
      ...['items/client', 'items/expressions', 'items/items'].map(
        (name) => `packages/server/src/adapters/dynamodb/${name}.ts`,
      ),
      'packages/testkit/src/dynamo-engine.ts',
    ],
  },
  {
    test: 'packages/server/test/adapters/dynamodb/items/counted-items.test.ts',
    reason: 'the kinds of items are how the counts are told',
    sources: ['packages/server/src/adapters/dynamodb/items/item-kind.ts'],
  },
  {
    test: 'packages/server/test/adapters/dynamodb/instances/instances.test.ts',
    reason: 'who is alive shows only among several processes',
    sources: ['instances/instance-heads', 'instances/watch'].map(
      (name) => `packages/server/src/adapters/dynamodb/${name}.ts`,
    ),
  },
  {
    test: 'packages/cli/test/store-table.test.ts',
    reason: 'the table of the settings is what the command line makes and tells',
    sources: ['packages/server/src/table-side.ts'],
  },
  {
    test: 'packages/server/test/adapters/dynamodb/groups/group-commit.test.ts',
    reason: 'what a group reads, decides and sends shows in what commands are answered',
    sources: [
      'groups/group-pass',
      'groups/group-reads',
      'groups/group-run',
      'groups/lanes',
      'groups/overlay',
    ].map((name) => `packages/server/src/adapters/dynamodb/${name}.ts`),
  },
  {
    test: 'packages/server/test/adapters/memory/leasing.test.ts',
    reason: 'what balances and leases are shows in the answers of the ledger that has both',
    sources: [
      'packages/server/src/adapters/memory/leasing-balances.ts',
      'packages/server/src/ports/leasing-ledger.ts',
    ],
  },
  {
    test: 'packages/server/test/leases/leased-ledger.property.test.ts',
    reason: 'the parts of a ledger that leases mean something only together, whatever fails',
    sources: ['attempt', 'block', 'figures', 'lease', 'leased-submissions'].map(
      (name) => `packages/server/src/leases/${name}.ts`,
    ),
  },
  {
    test: 'packages/server/test/leases/lease-desk.test.ts',
    reason: 'what is set and counted shows in when leases are taken and go back',
    sources: ['lease-counts', 'lease-settings'].map(
      (name) => `packages/server/src/leases/${name}.ts`,
    ),
  },
  {
    test: 'packages/server/test/adapters/dynamodb/store.test.ts',
    reason: 'the parts of a store mean something only together: the conformance suite drives them',
    sources: [
      ...['ledger', 'ledger-context', 'ledger-reads'],
      ...[
        'attempt-turns',
        'held-part',
        'hold-allocations',
        'named-calls',
        'open-attempts',
        'record-command',
        'reserve-command',
        'settle-command',
        'uncertain-reserves',
      ].map((name) => `attempts/${name}`),
      ...['budget-commands', 'budget-states', 'not-ready', 'window-balance'].map(
        (name) => `budgets/${name}`,
      ),
      ...['audit', 'refusals', 'revisions'].map((name) => `catalog/${name}`),
      ...['entry-days', 'entry-sums', 'line-writing', 'record-writing', 'writer-logs'].map(
        (name) => `entries/${name}`,
      ),
      ...['instance-items', 'intent-groups'].map((name) => `instances/${name}`),
      ...['json-attribute', 'keys'].map((name) => `items/${name}`),
      ...['lease-commands', 'lease-memory', 'lease-spending'].map((name) => `leases/${name}`),
    ].map((name) => `packages/server/src/adapters/dynamodb/${name}.ts`),
  },
  {
    test: 'packages/server/test/adapters/dynamodb/entries/archive.test.ts',
    reason: 'days leave their registers when entries leave the table',
    sources: ['packages/server/src/adapters/dynamodb/entries/day-registry.ts'],
  },
  {
    test: 'packages/server/test/adapters/memory/store.test.ts',
    reason: 'the parts of a store mean something only together: the conformance suite drives them',
    sources: [
      'packages/server/src/adapters/memory/archive.ts',
      'packages/server/src/adapters/memory/audit.ts',
      'packages/server/src/adapters/memory/catalog.ts',
      'packages/server/src/adapters/memory/known-calls.ts',
      'packages/server/src/adapters/memory/ledger.ts',
      'packages/server/src/adapters/memory/refusals.ts',
      'packages/server/src/adapters/memory/reports.ts',
      'packages/server/src/ports/audit.ts',
      'packages/server/src/ports/ledger-archive.ts',
      'packages/server/src/ports/ledger-store.ts',
      'packages/server/src/ports/refusal-store.ts',
    ],
  },
  {
    test: 'packages/server/test/adapters/sqlite/store.test.ts',
    reason: 'the parts of a store mean something only together: the conformance suite drives them',
    sources: [
      'archive',
      'budget-cache',
      'budget-commands',
      'budget-row',
      'catalog',
      'catalog-commands',
      'checkpoint-worker',
      'conditions',
      'dispatched',
      'entry-lines',
      'known-attempts',
      'label-sums',
      'lease-commands',
      'ledger',
      'ledger-commands',
      'open-holds',
      'protocol',
      'read-queue',
      'reader',
      'reader-worker',
      'refusals',
      'rows',
      'seed',
      'summary',
      'worker-thread',
      'write-session',
      'writer',
      'writer-worker',
    ].map((part) => `packages/server/src/adapters/sqlite/${part}.ts`),
  },
  {
    test: 'packages/server/test/adapters/sqlite-rates/store.test.ts',
    reason:
      'the parts of the store mean something only together: the suite of the port drives them',
    sources: ['bucket-tables', 'protocol', 'rates-file', 'rates-worker'].map(
      (part) => `packages/server/src/adapters/sqlite-rates/${part}.ts`,
    ),
  },
  {
    test: 'packages/server/test/adapters/memory/rates.test.ts',
    reason: 'types alone: what they promise is the suite that every store of rates runs',
    sources: ['packages/server/src/ports/rate-store.ts'],
  },
  {
    test: 'packages/server/test/adapters/sqlite-rates/store.processes.test.ts',
    reason: 'a dead instance is a process that was killed',
    sources: ['packages/server/src/jobs/rate-recovery.ts'],
  },
  {
    test: 'packages/cli/test/demo-engine.test.ts',
    reason: 'a part of the composition root: the whole product runs on it there',
    sources: ['packages/server/src/dynamodb-side.ts'],
  },
  {
    test: 'packages/server/test/adapters/dynamodb/store.engines.test.ts',
    reason: 'every case of the store runs on this engine there',
    sources: ['packages/server/src/adapters/dynamodb/items/dynamodb-local.ts'],
  },
];
