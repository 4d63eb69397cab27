/**
 * The files of a spool: numbered segments, written only at the end of the newest. Numbers are never
 * used twice, so that an old position cannot mean a new segment.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const NAME = /^(\d{12})\.spool$/;

/** One segment. */
export interface Segment {
  readonly number: number;
  /** Bytes that count: those of lines whose writer was told that they are safe. */
  readonly bytes: number;
}

/** All segments of a directory, oldest first. */
export function segmentsIn(dir: string): Segment[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const number = NAME.exec(name)?.[1];
      if (number === undefined) return [];
      return [{ number: Number(number), bytes: statSync(join(dir, name)).size }];
    })
    .sort((a, b) => a.number - b.number);
}

/** Where a segment lies. */
export function segmentFile(dir: string, number: number): string {
  return join(dir, `${String(number).padStart(12, '0')}.spool`);
}

/** Lines that have an end, from `offset` on. */
export function linesOf(dir: string, number: number, offset: number): number {
  const bytes = readFileSync(segmentFile(dir, number)).subarray(offset);
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}

/** At most `bytesMax` bytes of a segment; undefined when the file is not there. */
export async function readSegment(
  dir: string,
  number: number,
  offset: number,
  bytesMax: number,
): Promise<Buffer | undefined> {
  const handle = await openIfThere(segmentFile(dir, number));
  if (handle === undefined) return undefined;
  try {
    const buffer = Buffer.alloc(Math.max(0, bytesMax));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(
        buffer,
        filled,
        buffer.length - filled,
        offset + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a segment that has been delivered. */
export async function removeSegment(dir: string, number: number): Promise<void> {
  await rm(segmentFile(dir, number), { force: true });
}
