/**
 * What a durable write costs on a disk: appends 4 KiB and syncs, as a write-ahead log does, and
 * notes each time. The targets for latency are stated in it, so it is measured in the same run.
 */
import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { nowMs } from './schedule.ts';

const BLOCK = Buffer.alloc(4096, 0x5a);

/** Milliseconds of each of `count` appends with fdatasync to a new file in a directory. */
export function syncTimes(directory: string, count: number): number[] {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `sync-probe-${process.pid}`);
  const file = openSync(path, 'w');
  const times: number[] = [];
  try {
    for (let i = 0; i < count; i += 1) {
      const start = nowMs();
      writeSync(file, BLOCK);
      fdatasyncSync(file);
      times.push(nowMs() - start);
    }
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
  return times;
}
