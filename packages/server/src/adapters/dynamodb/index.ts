/** The DynamoDB store, for the composition root and for tests. */
export * from './instance-names.ts';
export * from './instances.ts';
export * from './items.ts';
export * from './lanes.ts';
export * from './transactions.ts';
export * from './backoff.ts';
export * from './group-commit.ts';
export * from './client.ts';
export * from './client-items.ts';
export * from './counted-items.ts';
export * from './dynamodb-local.ts';
export * from './local-engine.ts';
export * from './open-table.ts';
export * from './table.ts';
export * from './rates/rates.ts';
export * from './store.ts';
