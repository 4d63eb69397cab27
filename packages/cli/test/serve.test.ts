/** The verbs that open the stores themselves, and the settings they refuse. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tollkeeper } from './program.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-serve-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

it('prints the provisioning key once, and replaces it only when told to', async () => {
  const first = await tollkeeper(['init', '--data-dir', dataDir]);
  expect(first.code).toBe(0);
  expect(first.out).toMatch(/^tkp_[0-9A-Za-z]{43}\n$/);
  const again = await tollkeeper(['init', '--data-dir', dataDir]);
  expect(again).toMatchObject({ code: 2, out: '' });
  expect(again.notes).toContain('--replace');
  const replaced = await tollkeeper(['init', '--data-dir', dataDir, '--replace']);
  expect(replaced.out).toMatch(/^tkp_/);
  expect(replaced.out).not.toBe(first.out);
});

it('makes a master key for its owner alone, and says where it is', async () => {
  const { notes } = await tollkeeper(['init', '--data-dir', dataDir]);
  const path = join(dataDir, 'master-key');
  expect(notes).toContain(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const key = readFileSync(path, 'utf8');
  await tollkeeper(['init', '--data-dir', dataDir, '--replace']);
  expect(readFileSync(path, 'utf8')).toBe(key);
});

it('serves nothing real without a master key, and says what to do', async () => {
  await tollkeeper(['init', '--data-dir', dataDir]);
  rmSync(join(dataDir, 'master-key'));
  const ended = await tollkeeper(['serve', '--port', '0', '--data-dir', dataDir]);
  expect(ended.code).toBe(2);
  expect(ended.notes).toMatch(/no master key.*tollkeeper init.*TOLLKEEPER_MASTER_KEY/);
  const env = { TOLLKEEPER_MASTER_KEY: `1:${Buffer.alloc(32, 1).toString('base64')}` };
  const other = await tollkeeper(['serve', '--port', '0', '--data-dir', dataDir], env);
  expect(other.code).toBe(2);
  expect(other.notes).toContain('another key as version 1');
});

it('does not serve before there is a provisioning key', async () => {
  const ended = await tollkeeper(['serve', '--port', '0', '--data-dir', dataDir]);
  expect(ended.code).toBe(2);
  expect(ended.notes).toContain('tollkeeper init');
});

it('does not listen beyond this machine without being told that this is meant', async () => {
  const ended = await tollkeeper(['serve', '--host', '0.0.0.0', '--data-dir', dataDir]);
  expect(ended.code).toBe(2);
  expect(ended.notes).toContain('insecure');
});

it('names every setting that is wrong, and where it came from', async () => {
  const file = join(dataDir, 'settings.json');
  writeFileSync(file, '{"settle_wait_ms": "soon", "colour": "red"}');
  const env = { TOLLKEEPER_SETTINGS_FILE: file, TOLLKEEPER_PORT: '99999' };
  const ended = await tollkeeper(['serve', '--data-dir', dataDir], env);
  expect(ended.code).toBe(2);
  for (const word of ['settle_wait_ms', 'colour', 'TOLLKEEPER_PORT']) {
    expect(ended.notes).toContain(word);
  }
});

it('says so when the settings file cannot be read', async () => {
  const env = { TOLLKEEPER_SETTINGS_FILE: join(dataDir, 'none.json') };
  const ended = await tollkeeper(['serve', '--data-dir', dataDir], env);
  expect(ended.code).toBe(2);
  expect(ended.notes).toContain('none.json');
});
