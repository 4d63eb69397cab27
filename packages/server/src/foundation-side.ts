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
import type { OnTableParts } from './dynamodb-side.ts';
import { openMasterKeys } from './credentials/master-key-register.ts';
import type { MasterKeys } from './credentials/master-keys.ts';
import type { TlsFiles } from './http/listener.ts';
import type { LeaseCounts } from './leases/lease-counts.ts';
import { LEASE_DEFAULTS } from './leases/lease-settings.ts';
import { LeasedLedger, type LeasedLedgerParts } from './leases/leased-ledger.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import type { InstanceLocks } from './ports/instance-locks.ts';
import type { LeasingLedger } from './ports/leasing-ledger.ts';
import type { LedgerStore } from './ports/ledger-store.ts';
import type { RateStore } from './ports/rate-store.ts';
import type { StoreCounts } from './ports/store-counts.ts';
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
  /** What was asked of DynamoDB; undefined: the stores are in a file. */
  readonly storeCounts: (() => StoreCounts) | undefined;
  /** Rates in the place of the stores; undefined: in a file of the data directory. */
  readonly openRates: (() => RateStore) | undefined;
  /** Gives back what this process has of the stores, and closes them. */
  readonly end: (left: Left) => Promise<void>;
  readonly masterKeys: MasterKeys;
  /** Versions of master keys that the stores were used with and that are not here. */
  readonly missingKeys: readonly number[];
  readonly tls: TlsFiles | undefined;
}

/** Whether something of this process is left to be recovered by others. */
type Left = 'settled' | 'unsettled';

/** Stores that processes share, and how each of them proves that it lives. */
export interface Shared extends Stores {
  readonly ledger: LeasingLedger;
  readonly locks: InstanceLocks;
  readonly openRates?: () => RateStore;
  readonly storeCounts?: () => StoreCounts;
  /** Closes the ledger and gives up the lock, in the order that is right for both. */
  readonly end: (ledger: LedgerStore, left: Left) => Promise<void>;
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
  const parts = { clock, ids, instanceId, makes: options.demo !== undefined };
  const { locks, openRates, storeCounts, end, ...opened } = await openShared(
    settings,
    { ...options, ...parts },
    opening,
  );
  const leased = isAlone(settings) ? undefined : leasing(settings, { ...parts, ...opened });
  opening.defer(async () => leased?.giveBack());
  const ledger = leased ?? opened.ledger;
  const own = { ...opened, ledger };
  const stores = options.wrapStores?.(own) ?? own;
  const { keys: masterKeys, missing: missingKeys } = await openMasterKeys(
    { ...stores, clock, ids },
    masterKeySource(settings),
    { create: options.demo !== undefined },
  );
  const tls = readTlsFiles(settings);
  return {
    ...{ clock, ids, instanceId, locks, stores, masterKeys, missingKeys, tls },
    ...{ openRates, storeCounts },
    leases: leased?.counts,
    end: async (left) => {
      await leased?.giveBack();
      // What could not be given back is found by whoever takes this process for dead.
      await end(ledger, leased !== undefined && leased.leases > 0 ? 'unsettled' : left);
    },
  };
}

/** Whether no other process of this product is meant to use the store at the same time. */
function isAlone({ store, workers }: Settings): boolean {
  return store === 'sqlite' && workers === 1;
}

async function openShared(
  settings: Settings,
  parts: OnTableParts & { readonly instanceId: string; readonly onFatal: (error: Error) => void },
  opening: AsyncDisposableStack,
): Promise<Shared> {
  if (settings.store === 'sqlite') return openOnFile(settings, parts, opening);
  const { openOnTable } = await import('./dynamodb-side.ts');
  return openOnTable(settings, parts, opening);
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
  const stores = await openSqliteStore({ path, onFatal: parts.onFatal });
  opening.defer(() => stores.ledger.close());
  return {
    ...stores,
    locks,
    end: async (ledger, left) => {
      await ledger.close();
      locks.release(left);
    },
  };
}

function leasing(
  { leaseMs, leaseBlockCalls: blockCalls }: Settings,
  {
    ledger: inner,
    ...parts
  }: Pick<Shared, 'ledger'> & Omit<LeasedLedgerParts, 'inner' | 'settings'>,
): LeasedLedger {
  const { instanceId, clock, ids } = parts;
  const sizes = { ...LEASE_DEFAULTS, leaseMs, blockCalls };
  return new LeasedLedger({ inner, instanceId, clock, ids, settings: sizes });
}
