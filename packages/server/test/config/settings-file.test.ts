/** Reading the settings file from disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSettingsFile } from '../../src/config/settings-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'settings-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test('a JSON file is read with its path', () => {
  const path = written('good.json', '{ "port": 9000 }');
  expect(readSettingsFile(path)).toEqual({
    kind: 'read',
    file: { path, content: { port: 9000 } },
  });
});

test('a file that is not there is a problem that names it', () => {
  const path = join(folder, 'absent.json');
  expect(readSettingsFile(path)).toEqual({
    kind: 'unreadable',
    message: `The settings file ${path} cannot be read (ENOENT).`,
  });
});

test('text that is no JSON is refused without repeating any of it', () => {
  const path = written('bad.json', '{ "upstream_bearer_token": swordfish }');
  const result = readSettingsFile(path);
  expect(result.kind).toBe('unreadable');
  expect(JSON.stringify(result)).not.toContain('swordfish');
});
