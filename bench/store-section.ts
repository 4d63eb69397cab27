/**
 * Runs the bench of the ledger's port (bench/store.ts) as a program of its own. It has both
 * cores, one for the caller and one for the store's worker. Its output is passed on as it is; its
 * exit code says what came of it, by the same rule as that of the whole bench.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SectionResult, Settings } from './section.ts';

const PROGRAM = fileURLToPath(new URL('./store.ts', import.meta.url));
const SECONDS_MAX = 300;

export async function measureStore(settings: Settings): Promise<SectionResult> {
  const section = 'store';
  if (!existsSync(PROGRAM)) {
    return {
      section,
      tables: [],
      wrong: [],
      void: ['there is no bench/store.ts'],
      targets: [],
      figures: null,
    };
  }
  const code = await runStore(settings);
  return {
    section,
    tables: [],
    wrong: [],
    void: code === 0 || code === 1 ? [] : [`bench/store.ts ended with ${code ?? 'a signal'}`],
    targets: [
      {
        name: 'intents + settlements through the port on SQLite',
        demanded: 'see above',
        measured: 'see above',
        met: code === 0,
      },
    ],
    figures: { code },
  };
}

function runStore(settings: Settings): Promise<number | null> {
  const { load, subject } = settings.cores;
  const quick = settings.quick ? ['--quick'] : [];
  const command = ['-c', `${load},${subject}`, process.execPath, PROGRAM, ...quick];
  return new Promise((resolve, reject) => {
    const child = spawn('taskset', command, {
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: SECONDS_MAX * 1000,
      killSignal: 'SIGKILL',
    });
    const end = (): boolean => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('exit', end);
      resolve(code);
    });
  });
}
