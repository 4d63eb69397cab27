/**
 * The thread that counts rates. It says when it is ready; then each message is a group, answered
 * after its commit.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ToRates } from './protocol.ts';
import { RateBook } from './rate-book.ts';
import type { RatesFile } from './rates-file.ts';

const PAUSE_MS = 1;

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const book = new RateBook(workerData as RatesFile);
const pause = new Int32Array(new SharedArrayBuffer(4));

port.postMessage('ready');
port.on('message', (message: ToRates) => {
  if (message === 'close') {
    book.close();
    port.close();
    return;
  }
  port.postMessage(book.run(message));
  // SQLite has no queue for its lock: who writes without a pause keeps all others out.
  if (book.shared) Atomics.wait(pause, 0, 0, PAUSE_MS);
});
