/** What was refused for good is kept, within a bound, with the reason. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DeadLettersFull, setAside } from '../../src/spool/dead-letters.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-dead-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const letter = {
  at: '2026-11-22T14:33:00.000Z',
  code: 'INVALID_CONFIG',
  message: 'unknown label',
  record: { request_id: 'r', input_tokens: 1 },
};

it('a line each, one after the other, for its owner alone', async () => {
  const file = join(dir, 'dead-letters.jsonl');
  await setAside(file, [letter], 10_000);
  await setAside(file, [{ ...letter, code: 'ALREADY_EXISTS' }], 10_000);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    letter,
    { ...letter, code: 'ALREADY_EXISTS' },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('beyond the bound nothing is written, and it says what to do', async () => {
  const file = join(dir, 'dead-letters.jsonl');
  await setAside(file, [letter], 200);
  const before = readFileSync(file);
  await expect(setAside(file, [letter], 200)).rejects.toThrow(DeadLettersFull);
  await expect(setAside(file, [letter], 200)).rejects.toThrow(/move the file away/);
  expect(readFileSync(file)).toEqual(before);
});
