/** The SQLite stores with leases in front keep every promise of the ports. */
import { leasedConformance } from '@tollkeeper/testkit/conformance/leased';
import { memoryStore } from '../../../src/adapters/memory/store.ts';
import { emptiedStore } from './emptied-store.ts';

leasedConformance(emptiedStore(), memoryStore);
