/**
 * What the commands know of the world outside: so that they can run in a test as they do in a
 * shell.
 */
import type { Fetch } from '@tollkeeper/contract';

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Data, for programs as well as people. */
  readonly out: (text: string) => void;
  /** Progress and complaints. */
  readonly note: (text: string) => void;
  /** Throws when there is no such file. */
  readonly readFile: (path: string) => string;
  readonly fetch: Fetch;
  /** Whether `note` is a terminal, where a line can be written over. */
  readonly noteTerminal?: boolean;
  /** Asks whoever sits there; absent when nobody does. */
  readonly ask?: (question: string) => Promise<string>;
  /** Waits. Absent: there is no need to. */
  readonly pause?: (ms: number) => Promise<void>;
  /** Whether `out` is a terminal that shows colours. */
  readonly terminal?: boolean;
}
