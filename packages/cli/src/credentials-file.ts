/**
 * Where the secrets of new clients go: shown once, or written to a file that only its owner reads,
 * one JSON object a line. The file must not be there yet, so that nothing is overwritten, and is
 * made before anything is created, so that no secret is lost for want of it.
 */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { UsageError } from './exit-code.ts';

/** The credentials of one new client. */
export interface NewCredentials {
  readonly client_id: string;
  readonly client_secret: string;
}

export interface CredentialsFile {
  /** The line is on disk when this returns. */
  readonly write: (credentials: NewCredentials) => void;
  /** Removes the file when nothing was written. */
  readonly close: () => void;
}

/** Makes the file. Throws a `UsageError` when it is there already or cannot be made. */
export function openCredentialsFile(path: string): CredentialsFile {
  const handle = open(path);
  let written = 0;
  return {
    write: (credentials) => {
      writeSync(handle, `${JSON.stringify(credentials)}\n`);
      fsyncSync(handle);
      written += 1;
    },
    close: () => {
      closeSync(handle);
      if (written === 0) rmSync(path, { force: true });
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new UsageError(
      exists
        ? `--credentials-file ${path} is there already; name a new file, so that none is lost`
        : `--credentials-file ${path} cannot be made`,
      { cause },
    );
  }
}
