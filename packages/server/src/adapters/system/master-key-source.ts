/** The master keys from the setting itself, or from a file that its owner alone may read. */
import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { MasterKeySource } from '../../ports/master-key-source.ts';

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** The setting wins: then the file is neither read nor written. */
export function masterKeySource(settings: {
  readonly masterKey: string | null;
  readonly masterKeyFile: string;
}): MasterKeySource {
  const { masterKey, masterKeyFile } = settings;
  if (masterKey !== null) {
    return { name: 'The setting master_key', read: () => masterKey, create: () => false };
  }
  const name = `The file of master keys ${masterKeyFile}`;
  return {
    name,
    read: () => readSecretFile(masterKeyFile, name),
    create: (text) => createSecretFile(masterKeyFile, text, name),
  };
}

/** Judged and read through one handle, so that nobody can change the file in between. */
function readSecretFile(path: string, name: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Error(`${name} cannot be read (${codeOf(error)}).`);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error(`${name} is not a file.`);
    if ((stat.mode & OTHERS) !== 0) {
      const mode = (stat.mode & 0o777).toString(8);
      throw new Error(
        `${name} is open to others than its owner (mode ${mode}). Run chmod 600 on it.`,
      );
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** The file appears whole or not at all. */
function createSecretFile(path: string, text: string, name: string): boolean {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, text, { mode: OWNER_ONLY, flag: 'wx' });
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw new Error(`${name} cannot be written (${codeOf(error)}).`);
  } finally {
    rmSync(draft, { force: true });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}
