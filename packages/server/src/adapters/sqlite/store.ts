/**
 * The SQLite store: one file, one thread that writes in groups, one that reads and one that copies
 * the log into the file. No SQLite call runs on the event loop.
 */
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import type { LeasingLedger } from '../../ports/leasing-ledger.ts';
import type { Stores } from '../../ports/stores.ts';
import { SqliteCatalog } from './catalog.ts';
import { SqliteLedger } from './ledger.ts';
import { startCheckpoints } from './checkpoints.ts';
import type { Committed, ReadAnswer, ReadQuestion, ToWriter } from './protocol.ts';
import { ReadQueue } from './read-queue.ts';
import { SqliteRefusals } from './refusals.ts';
import { prepareFile } from './schema.ts';
import type { FileOptions } from './schema.ts';
import { startThread } from './worker-thread.ts';
import { WriteQueue } from './write-queue.ts';

/** Where and how to open. The directory of `path` exists. */
export interface SqliteStoreOptions extends FileOptions {
  /**
   * A thread ended by itself: nothing will be answered any more. Failures of the disk do not end
   * here.
   */
  readonly onFatal: (error: Error) => void;
  /** Told of every commit, with the number of commands in it. */
  readonly onCommit?: (commands: number) => void;
}

/** The stores of a file, whose ledger leases. */
export interface SqliteStores extends Stores {
  readonly ledger: LeasingLedger;
}

/**
 * Opens the stores in a file, which is created (mode 600) when it is missing. Throws `NewerSchema`
 * for a file of a newer release, and what SQLite throws when the file cannot be opened or written.
 */
export async function openSqliteStore({
  onFatal,
  onCommit,
  ...file
}: SqliteStoreOptions): Promise<SqliteStores> {
  prepareFile(file);
  const broken = (error: Error): void => {
    const unavailable = new StoreUnavailable('The store has failed.', { cause: error });
    writes.fail(unavailable);
    reads.fail(unavailable);
    onFatal(error);
  };
  const checkpoints = startCheckpoints(file, broken, () => writes.restartLog());
  const writes = new WriteQueue(
    startThread<ToWriter, Committed>('writer', file, broken),
    (commands) => {
      checkpoints.committed(commands);
      onCommit?.(commands);
    },
  );
  const reads = new ReadQueue(
    startThread<readonly ReadQuestion[] | 'close', readonly ReadAnswer[]>('reader', file, broken),
  );
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([checkpoints.close(), reads.close()]);
    await writes.close();
  };
  return {
    ledger: new SqliteLedger(writes, reads, () => (closed ??= close())),
    catalog: new SqliteCatalog(writes, reads),
    refusals: new SqliteRefusals(writes, reads),
  };
}
