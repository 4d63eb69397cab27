/** Copies of entries: complete, once, in order, and durable before the ledger is told. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { entryFromJson, type EntryJson } from '@tollkeeper/core';
import { NOON, submission } from '@tollkeeper/testkit/conformance/fixtures';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entryFiles } from '../../src/adapters/entry-files/entry-files.ts';
import { MemoryLedger } from '../../src/adapters/memory/ledger.ts';
import { EXPORT_PLACE, exportEntries } from '../../src/jobs/entry-export.ts';

let dir: string;
let ledger: MemoryLedger;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-export-'));
  ledger = new MemoryLedger(() => 0);
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function record(writer: string, ...ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await ledger.record({ ...submission(id, 10n), instance_id: writer });
  }
}

function copy(runMax?: number) {
  const archive = entryFiles(dir);
  return exportEntries({ ledger, archive, ...(runMax === undefined ? {} : { runMax }) });
}

const filesOf = (writer: string): string[] => readdirSync(join(dir, `writer_id=${writer}`)).sort();

function linesOf(writer: string, file: string): EntryJson[] {
  const text = gunzipSync(readFileSync(join(dir, `writer_id=${writer}`, file))).toString();
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as EntryJson);
}

test('every entry is in the files once, as the ledger has it, in order', async () => {
  await record('a', '1', '2', '3', '4', '5');
  await record('b', '6');
  expect(await copy(2)).toEqual({ entries: 6, runs: 4, adopted: 0 });
  expect(filesOf('a')).toEqual([
    '000000000001.jsonl.gz',
    '000000000003.jsonl.gz',
    '000000000005.jsonl.gz',
  ]);
  const copied = filesOf('a').flatMap((file) => linesOf('a', file).map(entryFromJson));
  expect(copied).toEqual(await ledger.entriesOfWriter('a', 0, 10));
  expect(linesOf('b', '000000000001.jsonl.gz').map((line) => line.entry_id)).toEqual(['6']);
  expect(await ledger.copied(EXPORT_PLACE)).toEqual([
    { writer_id: 'a', sequence: 5 },
    { writer_id: 'b', sequence: 1 },
  ]);
});

test('the next export has only what is new', async () => {
  await record('a', '1', '2');
  await copy();
  expect(await copy()).toEqual({ entries: 0, runs: 0, adopted: 0 });
  await record('a', '3');
  expect(await copy()).toEqual({ entries: 1, runs: 1, adopted: 0 });
  expect(filesOf('a')).toEqual(['000000000001.jsonl.gz', '000000000003.jsonl.gz']);
});

test('a file that was durable before the ledger knew of it is taken as it is', async () => {
  await record('a', '1', '2', '3');
  const markCopied = ledger.markCopied;
  ledger.markCopied = () => Promise.reject(new Error('killed'));
  await expect(copy()).rejects.toThrow('killed');
  ledger.markCopied = markCopied;
  await record('a', '4');
  expect(await copy()).toEqual({ entries: 4, runs: 1, adopted: 1 });
  expect(filesOf('a')).toEqual(['000000000001.jsonl.gz', '000000000004.jsonl.gz']);
});

test('files of a ledger that was restored since stay as they are', async () => {
  await record('a', '1', '2', '3');
  await copy();
  const before = readFileSync(join(dir, 'writer_id=a', '000000000001.jsonl.gz'));
  ledger = new MemoryLedger(() => 0);
  await record('a', '1', '2');
  await record('b', 'new');
  expect(await copy()).toEqual({ entries: 3, runs: 1, adopted: 1 });
  expect(readFileSync(join(dir, 'writer_id=a', '000000000001.jsonl.gz'))).toEqual(before);
  expect(await ledger.copied(EXPORT_PLACE)).toEqual([
    { writer_id: 'a', sequence: 2 },
    { writer_id: 'b', sequence: 1 },
  ]);
});

test('a file of another ledger is refused and nothing is marked', async () => {
  await record('a', '1', '2');
  await copy();
  ledger = new MemoryLedger(() => 0);
  await record('a', '1', 'other');
  await expect(copy()).rejects.toThrow(/something else than the ledger of entry 2/);
  expect(await ledger.copied(EXPORT_PLACE)).toEqual([]);
});

test('a file that is cut short is not taken for a copy', async () => {
  await record('a', '1', '2');
  await copy();
  const [name = ''] = filesOf('a').map((file) => join(dir, 'writer_id=a', file));
  const whole = readFileSync(name);
  ledger = new MemoryLedger(() => 0);
  await record('a', '1', '2');
  truncateSync(name, whole.length - 20);
  await expect(copy()).rejects.toThrow(/cannot be read/);
  writeFileSync(name, '');
  await expect(copy()).rejects.toThrow(/cannot be read|is empty/);
  expect(await ledger.copied(EXPORT_PLACE)).toEqual([]);
});

test('a broken export leaves no file that looks whole', async () => {
  await record('a', '1', '2');
  const entriesOfWriter = ledger.entriesOfWriter.bind(ledger);
  let asked = 0;
  ledger.entriesOfWriter = async (...query) => {
    asked += 1;
    if (asked === 3) throw new Error('disk full');
    return entriesOfWriter(...query);
  };
  await record('a', ...Array.from({ length: 1_200 }, (_, i) => `m${i}`));
  await expect(copy()).rejects.toThrow('disk full');
  expect(existsSync(join(dir, 'writer_id=a'))).toBe(true);
  expect(filesOf('a')).toEqual([]);
  expect(await copy()).toEqual({ entries: 1_202, runs: 1, adopted: 0 });
});

test('what went after another copy was made is passed over', async () => {
  await record('a', '1', '2');
  await ledger.record(submission('3', 1n, { started_at: NOON + 9 }));
  await ledger.markCopied('lake', { writer_id: 'a', sequence: 9 });
  await ledger.forgetEntries({ before: NOON + 1, limit: 10 });
  expect(await copy()).toEqual({ entries: 1, runs: 1, adopted: 0 });
  expect(await ledger.copied(EXPORT_PLACE)).toEqual([
    { writer_id: 'a', sequence: 2 },
    { writer_id: 'writer', sequence: 1 },
  ]);
});

test('it tells how far it has come', async () => {
  await record('a', '1', '2', '3');
  const told: (readonly number[])[] = [];
  await exportEntries({
    ledger,
    archive: entryFiles(dir),
    runMax: 2,
    onProgress: (...progress) => told.push(progress),
  });
  expect(told).toEqual([
    [0, 3],
    [2, 3],
    [3, 3],
  ]);
});
