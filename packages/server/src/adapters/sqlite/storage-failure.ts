/** Tells failures of the store from failures of one command. */

/**
 * Primary result codes of SQLite that are about one command: too big, constraint, mismatch, range.
 */
const COMMAND_ERRORS = new Set([18, 19, 20, 25]);

/** Whether an error is about the file or the disk: full, read-only, locked, broken, gone. */
export function isStorageFailure(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return typeof error.errcode === 'number' && !COMMAND_ERRORS.has(error.errcode & 0xff);
}
