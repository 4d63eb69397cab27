/** Starts the threads of the store, from source as well as from the compiled package. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FileOptions } from './schema.ts';

/** Sources run as they are; what is packed for users is compiled. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const ENTRIES = {
  writer: `./writer-worker${EXTENSION}`,
  reader: `./reader-worker${EXTENSION}`,
  checkpoint: `./checkpoint-worker${EXTENSION}`,
} as const;

/** A thread of the store. */
export interface WorkerThread<To, From> {
  post(message: To): void;
  /** Asks it to end and waits until it has. */
  close(message: To): Promise<void>;
  /** Called for each message; set once. */
  onMessage: (message: From) => void;
}

/**
 * Starts `<name>-worker` beside this file. `onFailed` is called once if it ends by itself, which
 * only a bug or a lack of memory brings about: failures of the disk are answers.
 */
export function startThread<To, From>(
  name: keyof typeof ENTRIES,
  file: FileOptions,
  onFailed: (error: Error) => void,
): WorkerThread<To, From> {
  const entry = new URL(ENTRIES[name], import.meta.url);
  const worker = new Worker(entry, { workerData: file, name: `tollkeeper-${name}` });
  let closing = false;
  let failed = false;
  const fail = (error: Error): void => {
    if (closing || failed) return;
    failed = true;
    onFailed(error);
  };
  const thread: WorkerThread<To, From> = {
    onMessage: () => undefined,
    post: (message) => worker.postMessage(message),
    async close(message) {
      if (failed) return;
      closing = true;
      const ended = once(worker, 'exit');
      worker.postMessage(message);
      await ended;
    },
  };
  worker.on('message', (message: From) => thread.onMessage(message));
  worker.on('error', (error: unknown) =>
    fail(error instanceof Error ? error : new Error(String(error))),
  );
  worker.on('exit', (code) => fail(new Error(`The ${name} thread ended with code ${code}.`)));
  return thread;
}
