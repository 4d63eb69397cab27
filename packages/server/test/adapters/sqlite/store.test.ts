/** The SQLite stores keep every promise of the ports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { storeConformance } from '@tollkeeper/testkit/conformance';
import { memoryStore } from '../../../src/adapters/memory/store.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { Stores } from '../../../src/ports/stores.ts';

const directories: string[] = [];

afterEach(() => {
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true });
});

async function openEmpty(): Promise<Stores> {
  const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-sqlite-'));
  directories.push(dir);
  return openSqliteStore({
    path: join(dir, 'store.db'),
    onFatal: (error) => {
      throw error;
    },
  });
}

storeConformance('sqlite', openEmpty, memoryStore);
