/** Files of lines: whole or not there, private, and never written over. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryFiles } from '../../../src/adapters/entry-files/entry-files.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-entry-files-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function* lines(...texts: readonly string[]): AsyncGenerator<string> {
  for (const text of texts) yield text;
}

async function read(writerId: string, first: number): Promise<string[] | undefined> {
  const found = entryFiles(dir).read(writerId, first);
  if (found === undefined) return undefined;
  const texts: string[] = [];
  for await (const line of found) texts.push(line);
  return texts;
}

test('lines come back as they went in, by writer and first sequence', async () => {
  const files = entryFiles(dir);
  expect(await files.write('a', 1, lines('{"n":"ü"}', '{}'))).toBe(true);
  expect(await files.write('a', 3, lines('3'))).toBe(true);
  expect(await files.write('b', 1, lines('b'))).toBe(true);
  expect(await read('a', 1)).toEqual(['{"n":"ü"}', '{}']);
  expect(await read('a', 3)).toEqual(['3']);
  expect(await read('b', 1)).toEqual(['b']);
  expect(await read('a', 2)).toBeUndefined();
});

test('a file that is there stays as it is', async () => {
  const files = entryFiles(dir);
  await files.write('a', 1, lines('first'));
  expect(await files.write('a', 1, lines('second'))).toBe(false);
  expect(await read('a', 1)).toEqual(['first']);
  expect(readdirSync(join(dir, 'writer_id=a'))).toEqual(['000000000001.jsonl.gz']);
});

test('lines that break off leave nothing', async () => {
  const broken = async function* (): AsyncGenerator<string> {
    yield 'one';
    throw new Error('the store is gone');
  };
  const files = entryFiles(dir);
  await expect(files.write('a', 1, broken())).rejects.toThrow('the store is gone');
  expect(readdirSync(join(dir, 'writer_id=a'))).toEqual([]);
});

test('only the owner may read them, and no writer leads out of the directory', async () => {
  const files = entryFiles(join(dir, 'new'));
  for (const writer of ['a', '..', '../../x', '.']) {
    await files.write(writer, 1, lines('x'));
    const name = files.nameOf(writer, 1);
    expect(dirname(dirname(name))).toBe(join(dir, 'new'));
    expect(statSync(name).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(name)).mode & 0o777).toBe(0o700);
  }
});
