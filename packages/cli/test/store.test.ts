/** Copies of the store by the command line: they come back, and never while a server runs. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStores } from '@tollkeeper/server';
import { budget, NOON, submission } from '@tollkeeper/testkit/conformance/fixtures';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { start, tollkeeper, type Ended } from './program.ts';

let dir: string;
let dataDir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-store-'));
  dataDir = join(dir, 'data');
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a command on the data directory. */
function run(...argv: readonly string[]): Promise<Ended> {
  return tollkeeper([...argv, '--data-dir', dataDir]);
}

/** Records submissions, and returns what the ledger says then. */
async function spend(...ids: readonly string[]): Promise<unknown> {
  mkdirSync(dataDir, { recursive: true });
  const { ledger } = await openStores({ dataDir });
  await ledger.putBudget({ budget: budget({ amount: 1_000n }), at: NOON });
  for (const id of ids) await ledger.record(submission(id, 10n));
  const { total } = await ledger.summary({ group_by: [] });
  const said = [total, await ledger.budgets(NOON), await ledger.writers()];
  await ledger.close();
  return said;
}

it('backs up, restores and says so; the sums are those of the backup', async () => {
  const before = await spend('1', '2');
  const to = join(dir, 'copy.db');
  const copied = await run('backup', '--to', to);
  expect(copied).toMatchObject({ code: 0 });
  expect(copied.out).toBe(
    `${to} is a whole backup: 2 entries of 1 writers, 1 budgets, ${statSync(to).size} bytes.\n`,
  );
  expect(copied.notes).toMatch(/Copying pages: 100 %.*master key/s);
  await spend('3');
  const looked = await run('restore', '--from', to, '--dry-run', '--json');
  expect(JSON.parse(looked.out)).toMatchObject({ entries: 2, budgets: 1, aside: null });
  const restored = await run('restore', '--from', to, '--yes');
  expect(restored.code).toBe(0);
  expect(restored.notes).toContain('before-restore-');
  expect(await spend()).toEqual(before);
  const aside = readdirSync(dataDir).filter((name) => name.includes('before-restore'));
  expect(aside).toHaveLength(1);
});

it('asks before it restores, where somebody can be asked', async () => {
  await spend('1');
  const to = join(dir, 'copy.db');
  await run('backup', '--to', to);
  const ended = await run('restore', '--from', to);
  expect(ended).toMatchObject({ code: 2, out: '' });
  expect(ended.notes).toContain('--yes');
});

it('copies while a server runs, and restores nothing', async () => {
  await run('init');
  const { child } = await start(['serve', '--port', '0', '--data-dir', dataDir], 'ready');
  try {
    const to = join(dir, 'copy.db');
    expect((await run('backup', '--to', to)).code).toBe(0);
    const ended = await run('restore', '--from', to, '--yes');
    expect(ended.code).toBe(1);
    expect(ended.notes).toMatch(/A server runs on this directory/);
    expect((await run('export', '--to', join(dir, 'out'))).code).toBe(0);
  } finally {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exited;
  }
  expect((await run('restore', '--from', join(dir, 'copy.db'), '--yes')).code).toBe(0);
}, 120_000);

it('exports what is new, and then nothing', async () => {
  await spend('1', '2', '3');
  const to = join(dir, 'out');
  const first = await run('export', '--to', to);
  expect(first.out).toBe(`3 entries were copied to ${to}: 1 new files.\n`);
  expect(first.notes).toContain('Exporting: 100 % (3 of 3)');
  expect(readdirSync(join(to, 'writer_id=writer'))).toEqual(['000000000001.jsonl.gz']);
  const again = await run('export', '--to', to, '--json');
  expect(JSON.parse(again.out)).toEqual({ entries: 0, runs: 0, adopted: 0 });
});

it('says what is wrong where there is no store or no backup', async () => {
  const to = join(dir, 'copy.db');
  for (const command of ['backup', 'export']) {
    const ended = await run(command, '--to', to);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.notes).toMatch(/no store in .*--data-dir/);
  }
  expect((await run('restore', '--from', to, '--yes')).notes).toContain(`There is no file ${to}`);
  writeFileSync(to, 'no backup');
  const ended = await run('restore', '--from', to, '--yes');
  expect(ended.code).toBe(1);
  expect(ended.notes).toContain('cannot be read as a store');
});
