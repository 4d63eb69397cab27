/**
 * The parts of a server one by one, for whoever puts them together in another way than `main.ts`:
 * the simulation, which gives them ports of its own.
 */
export { memoryRates } from './adapters/memory/rates.ts';
export { memoryStore } from './adapters/memory/store.ts';
export { CredentialAuthority } from './credentials/authority.ts';
export { hashToken } from './credentials/api-key.ts';
export { parseMasterKeys } from './credentials/master-keys.ts';
export { PeopleAuthority } from './credentials/people/people-authority.ts';
export { SigningKeys } from './credentials/sigv4/signing-keys.ts';
export { AdmissionQueue } from './gateway/admission-queue.ts';
export { CRASH_POINTS, type ReachCrashPoint } from './gateway/crash-point.ts';
export type { Gateway, GatewaySettings } from './gateway/gateway.ts';
export { gatewayIdOf } from './gateway/gateway-id.ts';
export { LabelTargets } from './gateway/label-targets.ts';
export { OwnedModels } from './gateway/owned-models.ts';
export { serveCall } from './gateway/pipeline.ts';
export { RateLimiter } from './gateway/rate-limiter.ts';
export { RefusalLog } from './gateway/refusal-log.ts';
export { RunningCalls } from './gateway/running-calls.ts';
export { SettlementQueue } from './gateway/settlement-queue.ts';
export { ATTEMPT_HEADER } from './gateway/upstream-headers.ts';
export { matchModelPath } from './gateway/wire/path.ts';
export { BufferedBytes } from './http/body.ts';
export type { Exchange, RequestHead } from './http/exchange.ts';
export { freeDeadSlots } from './jobs/rate-recovery.ts';
export { recoverDeadInstances, sweep } from './jobs/recovery.ts';
export { keeperOf } from './keeper/keeper.ts';
export { LeasedLedger, type LeasedLedgerParts } from './leases/leased-ledger.ts';
export { LEASE_DEFAULTS, type LeaseSettings } from './leases/lease-settings.ts';
export { LeasingMemoryLedger } from './adapters/memory/leasing.ts';
export type { CatalogPut, CatalogStore } from './ports/catalog-store.ts';
export type { Clock, Timer } from './ports/clock.ts';
export type { Ids } from './ports/ids.ts';
export type { InstanceLocks } from './ports/instance-locks.ts';
export * from './ports/ledger-store.ts';
export * from './ports/leasing-ledger.ts';
export type { RateStore } from './ports/rate-store.ts';
export type { RefusalStore } from './ports/refusal-store.ts';
export type { Stores } from './ports/stores.ts';
export type { Telemetry } from './ports/telemetry.ts';
export type {
  Upstream,
  UpstreamObserver,
  UpstreamReply,
  UpstreamRequest,
} from './ports/upstream.ts';
export { shutDown } from './shutdown.ts';
