/** The newest segment of a spool, open for appending. */
import { open, type FileHandle } from 'node:fs/promises';
import { segmentFile } from './segment-files.ts';

/** Appends to one segment; after a failure it is to be left for a new one. */
export interface SegmentWriter {
  readonly number: number;
  /** Bytes that are safe. */
  readonly bytes: () => number;
  /** Resolves once the bytes are on disk. Rejects with what the system says. */
  readonly append: (bytes: Buffer) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Makes a new segment. Its name is on disk before anything in it is called safe. */
export async function newSegment(dir: string, number: number): Promise<SegmentWriter> {
  const handle = await open(segmentFile(dir, number), 'wx', 0o600);
  try {
    await syncDirectory(dir);
  } catch (error) {
    await handle.close();
    throw error;
  }
  let safe = 0;
  return {
    number,
    bytes: () => safe,
    append: async (bytes) => {
      try {
        await handle.appendFile(bytes);
        await handle.datasync();
      } catch (error) {
        await takeBack(handle, safe);
        throw error;
      }
      safe += bytes.length;
    },
    close: () => handle.close(),
  };
}

/** What was not called safe should not be found later; that it may be does no harm. */
async function takeBack(handle: FileHandle, safe: number): Promise<void> {
  try {
    await handle.truncate(safe);
  } catch {
    // The system refuses writes altogether; what is left of the line has no end.
  }
}

async function syncDirectory(dir: string): Promise<void> {
  // Windows cannot open directories; its file systems keep names by themselves.
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
