/** The thread that reads. Questions are answered one after the other, each with one message. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ReadAnswer, ReadQuestion } from './protocol.ts';
import { Reader } from './reader.ts';
import type { FileOptions } from './schema.ts';
import { isStorageFailure } from './storage-failure.ts';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const file = workerData as FileOptions;
const reader = new Reader(file);

port.on('message', (message: ReadQuestion | 'close') => {
  if (message === 'close') {
    reader.close();
    port.close();
    return;
  }
  port.postMessage(answerTo(message));
});

function answerTo(question: ReadQuestion): ReadAnswer {
  try {
    return { kind: 'answer', value: reader.answer(question) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', unavailable: isStorageFailure(error), message };
  }
}
