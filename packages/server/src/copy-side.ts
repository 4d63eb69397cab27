/** The part of the composition root that copies the file of a data directory into a table. */
import { existsSync } from 'node:fs';
import { livingInstances } from './adapters/sqlite/instance-lock.ts';
import { openSqliteSource } from './adapters/sqlite/store-source.ts';
import { systemClock } from './adapters/system/clock.ts';
import { systemIds } from './adapters/system/ids.ts';
import type { Settings } from './config/settings.ts';
import { copyStore, type CopyReport } from './jobs/store-copy.ts';
import { databasePath, instancesDir, openStores } from './store-side.ts';
import { openStoreTable, type TablePlace } from './table-side.ts';

export { CopyRefused, type CopyProof, type CopyReport } from './jobs/store-copy.ts';

/** One process that asks for nothing in its own name. */
const COPYING = { leaseMs: 10_000, freshnessMs: 0, laneCount: 1 };

/** Throws `CopyRefused`, with nothing changed. The table is made if it is not there. */
export async function copyToTable(
  settings: TablePlace & Pick<Settings, 'dataDir'>,
  onProgress: (done: number, total: number) => void,
): Promise<CopyReport> {
  const path = databasePath(settings);
  if (!existsSync(path)) {
    throw new Error(`There is no store in ${settings.dataDir}. Name its directory by --data-dir.`);
  }
  const clock = systemClock();
  const ids = systemIds(clock);
  const table = await openStoreTable(settings, clock);
  const { openDynamoStore, staying } = await import('./adapters/dynamodb/index.ts');
  const { DynamoImport } = await import('./adapters/dynamodb/store-import.ts');
  const { items } = table;
  const random = (): number => (ids.secret(1)[0] ?? 0) / 256;
  const stores = openDynamoStore({ items, clock, ids, random, ...COPYING });
  // Brings the file up to date, if it is of an older release.
  const from = await openStores({ dataDir: settings.dataDir });
  const source = openSqliteSource(path);
  try {
    await table.init();
    const parts = {
      source,
      from: from.ledger,
      target: new DynamoImport({ items, clock, ids }),
      to: stores.ledger,
      clock,
      isServed: () => livingInstances(instancesDir(settings)).length > 0,
      onProgress,
    };
    return await staying(() => copyStore(parts));
  } finally {
    await source.close();
    await from.ledger.close();
    await stores.ledger.close();
  }
}
