/** The SQLite stores keep every promise of the ports. */
import { storeConformance } from '@tollkeeper/testkit/conformance';
import { leasingConformance } from '@tollkeeper/testkit/conformance/leasing';
import { memoryStore } from '../../../src/adapters/memory/store.ts';
import { emptiedStore } from './emptied-store.ts';

const emptied = emptiedStore();

storeConformance(emptied, memoryStore);

leasingConformance(async () => (await emptied()).ledger);
