/** Without anybody who leases, the ledger in memory that leases is the ledger in memory. */
import { storeConformance } from '@tollkeeper/testkit/conformance';
import { leasingConformance } from '@tollkeeper/testkit/conformance/leasing';
import type { LeasingStores } from '@tollkeeper/testkit/conformance/leased';
import { LeasingMemoryLedger } from '../../../src/adapters/memory/leasing.ts';
import { MemoryAudit } from '../../../src/adapters/memory/audit.ts';
import { memoryCatalog } from '../../../src/adapters/memory/catalog.ts';
import { MemoryRefusals } from '../../../src/adapters/memory/refusals.ts';
import { memoryStore } from '../../../src/adapters/memory/store.ts';

async function leasing(): Promise<LeasingStores> {
  const audit = new MemoryAudit();
  const catalog = memoryCatalog(audit);
  const ledger = new LeasingMemoryLedger(catalog.currentRevision, audit);
  return { catalog, ledger, refusals: new MemoryRefusals() };
}

storeConformance(leasing, memoryStore);

leasingConformance(async () => (await leasing()).ledger);
