/** Tables of days on a real disk. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dailyFiles } from '../../../src/adapters/daily-files/daily-files.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-daily-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a day has one file, which the last text replaces, for its owner alone', async () => {
  const at = join(dir, 'daily');
  const files = dailyFiles(at);
  await files.write('2026-11-22', 'one\r\n');
  await files.write('2026-11-22', 'two\r\n');
  expect(readdirSync(at)).toEqual(['2026-11-22.csv']);
  expect(readFileSync(join(at, '2026-11-22.csv'), 'utf8')).toBe('two\r\n');
  expect(statSync(at).mode & 0o777).toBe(0o700);
  expect(statSync(join(at, '2026-11-22.csv')).mode & 0o777).toBe(0o600);
});

test('whoever writes at once leaves one whole text, and nothing half-written', async () => {
  const files = dailyFiles(dir);
  const texts = Array.from({ length: 8 }, (_, at) => `${at}`.repeat(50_000));
  await Promise.all(texts.map((text) => files.write('2026-11-22', text)));
  expect(readdirSync(dir)).toEqual(['2026-11-22.csv']);
  expect(texts).toContain(readFileSync(join(dir, '2026-11-22.csv'), 'utf8'));
});
