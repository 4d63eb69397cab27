/**
 * Ends connections that were handed to a worker that died before it took them. Node keeps such a
 * connection open in the process that hands it out, with nobody to answer: its client would wait
 * for ever instead of trying again.
 */
import type { ChildProcess } from 'node:child_process';

interface Handle {
  close(): void;
}

/** What Node's cluster sends along with a connection, and what comes back. */
interface ClusterMessage {
  readonly seq?: number;
  readonly ack?: number;
}

/** Watches over what is handed to a process from now on. */
export function endUntaken(child: ChildProcess): void {
  const untaken = new Map<number, Handle>();
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  child.send = (...args: unknown[]): boolean => {
    const [message, handle] = args as [ClusterMessage, Handle | undefined];
    if (isHandle(handle) && message.seq !== undefined) untaken.set(message.seq, handle);
    return send(...args);
  };
  child.on('internalMessage', ({ ack }: ClusterMessage) => {
    if (ack !== undefined) untaken.delete(ack);
  });
  child.once('exit', () => {
    for (const handle of untaken.values()) handle.close();
    untaken.clear();
  });
}

function isHandle(given: unknown): given is Handle {
  return typeof given === 'object' && given !== null && 'close' in given;
}
