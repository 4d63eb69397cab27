/** The thread that reads: questions are answered one after the other, a message by a message. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ReadAnswer, ReadQuestion } from './protocol.ts';
import { Reader } from './reader.ts';
import type { FileOptions } from './schema.ts';
import { isStorageFailure } from './storage-failure.ts';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const file = workerData as FileOptions;
const reader = new Reader(file);

port.on('message', (message: readonly ReadQuestion[] | 'close') => {
  if (message === 'close') {
    reader.close();
    port.close();
    return;
  }
  port.postMessage(message.map(answerTo));
});

function answerTo(question: ReadQuestion): ReadAnswer {
  try {
    return { kind: 'answer', value: reader.answer(question) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', unavailable: isStorageFailure(error), message };
  }
}
