/** Reading the settings file from disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readSettingsFile, settingsFilePath } from '../../src/config/settings-file.ts';

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

test('a YAML file is read, with its comments passed over and its anchors followed', () => {
  const text = '# ours\nport: 9000\nmodel_labels:\n  a: &it {type: model}\n  b: *it\n';
  const path = written('good.yaml', text);
  const content = { port: 9000, model_labels: { a: { type: 'model' }, b: { type: 'model' } } };
  expect(readSettingsFile(path)).toEqual({ kind: 'read', file: { path, content } });
});

test('a file of comments states nothing', () => {
  const path = written('empty.yaml', '# nothing yet\n');
  expect(readSettingsFile(path)).toEqual({ kind: 'read', file: { path, content: {} } });
});

test.each([
  ['an open bracket', 'port: 1\nupstream_bearer_token: [swordfish\n'],
  ['a key twice', 'port: 1\nupstream_bearer_token: swordfish\nport: 2\n'],
  ['JSON cut short', '{ "upstream_bearer_token": "swordfish", '],
  ['a second document, of which nothing would count', 'port: 1\n---\nx: swordfish\n'],
])('text that is no YAML (%s) is refused by its line, without repeating any of it', (_, text) => {
  const path = written('bad.yaml', text);
  const result = readSettingsFile(path);
  expect(result).toMatchObject({
    kind: 'unreadable',
    message: expect.stringMatching(/bad\.yaml is not YAML: see line \d+\.$/) as string,
  });
  expect(JSON.stringify(result)).not.toContain('swordfish');
});

test('anchors that would blow up are refused or bounded, not expanded for ever', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let depth = 1; depth < 12; depth++) {
    lines.push(
      `a${depth}: &a${depth} [${Array(10)
        .fill(`*a${depth - 1}`)
        .join(', ')}]`,
    );
  }
  const path = written('bomb.yaml', lines.join('\n'));
  expect(readSettingsFile(path)).toMatchObject({ kind: 'unreadable' });
});

test('without a name, the usual file is read if it is there', () => {
  expect(settingsFilePath('named.yaml')).toBe('named.yaml');
  const before = process.cwd();
  process.chdir(folder);
  try {
    expect(settingsFilePath(undefined)).toBeUndefined();
    written('tollkeeper.yaml', 'port: 1\n');
    expect(settingsFilePath('')).toBe('tollkeeper.yaml');
  } finally {
    process.chdir(before);
  }
});
