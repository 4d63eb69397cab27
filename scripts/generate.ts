/**
 * `npm run generate` writes the files that follow from declarations in the code; with `--check` it
 * only compares, and fails with the names of those that differ. They are committed so that they can
 * be read and reviewed; nobody edits them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from '../packages/contract/src/generated-files.ts';
import { edgeFiles } from './edge-rules.ts';
import { settingsFiles } from './settings-reference.ts';

const root = dirname(import.meta.dirname);

function main(): void {
  const files = Object.entries({ ...settingsFiles(), ...generatedFiles(), ...edgeFiles(root) });
  const stale = files.filter(([path, content]) => contentOf(path) !== content);
  if (process.argv.includes('--check')) {
    for (const [path] of stale) console.log(`${path} is not what the code says: npm run generate`);
    if (stale.length > 0) process.exitCode = 1;
  } else {
    for (const [path, content] of stale) write(path, content);
  }
  console.log(`generated: ${files.length} files, ${stale.length} stale`);
}

function contentOf(path: string): string | undefined {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
}

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(`wrote ${path}`);
}

main();
