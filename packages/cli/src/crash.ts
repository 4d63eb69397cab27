/**
 * The far end of an armed crash point: report, then stop for good, so that a harness can kill us
 * there.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes `crash-point.reached` into the data directory and blocks this thread for ever. */
export function stopForGood(dataDir: string): void {
  writeFileSync(join(dataDir, 'crash-point.reached'), `${process.pid}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
