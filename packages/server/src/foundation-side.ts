/**
 * What everything else stands on: clock, ids, proofs of life, stores and secrets. A part of the
 * composition root.
 */
import { mkdirSync } from 'node:fs';
import { openInstanceLocks } from './adapters/sqlite/instance-lock.ts';
import { openSqliteStore } from './adapters/sqlite/store.ts';
import { fileClock, systemClock } from './adapters/system/clock.ts';
import { systemIds } from './adapters/system/ids.ts';
import { masterKeySource } from './adapters/system/master-key-source.ts';
import { readTlsFiles } from './adapters/system/tls-files.ts';
import type { Settings } from './config/settings.ts';
import { openMasterKeys } from './credentials/master-key-register.ts';
import type { MasterKeys } from './credentials/master-keys.ts';
import type { TlsFiles } from './http/listener.ts';
import type { LeaseCounts } from './leases/lease-counts.ts';
import { LEASE_DEFAULTS } from './leases/lease-settings.ts';
import { LeasedLedger } from './leases/leased-ledger.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import type { InstanceLocks } from './ports/instance-locks.ts';
import type { LeasingLedger } from './ports/leasing-ledger.ts';
import type { Stores } from './ports/stores.ts';
import { databasePath, instancesDir } from './store-side.ts';

export interface FoundationOptions {
  readonly demo?: { readonly clockFile?: string };
  readonly onFatal: (error: Error) => void;
  readonly wrapStores?: (stores: Stores) => Stores;
}

export interface Foundation {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly instanceId: string;
  readonly locks: InstanceLocks;
  readonly stores: Stores;
  /** What has happened to leases; undefined: this process shares its store with no other. */
  readonly leases: LeaseCounts | undefined;
  readonly masterKeys: MasterKeys;
  readonly tls: TlsFiles | undefined;
}

/** Stores that processes share, and how each of them proves that it lives. */
interface Shared extends Stores {
  readonly ledger: LeasingLedger;
  readonly locks: InstanceLocks;
}

/** Opens it; `opening` closes again what was opened when a later step fails. */
export async function openFoundation(
  settings: Settings,
  options: FoundationOptions,
  opening: AsyncDisposableStack,
): Promise<Foundation> {
  const clockFile = options.demo?.clockFile;
  const clock = clockFile === undefined ? systemClock() : fileClock(clockFile);
  const ids = systemIds(clock);
  const instanceId = ids.uuid();
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  const { locks, ...opened } = await openOnFile(settings, { ...options, instanceId }, opening);
  const leased =
    settings.workers === 1
      ? undefined
      : leasing(settings, { inner: opened.ledger, instanceId, clock, ids });
  const ledger = leased ?? opened.ledger;
  opening.defer(() => ledger.close());
  const own = { ...opened, ledger };
  const stores = options.wrapStores?.(own) ?? own;
  const { keys: masterKeys } = await openMasterKeys(
    { ...stores, clock, ids },
    masterKeySource(settings),
    { create: options.demo !== undefined },
  );
  const tls = readTlsFiles(settings);
  return { clock, ids, instanceId, locks, stores, leases: leased?.counts, masterKeys, tls };
}

/** The file of the data directory, for the processes of this machine. */
async function openOnFile(
  settings: Settings,
  parts: { readonly instanceId: string; readonly onFatal: (error: Error) => void },
  opening: AsyncDisposableStack,
): Promise<Shared> {
  const locks = await openInstanceLocks(instancesDir(settings), parts.instanceId);
  opening.defer(() => locks.release());
  const path = databasePath(settings);
  return { ...(await openSqliteStore({ path, onFatal: parts.onFatal })), locks };
}

function leasing(
  { leaseMs, leaseBlockCalls: blockCalls }: Settings,
  parts: Omit<ConstructorParameters<typeof LeasedLedger>[0], 'settings'>,
): LeasedLedger {
  return new LeasedLedger({ ...parts, settings: { ...LEASE_DEFAULTS, leaseMs, blockCalls } });
}
