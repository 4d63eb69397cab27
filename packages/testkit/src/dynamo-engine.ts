/**
 * Engines of DynamoDB for tests, each a child on a free port with its data in memory: a native one,
 * always there, and AWS's own, which needs a Java runtime.
 */
import {
  type LocalEngine,
  startDynamoDbLocal,
  startLocalEngine,
  whyNoDynamoDbLocal,
} from '@tollkeeper/server/dynamodb';

export const DYNAMO_ENGINES = ['dynoxide', 'dynamodb-local'] as const;
export type DynamoEngineName = (typeof DYNAMO_ENGINES)[number];
export type DynamoEngine = LocalEngine;

/** Starts an engine. Stop it when done; it ends with this process at the latest. */
export function startDynamoEngine(name: DynamoEngineName): Promise<DynamoEngine> {
  return name === 'dynoxide' ? startLocalEngine() : startDynamoDbLocal();
}

/**
 * The engines that can run here. One that cannot is told on the console as SKIPPED, with what is
 * missing.
 */
export function dynamoEngines(): readonly DynamoEngineName[] {
  const missing = whyNoDynamoDbLocal();
  if (missing === undefined) return DYNAMO_ENGINES;
  process.stdout.write(`SKIPPED DynamoDB Local: ${missing}.\n`);
  return ['dynoxide'];
}
