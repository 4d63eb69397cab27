/**
 * All stores in memory. Nothing is kept when the process ends; they are here as the oracle: short
 * enough to be believed, and what the conformance suite compares every other store with.
 */
import type { Stores } from '../../ports/stores.ts';
import { MemoryAudit } from './audit.ts';
import { memoryCatalog } from './catalog.ts';
import { MemoryLedger } from './ledger.ts';
import { MemoryRefusals } from './refusals.ts';

/** Opens empty stores. */
export function memoryStore(): Stores {
  const audit = new MemoryAudit();
  const catalog = memoryCatalog(audit);
  const ledger = new MemoryLedger(catalog.currentRevision, audit);
  return { catalog, ledger, refusals: new MemoryRefusals() };
}
