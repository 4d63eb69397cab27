/** Files that are on the disk, name included, when a function returns. */
import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Syncs a file, or the names in a directory. */
export function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
