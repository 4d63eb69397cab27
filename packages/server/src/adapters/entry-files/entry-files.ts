/**
 * Runs of entries as files of JSON lines under gzip: `DIR/writer_id=<id>/<first>.jsonl.gz`. A file
 * gets its name only once all of it is on the disk, and a file that has its name is never written
 * again.
 */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { EntryArchive } from '../../ports/entry-archive.ts';

/** Digits of a sequence in a name, so that names sort as sequences do. */
const DIGITS = 12;

/** Files in a directory, which is made (mode 700) when it is missing. */
export function entryFiles(dir: string): EntryArchive {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const nameOf = (writerId: string, first: number): string =>
    join(
      dir,
      `writer_id=${encodeURIComponent(writerId)}`,
      `${String(first).padStart(DIGITS, '0')}.jsonl.gz`,
    );
  return {
    nameOf,
    read: (writerId, first) => {
      const name = nameOf(writerId, first);
      return existsSync(name) ? linesOf(name) : undefined;
    },
    write: async (writerId, first, lines) => {
      const name = nameOf(writerId, first);
      mkdirSync(dirname(name), { recursive: true, mode: 0o700 });
      const part = `${name}.${process.pid}.part`;
      try {
        const file = createWriteStream(part, { mode: 0o600, flush: true });
        await pipeline(Readable.from(ended(lines)), createGzip(), file);
        if (!named(part, name)) return false;
        syncDirectory(dirname(name));
        syncDirectory(dir);
        return true;
      } finally {
        rmSync(part, { force: true });
      }
    },
  };
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

async function* linesOf(name: string): AsyncGenerator<string> {
  const text = createGunzip();
  const read = pipeline(createReadStream(name), text);
  // Whoever reads the lines is told of it: the interface does not pass on a failure.
  read.catch(() => undefined);
  yield* createInterface({ input: text, crlfDelay: Infinity });
  await read;
}

/** Gives a file its name; false when something has that name. */
function named(part: string, name: string): boolean {
  try {
    linkSync(part, name);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Makes the names in a directory durable. */
function syncDirectory(dir: string): void {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
