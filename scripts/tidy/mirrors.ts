/**
 * Which tests stand for which sources, where they are not each other's mirror: sources that are
 * tested through others. Tests of what no single source does are in `unmirrored.ts`.
 */

import { STORES_TESTED_ELSEWHERE, type TestedElsewhere } from './store-mirrors.ts';

/** Sources that are tested through others. */
export const TESTED_ELSEWHERE: readonly TestedElsewhere[] = [
  ...STORES_TESTED_ELSEWHERE,
  {
    test: 'packages/server/test/admin/super-action.test.ts',
    reason: 'rules of purchases and tags mean something only in front of an account that has both',
    sources: [
      ...['action', 'aws-answer', 'find', 'listing', 'make', 'refusal', 'resource-tags', 'stated']
        .concat(['throughput', 'world'])
        .map((name) => `packages/core/src/provisioned/${name}.ts`),
      'packages/server/src/adapters/bedrock/provisioned-control.ts',
      'packages/server/src/ports/provisioned.ts',
    ],
  },
  {
    test: 'packages/server/test/admin/super-action.access.test.ts',
    reason: 'whose something is shows by what each visitor may do with it',
    sources: [
      'packages/core/src/provisioned/ownership.ts',
      'packages/server/src/admin/provisioned-registry.ts',
      'packages/server/src/admin/provisioned-world.ts',
      'packages/server/src/catalog/provisioned-records.ts',
    ],
  },
  {
    test: 'packages/server/test/admin/provisioned.test.ts',
    reason: 'what the API says of AWS, and how it refuses, shows in its answers',
    sources: [
      'packages/contract/src/resources/provisioned.ts',
      'packages/contract/src/resources/provisioned-fields.ts',
      'packages/server/src/admin/provisioned-fault.ts',
      'packages/server/src/admin/provisioned-view.ts',
    ],
  },
  {
    test: 'packages/server/test/admin/aws-profiles.test.ts',
    reason: 'profiles are made, found and deleted there over the API',
    sources: [
      'packages/contract/src/resources/aws-profiles.ts',
      'packages/core/src/provisioned/profile.ts',
    ],
  },
  {
    test: 'packages/server/test/adapters/dynamodb/entries/entry-item.property.test.ts',
    reason: 'items are all read back there as they were written',
    sources: [
      'items/attribute-values',
      'attempts/attempt-item',
      'budgets/balance-item',
      'budgets/definition-item',
      'entries/line-items',
    ].map((name) => `packages/server/src/adapters/dynamodb/${name}.ts`),
  },
  {
    test: 'packages/server/test/adapters/bedrock/control-plane.test.ts',
    reason: 'the exchange is shown by what is asked with it',
    sources: ['packages/server/src/adapters/bedrock/control-exchange.ts'],
  },
  {
    test: 'packages/client/test/edge-function.test.ts',
    reason: 'the call is shown against the product, by the client that hands it out',
    sources: ['packages/contract/src/super-action.ts'],
  },
  {
    test: 'scripts/test/edge-rules.test.ts',
    reason: 'what is bundled is run there as it is deployed',
    sources: ['packages/core/src/provisioned/edge.ts'],
  },
  {
    test: 'packages/server/test/adapters/http1/http1-upstream.test.ts',
    reason: 'one word that its adapter says',
    sources: ['packages/server/src/ports/upstream.ts'],
  },
  {
    test: 'packages/server/test/gateway/failure-table.test.ts',
    reason:
      'a step means something only in the path of a call: every failure of each is driven there',
    sources: [
      'admit',
      'answer',
      'authenticate',
      'call',
      'estimate',
      'reply-headers',
      'resolve',
      'running-calls',
      'signed-call',
      'upstream-headers',
    ].map((step) => `packages/server/src/gateway/${step}.ts`),
  },
  {
    test: 'packages/server/test/gateway/failure-table.test.ts',
    reason: 'the whole product runs there, against a simulator that recomputes every signature',
    sources: [
      'packages/server/src/http/exchange.ts',
      'packages/server/src/http/front-door.ts',
      'packages/server/src/http/metrics-endpoint.ts',
    ],
  },
  {
    test: 'packages/server/test/http/listener.test.ts',
    reason: "what Node's servers carry is shown over both of them",
    sources: ['packages/server/src/http/node-exchange.ts'],
  },
  {
    test: 'packages/server/test/gateway/shutdown.test.ts',
    reason: 'the end of a server is shown by ending it while calls run',
    sources: ['packages/server/src/shutdown.ts'],
  },
  {
    test: 'packages/server/test/http/read-body.test.ts',
    reason: 'bounds are shown by reading bodies against them',
    sources: ['packages/server/src/http/body.ts'],
  },
  {
    test: 'packages/server/test/keeper/alerts/alerts-of-product.test.ts',
    reason: 'a part of the composition root: what it puts together is driven there as a whole',
    sources: ['packages/server/src/alert-side.ts'],
  },
  {
    test: 'packages/server/test/admin/daily-costs.test.ts',
    reason: 'a part of the composition root: days are summed up there by the running product',
    sources: ['packages/server/src/daily-side.ts'],
  },
  {
    test: 'packages/server/test/demo/demo-endpoint.test.ts',
    reason: 'a part of the composition root: the issuer is asked there as the demo serves it',
    sources: ['packages/server/src/demo-side.ts'],
  },
  {
    test: 'packages/server/test/config/settings.test.ts',
    reason: 'groups of one table, which is tested as a whole',
    sources: [
      'auth-settings',
      'chain-settings',
      'emf-settings',
      'limit-settings',
      'retention-settings',
      'setting-kinds',
    ]
      .concat('upstream-settings', 'worker-settings')
      .map((group) => `packages/server/src/config/${group}.ts`),
  },
  {
    test: 'packages/server/test/admin/client-lane.test.ts',
    reason: 'both ways of an answer ask it',
    sources: ['entity-tag', 'lane-answer'].map((part) => `packages/server/src/admin/${part}.ts`),
  },
  {
    test: 'packages/server/test/admin/app.test.ts',
    reason: 'errors are shown where they are answered',
    sources: ['packages/server/src/admin/error-answer.ts'],
  },
  {
    test: 'packages/server/test/config/keeper-settings.test.ts',
    reason: 'what the product itself says is what settings say that state nothing',
    sources: ['keeper-defaults', 'model-labels'].map(
      (name) => `packages/server/src/config/${name}.ts`,
    ),
  },
  {
    test: 'packages/server/test/admin/selection.test.ts',
    reason: 'advice is shown as it is asked for, over HTTP',
    sources: ['keeper', 'selection'].map((name) => `packages/server/src/keeper/${name}.ts`),
  },
  {
    test: 'packages/contract/test/operations.test.ts',
    reason: 'what an operation is made of is shown by all operations',
    sources: ['packages/contract/src/operation.ts'],
  },
  {
    test: 'packages/server/test/admin/keys.test.ts',
    reason: 'what both kinds of key have in common is seen in each',
    sources: ['packages/server/src/admin/key-record.ts'],
  },
  {
    test: 'packages/server/test/adapters/http1/reply-parser.test.ts',
    reason: 'a head is read for where its reply ends: its forms stand in the table of replies',
    sources: ['packages/server/src/adapters/http1/reply-head.ts'],
  },
  {
    test: 'packages/server/test/gateway/owned-arns.test.ts',
    reason: 'types alone: what answers them shows in what ARNs cost',
    sources: ['packages/server/src/ports/model-resources.ts'],
  },
  {
    test: 'packages/server/test/gateway/bound-call.test.ts',
    reason: 'the cards of each kind of call mean something only in its bound and its charge',
    sources: ['packages/server/src/gateway/rate-cards.ts'],
  },
  {
    test: 'packages/server/test/credentials/people/person.test.ts',
    reason: 'names of roles, which mean something by what each may do',
    sources: ['packages/server/src/config/roles.ts'],
  },
  {
    test: 'packages/server/test/gateway/people-oidc.test.ts',
    reason: 'a part of the composition root, which is used there as a whole',
    sources: ['packages/server/src/identity-side.ts'],
  },
  {
    test: 'packages/server/test/gateway/rate-limits.test.ts',
    reason: 'a part of the composition root, which is used there as a whole',
    sources: ['packages/server/src/rates-side.ts'],
  },
  {
    test: 'packages/cli/test/store.test.ts',
    reason: 'a part of the composition root, for commands of the command line',
    sources: ['packages/server/src/store-side.ts'],
  },
  {
    test: 'packages/core/test/pricing/import/import-offer.test.ts',
    reason: 'the layout of an offer means something only as a whole: offer files drive it',
    sources: ['model-name', 'offer', 'outcome'].map(
      (part) => `packages/core/src/pricing/import/${part}.ts`,
    ),
  },
  {
    test: 'packages/core/test/catalog/catalogue.test.ts',
    reason: 'how values of the files are read is shown by files with wrong values',
    sources: ['packages/core/src/catalog/data-file.ts'],
  },
  {
    test: 'packages/server/test/credentials/sigv4/verify.test.ts',
    reason: 'the published signatures are made and verified by the same last step',
    sources: ['packages/server/src/credentials/sigv4/signature.ts'],
  },
  {
    test: 'packages/core/test/pricing/import/usage-type.test.ts',
    reason: 'the grammars of usage types are driven by usage types',
    sources: ['qualifiers', 'usage-grammar'].map(
      (part) => `packages/core/src/pricing/import/${part}.ts`,
    ),
  },
  {
    test: 'packages/server/test/main.test.ts',
    reason: 'a part of the composition root, which is used there as a whole',
    sources: [
      ...['bedrock', 'foundation', 'gateway', 'keeper', 'listening', 'management', 'observation'],
    ].map((side) => `packages/server/src/${side}-side.ts`),
  },
  {
    test: 'packages/server/test/http/worker-metrics.test.ts',
    reason: 'types alone: what processes tell each other is put together there',
    sources: ['packages/server/src/ports/fellows.ts'],
  },
  {
    test: 'packages/server/test/adapters/telemetry/otlp.test.ts',
    reason: 'a name that every metric and span carries to the collector there',
    sources: ['packages/server/src/adapters/telemetry/resource.ts'],
  },
  {
    test: 'packages/server/test/adapters/bedrock/surroundings.test.ts',
    reason: 'a table of requests, each of which is sent there',
    sources: [
      'packages/server/src/adapters/bedrock/permissions.ts',
      'packages/server/src/ports/surroundings.ts',
    ],
  },
  {
    test: 'packages/server/test/prices/price-home.test.ts',
    reason: 'the parts of the home of prices mean something only together, over a store',
    sources: [
      'book-builder',
      'import-plan',
      'pace',
      'price-history',
      'price-records',
      'stored-rows',
    ].map((part) => `packages/server/src/prices/${part}.ts`),
  },
  {
    test: 'packages/server/test/admin/price-imports.test.ts',
    reason: 'differences are shown there as the API states them',
    sources: [
      'packages/server/src/prices/book-diff.ts',
      'packages/server/src/admin/price-change.ts',
    ],
  },
  {
    test: 'packages/core/test/pricing/price-book.test.ts',
    reason: 'what a book is made of',
    sources: ['day', 'row-index'].map((part) => `packages/core/src/pricing/${part}.ts`),
  },
  {
    test: 'packages/contract/test/resources/prices.test.ts',
    reason: 'fields mean something in the resources that have them',
    sources: ['packages/contract/src/resources/price-fields.ts'],
  },
  {
    test: 'packages/server/test/adapters/price-list/price-list.test.ts',
    reason: 'the thread of its adapter',
    sources: ['packages/server/src/adapters/price-list/price-list-worker.ts'],
  },
  {
    test: 'packages/server/test/adapters/sqlite/entry-row.property.test.ts',
    reason: 'a row is read back whole there, its price basis included',
    sources: ['packages/server/src/adapters/sqlite/price-basis.ts'],
  },
  {
    test: 'packages/cli/test/launch-demo.test.ts',
    reason: 'the processes of the demo mean something only together',
    sources: ['demo', 'demo-file', 'gateway-process'].map((part) => `packages/cli/src/${part}.ts`),
  },
  {
    test: 'packages/cli/test/workers.test.ts',
    reason: 'workers and the process that watches over them mean something only together',
    sources: ['packages/cli/src/worker.ts'],
  },
  {
    test: 'packages/client/test/spool/spool.test.ts',
    reason: 'the files of a spool mean something only together, on a real disk',
    sources: ['segment-files', 'segment-writer'].map(
      (part) => `packages/client/src/spool/${part}.ts`,
    ),
  },
  {
    test: 'packages/server/test/admin/provisioned-months.test.ts',
    reason: 'what is remembered of capacity is shown by the months that are read of it',
    sources: [
      'packages/server/src/admin/provisioned-pools.ts',
      'packages/server/src/catalog/pool-records.ts',
    ],
  },
  {
    test: 'packages/server/test/admin/credentials.test.ts',
    reason: 'what clients are made of is shown by the requests that make and change them',
    sources: [
      'packages/server/src/admin/clients.ts',
      'packages/server/src/catalog/client-records.ts',
    ],
  },
  {
    test: 'packages/server/test/credentials/tokens/token-authority.test.ts',
    reason: 'its parts put together: a process is made of it there',
    sources: ['packages/server/src/credentials/oauth.ts'],
  },
  {
    test: 'packages/server/test/credentials/secret-box.test.ts',
    reason: 'types alone: the box under the master keys shows what they promise',
    sources: ['packages/server/src/ports/secret-box.ts'],
  },
];
