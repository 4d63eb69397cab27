/** The stores keep every promise of the ports on engines that speak DynamoDB. */
import { describe } from 'vitest';
import { storeConformance } from '@tollkeeper/testkit/conformance';
import { leasingConformance } from '@tollkeeper/testkit/conformance/leasing';
import { dynamoEngines } from '@tollkeeper/testkit/dynamo-engine';
import { memoryStore } from '../../../src/adapters/memory/store.ts';
import { storesOnEngine } from './engine-stores.ts';

describe.each(dynamoEngines())('on %s', (name) => {
  const open = storesOnEngine(name);
  storeConformance(open, memoryStore);
  leasingConformance(async () => (await open()).ledger);
});
