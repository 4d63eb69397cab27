/**
 * The thread that writes. It takes everything that has gathered since the last commit as one group:
 * the slower the disk, the larger the groups.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { ToWriter, WriteCommand } from './protocol.ts';
import type { FileOptions } from './schema.ts';
import { Writer } from './writer.ts';

/** Commands in one transaction; a bound for the time that a commit may take. */
const GROUP_MAX = 2_048;

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const file = workerData as FileOptions;
const writer = new Writer(file);

port.on('message', (first: ToWriter) => {
  let group: WriteCommand[] = [];
  const flush = (): void => {
    if (group.length === 0) return;
    for (const committed of writer.run(group)) port.postMessage(committed);
    group = [];
  };
  let message: ToWriter | undefined = first;
  while (message !== undefined) {
    if (!('control' in message)) {
      group = group.length === 0 ? [...message] : group.concat(message);
      if (group.length >= GROUP_MAX) break;
    } else {
      flush();
      if (message.control === 'restart_log') writer.restartLog();
      if (message.control === 'close') {
        writer.close();
        port.close();
        return;
      }
    }
    message = receiveMessageOnPort(port)?.message as ToWriter | undefined;
  }
  flush();
});
