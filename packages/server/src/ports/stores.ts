/**
 * The stores as they are opened together: they share one place, one revision and one atomic
 * step.
 */
import type { CatalogStore } from './catalog-store.ts';
import type { LedgerStore } from './ledger-store.ts';
import type { RefusalStore } from './refusal-store.ts';

/** Closing the ledger closes all. */
export interface Stores {
  readonly ledger: LedgerStore;
  readonly catalog: CatalogStore;
  readonly refusals: RefusalStore;
}
