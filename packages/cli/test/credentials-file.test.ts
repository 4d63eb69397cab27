/** Where secrets of new clients are written. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCredentialsFile } from '../src/credentials-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-credentials-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('has a line for each client and is for its owner alone', () => {
  const path = join(dir, 'new');
  const file = openCredentialsFile(path);
  file.write({ client_id: 'org-a', client_secret: 's' });
  file.write({ client_id: 'org-b', client_secret: 't' });
  file.close();
  expect(readFileSync(path, 'utf8')).toBe(
    '{"client_id":"org-a","client_secret":"s"}\n{"client_id":"org-b","client_secret":"t"}\n',
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('is never written over', () => {
  const path = join(dir, 'old');
  writeFileSync(path, 'precious');
  expect(() => openCredentialsFile(path)).toThrow(/is there already/);
  expect(readFileSync(path, 'utf8')).toBe('precious');
});

it('is not left behind empty, and is refused where it cannot be made', () => {
  const path = join(dir, 'empty');
  openCredentialsFile(path).close();
  expect(existsSync(path)).toBe(false);
  expect(() => openCredentialsFile(join(dir, 'no', 'such', 'folder'))).toThrow(/cannot be made/);
});
