/** The stores keep every promise through leases on engines that speak DynamoDB. */
import { describe } from 'vitest';
import { leasedConformance } from '@tollkeeper/testkit/conformance/leased';
import { dynamoEngines } from '@tollkeeper/testkit/dynamo-engine';
import { memoryStore } from '../../../src/adapters/memory/store.ts';
import { storesOnEngine } from './engine-stores.ts';

describe.each(dynamoEngines())('on %s', (name) => {
  const open = storesOnEngine(name);
  leasedConformance(open, memoryStore);
});
