/**
 * When the log is copied into the file, and when it starts anew. A thread of its own copies while
 * the writer writes. Since SQLite can reuse the log only when all of it is copied, which under
 * constant load never happens by itself, the writer copies the short rest and restarts it once the
 * log is long.
 */
import type { Checkpointed } from './protocol.ts';
import type { FileOptions } from './schema.ts';
import { startThread } from './worker-thread.ts';

/** Commands between two checkpoints. */
const COMMANDS_BETWEEN = 5_000;
/** Pages of 4 KiB (64 MiB) from which on the log is restarted. */
const LOG_PAGES_MAX = 16_384;
/** Pages that the writer may be asked to copy itself. */
const REST_PAGES_MAX = 4_096;

export interface Checkpoints {
  /** Tells of commands that were committed. */
  readonly committed: (commands: number) => void;
  close(): Promise<void>;
}

export function startCheckpoints(
  file: FileOptions,
  onFailed: (error: Error) => void,
  restartLog: () => void,
): Checkpoints {
  const thread = startThread<'checkpoint' | 'close', Checkpointed>('checkpoint', file, onFailed);
  let since = 0;
  let running = false;
  thread.onMessage = ({ logPages, copiedPages }) => {
    running = false;
    if (logPages > LOG_PAGES_MAX && logPages - copiedPages < REST_PAGES_MAX) restartLog();
  };
  return {
    committed(commands) {
      since += commands;
      if (running || since < COMMANDS_BETWEEN) return;
      since = 0;
      running = true;
      thread.post('checkpoint');
    },
    close: () => thread.close('close'),
  };
}
