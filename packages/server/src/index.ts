/** What the command line may use of the server. */
export {
  startServer,
  makeMasterKey,
  type DemoOptions,
  type RunningServer,
  type StartOptions,
} from './main.ts';
export {
  backupLedger,
  exportLedger,
  openStores,
  restoreLedger,
  type ExportReport,
  type RestoreReport,
  type StoreFacts,
} from './store-side.ts';
export { CopyRefused, copyToTable, type CopyProof, type CopyReport } from './copy-side.ts';
export {
  initStoreTable,
  openStoreTable,
  storeTableStatus,
  type OpenTable,
  type StoreStatus,
  type TablePlace,
} from './table-side.ts';
export { loadSettings } from './config/load-settings.ts';
export { flagOf, SETTINGS, SETTING_KEYS, type Settings } from './config/settings.ts';
export { DEMO_APPLICATION, DEMO_PEOPLE, DEMO_TENANTS } from './demo/demo-issuer.ts';
export { crashAt, CRASH_POINTS, NO_CRASH } from './gateway/crash-point.ts';
export { MasterKeyError } from './credentials/master-key-register.ts';
export { createProvisioningKey } from './credentials/provisioning-key.ts';
export type { Forgotten } from './ports/ledger-archive.ts';
export type {
  BudgetState,
  LedgerStore,
  Recorded,
  RecordEntry,
  Reserve,
  Settle,
} from './ports/ledger-store.ts';
export type { LeasedPart, LeasingLedger, TakeLease } from './ports/leasing-ledger.ts';
export type { AuditRecord, AuditStamp } from './ports/audit.ts';
export type { FellowAnswers, Fellows, News, WorkerMetrics } from './ports/fellows.ts';
export type { CatalogStore } from './ports/catalog-store.ts';
export type { RefusalRow } from './ports/refusal-store.ts';
export type { Stores } from './ports/stores.ts';
