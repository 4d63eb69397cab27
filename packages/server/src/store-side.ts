/**
 * The part of the composition root that works on the stores without a server: opening them alone,
 * copies of entries, backups and restores.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { entryFiles } from './adapters/entry-files/entry-files.ts';
import { backupStore } from './adapters/sqlite/backup.ts';
import type { StoreFacts } from './adapters/sqlite/inspect.ts';
import { isServed, restoreStore } from './adapters/sqlite/restore.ts';
import { openSqliteStore } from './adapters/sqlite/store.ts';
import { systemClock } from './adapters/system/clock.ts';
import { systemIds } from './adapters/system/ids.ts';
import { stay } from './adapters/system/stay.ts';
import type { Settings } from './config/settings.ts';
import type { OnTableSettings } from './dynamodb-side.ts';
import { exportEntries, type ExportReport } from './jobs/entry-export.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import type { Stores } from './ports/stores.ts';

export type { ExportReport, StoreFacts };

type Place = Pick<Settings, 'dataDir'>;
/** Absent `store`: a file of the directory. */
export type StorePlace = Place &
  ({ readonly store?: 'sqlite' } | ({ readonly store: 'dynamodb' } & OnTableSettings));
type OnProgress = (done: number, total: number) => void;

/** What a restore did. */
export interface RestoreReport extends StoreFacts {
  /** Where the file is that was there before; null when there was none. */
  readonly aside: string | null;
  /** A server was started meanwhile: it has to be stopped, since it may use the old file. */
  readonly served: boolean;
}

/** The file of the ledger and the catalogue. */
export function databasePath({ dataDir }: Place): string {
  return join(dataDir, 'tollkeeper.db');
}

/** Where servers prove that they live. */
export function instancesDir({ dataDir }: Place): string {
  return join(dataDir, 'instances');
}

/** Opens the stores alone, for commands that change them while no server has to run. */
export async function openStores(
  settings: StorePlace,
): Promise<Stores & { readonly clock: Clock; readonly ids: Ids }> {
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  const clock = systemClock();
  if (settings.store === 'dynamodb') return openSharedStores(settings, clock);
  const stores = await openSqliteStore({
    path: databasePath(settings),
    onFatal: (error) => {
      throw error;
    },
  });
  return { ...stores, clock, ids: systemIds(clock) };
}

/** The same on a table, for a command: the process stays until the ledger is closed. */
async function openSharedStores(
  settings: OnTableSettings,
  clock: Clock,
): Promise<Stores & { readonly clock: Clock; readonly ids: Ids }> {
  const ids = systemIds(clock);
  const leave = stay();
  try {
    const { openTableStores } = await import('./dynamodb-side.ts');
    const { ledger, catalog, refusals } = await openTableStores(settings, {
      ...{ clock, ids, makes: false },
    });
    const close = (): Promise<void> => ledger.close().finally(leave);
    return { ledger: { ...ledger, close }, catalog, refusals, clock, ids };
  } catch (error) {
    leave();
    throw error;
  }
}

/** Copies every entry that was not copied yet into files of a directory. Servers may run. */
export async function exportLedger(
  settings: StorePlace,
  to: string,
  onProgress: OnProgress,
): Promise<ExportReport> {
  requireStore(settings);
  const { ledger } = await openStores(settings);
  try {
    return await exportEntries({ ledger, archive: entryFiles(to), onProgress });
  } finally {
    await ledger.close();
  }
}

/** Copies the store into a file that is not there yet. Servers may run. */
export async function backupLedger(
  settings: StorePlace,
  to: string,
  onProgress: OnProgress,
): Promise<StoreFacts> {
  requireFile(settings, 'copied by a backup of the table or by point-in-time recovery');
  requireStore(settings);
  return backupStore(databasePath(settings), to, onProgress);
}

/** Puts a backup in the place of the store, or only reads it through. No server may run. */
export function restoreLedger(
  settings: StorePlace,
  from: string,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): RestoreReport {
  requireFile(settings, 'brought back by restoring a backup of it to a table, which is then named');
  if (!existsSync(from)) throw new Error(`There is no file ${from}.`);
  const path = databasePath(settings);
  const instances = instancesDir(settings);
  const time = new Date(systemClock().now()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const aside = existsSync(path) ? `${path}.before-restore-${time}` : null;
  const order = { from, path, instances, aside: aside ?? `${path}.before-restore`, dryRun };
  return { ...restoreStore(order), aside: dryRun ? null : aside, served: isServed(instances) };
}

/** A table has means of its own. */
function requireFile(settings: StorePlace, means: string): void {
  if (settings.store !== 'dynamodb') return;
  throw new Error(
    `The store is a DynamoDB table, which is ${means}: see docs/dynamodb.md. Entries are copied ` +
      'into files by "tollkeeper export".',
  );
}

function requireStore(settings: StorePlace): void {
  if (settings.store === 'dynamodb' || existsSync(databasePath(settings))) return;
  throw new Error(`There is no store in ${settings.dataDir}. Name its directory by --data-dir.`);
}
