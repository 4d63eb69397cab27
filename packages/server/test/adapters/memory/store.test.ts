/**
 * The stores in memory keep every promise of the ports. They are the oracle of the other stores.
 */
import { storeConformance } from '@tollkeeper/testkit/conformance';
import { memoryStore } from '../../../src/adapters/memory/store.ts';

storeConformance(async () => memoryStore(), memoryStore);
