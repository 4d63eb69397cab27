/**
 * When the log is copied into the file, and when it starts anew. A thread of its own copies while
 * the writer writes. Since SQLite can reuse the log only when all of it is copied, which under
 * constant load never happens by itself, the writer copies the short rest and restarts it once the
 * log is long.
 */
import type { Checkpointed } from './protocol.ts';
import type { FileOptions } from './schema.ts';
import { startThread } from './worker-thread.ts';

/** When to copy, and when to start the log anew. A page is 4 KiB. */
export interface LogLimits {
  /** Commands between two checkpoints. */
  readonly commandsBetween: number;
  /** Pages from which on the log is restarted. */
  readonly logPagesMax: number;
  /** Pages that the writer may be asked to copy itself. */
  readonly restPagesMax: number;
}

const LIMITS: LogLimits = { commandsBetween: 5_000, logPagesMax: 16_384, restPagesMax: 4_096 };

export interface Checkpoints {
  /** Tells of commands that were committed. */
  readonly committed: (commands: number) => void;
  close(): Promise<void>;
}

export function startCheckpoints(
  file: FileOptions,
  onFailed: (error: Error) => void,
  restartLog: () => void,
  limits: LogLimits = LIMITS,
): Checkpoints {
  const thread = startThread<'checkpoint' | 'close', Checkpointed>('checkpoint', file, onFailed);
  let since = 0;
  let running = false;
  thread.onMessage = ({ logPages, copiedPages }) => {
    running = false;
    if (logPages > limits.logPagesMax && logPages - copiedPages < limits.restPagesMax) restartLog();
  };
  return {
    committed(commands) {
      since += commands;
      if (running || since < limits.commandsBetween) return;
      since = 0;
      running = true;
      thread.post('checkpoint');
    },
    close: () => thread.close('close'),
  };
}
