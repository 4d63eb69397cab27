/** The DynamoDB store, for the composition root and for tests. */
export * from './items.ts';
export * from './lanes.ts';
export * from './transactions.ts';
export * from './backoff.ts';
export * from './group-commit.ts';
