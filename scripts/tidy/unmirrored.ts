/** Tests of what no single source does, each with what it shows. */

/** Tests that mirror no single source, each with what they are about. */
export const UNMIRRORED: Readonly<Record<string, string>> = {
  'packages/server/test/keeper/alerts/alerts-of-product.test.ts':
    'alerts of the whole product, over several processes of which some are killed',
  'packages/server/test/keeper/sticky-fallback.test.ts':
    'the sticky label under many clients on several processes, over the days of several zones',
  'packages/server/test/keeper/cost-keeper-api.test.ts':
    'the cost-keeper API endpoint by endpoint, against the whole product',
  'packages/server/test/keeper/isolation.test.ts':
    'every operation of the contract tried with the credentials of another organization',
  'packages/client/test/crash.test.ts':
    'programs that are killed while they report, against the whole product',
  'packages/server/test/gateway/price-change.test.ts':
    'prices that change while calls are served, by two servers on one store',
  'packages/core/test/pricing/genai-prices.test.ts':
    'the shipped prices beside those of another catalogue',
  'packages/server/test/adapters/sqlite/store.leased.test.ts':
    'the SQLite store behind leases, which are no part of it',
  'packages/server/test/adapters/bedrock/no-credentials.test.ts':
    'one failure of the upstream adapter that no server can show',
  'packages/server/test/adapters/telemetry/dashboard.test.ts':
    'the sample dashboard, against what the whole product really serves',
  'packages/server/test/http/stage-and-metrics.test.ts':
    'two settings of the listening side, against the whole product',
  'packages/server/test/gateway/doors/route-inventory.test.ts':
    'every way to a model, found by enumeration, against the whole product',
  'packages/server/test/gateway/failure-table.test.ts':
    'the table of docs/ARCHITECTURE.md, row by row, against the whole product',
  'packages/server/test/gateway/chain-table.test.ts':
    'the table of chains in docs/ARCHITECTURE.md, row by row, against the whole product',
  'packages/server/test/gateway/label-sdk.test.ts':
    'the AWS SDK for JavaScript with labels as model ids, while quotas drain',
  'packages/server/test/gateway/label-holds.test.ts':
    'chains that do not wait for holds, against the whole product',
  'packages/server/test/gateway/label-upstream.test.ts':
    'chains that go on because the upstream fails, against the whole product',
  'packages/server/test/gateway/mixed-quota.test.ts':
    'quotas spent by calls and submissions at once, compared with ledger and book',
  'packages/server/test/gateway/sdk.test.ts':
    'the AWS SDK for JavaScript against the whole product',
  'packages/server/test/gateway/budget-hint.test.ts':
    'the word of a spent budget, followed against the whole product',
  'packages/server/test/gateway/sdk-sigv4.test.ts':
    'calls signed by the AWS SDK for JavaScript and by its signer alone, against the whole product',
  'packages/server/test/gateway/stolen-store.test.ts':
    'what a stolen store gives away, with the whole product behind it',
  'packages/server/test/gateway/tls.test.ts': 'the whole product over TLS',
  'packages/server/test/gateway/concurrency.test.ts':
    'many callers against tight budgets, compared with the book',
  'packages/server/test/gateway/cost-table.test.ts':
    'costs of every operation, family, cache class, scope and tier, against the oracle',
  'packages/server/test/gateway/cost-table-regions.test.ts':
    'costs of every priced model, scope, tier and class by region, against the oracle',
  'packages/server/test/gateway/cost-table-units.test.ts':
    'costs of images, search units, guardrails and account-owned ARNs, against the oracle',
  'packages/server/test/gateway/cost-table-unpriced.test.ts':
    'what has no price or does not tell its usage is refused or flagged, never free',
  'packages/server/test/gateway/cost-table-sdk.test.ts':
    'costs of every family and operation through the AWS SDK, against the oracle',
  'packages/server/test/gateway/people.test.ts':
    'whose calls are that a person makes, and every confusion of tokens, by the whole product',
  'packages/server/test/gateway/people-oidc.test.ts':
    'people of a real OpenID provider, against the whole product',
  'packages/server/test/admin/people.test.ts': 'every role of people, over the management API',
  'packages/server/test/gateway/passthrough.test.ts':
    'bytes, headers and unknown members that must come through as they were',
  'packages/server/test/gateway/disconnect.test.ts':
    'clients that leave, at any byte: the call is drained and settled all the same',
  'packages/server/test/gateway/rate-limits.test.ts':
    'limits over several servers on one directory, and while their store fails',
  'packages/server/test/gateway/refusals.test.ts':
    'calls that are refused, by the whole product: each leaves a row, within bounds',
  'packages/server/test/gateway/secrecy.test.ts':
    'what must not be found in logs, answers and the store',
  'packages/server/test/gateway/shutdown.test.ts': 'stopping while calls run: what runs is settled',
  'packages/server/test/gateway/guardrails.test.ts':
    'guardrails by themselves and beside a model, compared with the book',
  'packages/server/test/gateway/owned-arns.test.ts':
    'ARNs of an account: who may call them, what they stand for, what they cost',
  'packages/server/test/gateway/hostile-input.test.ts':
    'requests that no honest client sends, against the whole product',
  'packages/server/test/gateway/hostile-connections.test.ts':
    'connections that do not behave, against the whole product',
  'packages/server/test/keeper/revocation.test.ts':
    'what was revoked stays out of three processes over one data directory',
  'packages/server/test/keeper/secret-flood.test.ts':
    'a flood of wrong secrets against the whole product',
  'packages/server/test/adapters/dynamodb/rights.test.ts':
    'compares the policies in deploy/iam with what all of the adapter asks',
};
