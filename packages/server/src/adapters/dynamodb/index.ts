/** The DynamoDB store, for the composition root and for tests. */
export * from './instances/instance-names.ts';
export * from './instances/instances.ts';
export * from './items/items.ts';
export * from './groups/lanes.ts';
export * from './groups/transactions.ts';
export * from './items/backoff.ts';
export * from './groups/group-commit.ts';
export * from './items/client.ts';
export * from './items/client-items.ts';
export * from './items/counted-items.ts';
export * from './items/dynamodb-local.ts';
export * from './items/local-engine.ts';
export * from './instances/open-table.ts';
export * from './items/table.ts';
export * from './rates/rates.ts';
export * from './store.ts';
