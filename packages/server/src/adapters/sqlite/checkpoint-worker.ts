/**
 * The thread that copies the log into the file (a checkpoint), so that no commit has to wait for
 * it. It answers how many pages the log has and how many of them are in the file by now.
 */
import { constants, setPriority } from 'node:os';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Checkpointed } from './protocol.ts';
import { connect } from './schema.ts';
import type { FileOptions } from './schema.ts';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const file = workerData as FileOptions;
let database: DatabaseSync | undefined;
// Of this thread alone, on Linux: where cores are few, nobody should wait for a copy.
setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

port.on('message', (message: 'checkpoint' | 'close') => {
  if (message === 'checkpoint') {
    port.postMessage(checkpoint());
    return;
  }
  database?.close();
  port.close();
});

function checkpoint(): Checkpointed {
  try {
    database ??= connect(file);
    const done = database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
    return { logPages: Number(done?.log), copiedPages: Number(done?.checkpointed) };
  } catch {
    // A full or failing disk: the log stays as it is, and the next round tries again.
    database?.close();
    database = undefined;
    return { logPages: 0, copiedPages: 0 };
  }
}
