/** The command line as a process of its own, for tests. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly notes: string;
}

/** Runs the program to its end, with this environment and no other. */
export function tollkeeper(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((done) => {
    const path = process.env['PATH'] ?? '';
    const options = { env: { PATH: path, ...env } };
    const child = execFile(process.execPath, [MAIN, ...argv], options, (_, out, notes) => {
      done({ code: child.exitCode, out, notes });
    });
  });
}

/** Starts the program and waits for a line that begins with `word`. */
export async function start(
  argv: readonly string[],
  word: string,
): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith(word)) {
      // What comes later must not fill the pipe.
      child.stdout.resume();
      return { child, line };
    }
  }
  throw new Error(`tollkeeper ${argv.join(' ')} ended before it was ready`);
}
