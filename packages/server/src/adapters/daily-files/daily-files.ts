/**
 * Files of days in a directory: `DIR/<day>.csv`, readable by their owner alone. A file is replaced
 * as a whole, so that nobody reads half of one.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DailyFiles } from '../../ports/daily-files.ts';

/** The directory is made (mode 700) with the first file. */
export function dailyFiles(dir: string): DailyFiles {
  return {
    async write(day, text) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      // Several processes may write the same day at once.
      const part = join(dir, `.${day}.${randomUUID()}.part`);
      try {
        const file = await open(part, 'wx', 0o600);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(part, join(dir, `${day}.csv`));
      } finally {
        await rm(part, { force: true });
      }
    },
  };
}
