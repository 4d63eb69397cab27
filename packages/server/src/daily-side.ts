/** What sums days up, with its files. A part of the composition root. */
import { join } from 'node:path';
import { dailyFiles } from './adapters/daily-files/daily-files.ts';
import type { Settings } from './config/settings.ts';
import { DailyCosts, type DailyCostsParts } from './jobs/daily-costs.ts';

/** One per process. Nothing is read or written yet. */
export function openDailyCosts(
  { dataDir, entryDays }: Settings,
  parts: Omit<DailyCostsParts, 'files' | 'entryDays'>,
): DailyCosts {
  return new DailyCosts({ ...parts, entryDays, files: dailyFiles(join(dataDir, 'daily')) });
}
