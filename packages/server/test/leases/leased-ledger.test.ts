/** Leases in front of the ledger in memory that leases: nobody can tell them from none. */
import { leasedConformance } from '@tollkeeper/testkit/conformance/leased';
import { MemoryAudit } from '../../src/adapters/memory/audit.ts';
import { memoryCatalog } from '../../src/adapters/memory/catalog.ts';
import { LeasingMemoryLedger } from '../../src/adapters/memory/leasing.ts';
import { MemoryRefusals } from '../../src/adapters/memory/refusals.ts';
import { memoryStore } from '../../src/adapters/memory/store.ts';

leasedConformance(async () => {
  const audit = new MemoryAudit();
  const catalog = memoryCatalog(audit);
  const ledger = new LeasingMemoryLedger(catalog.currentRevision, audit);
  return { catalog, ledger, refusals: new MemoryRefusals() };
}, memoryStore);
