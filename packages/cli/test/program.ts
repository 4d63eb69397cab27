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
    const options = { env: { ...bareEnvironment(), ...env } };
    const child = execFile(process.execPath, [MAIN, ...argv], options, (_, out, notes) => {
      done({ code: child.exitCode, out, notes });
    });
  });
}

/**
 * Starts the program and waits for a line that begins with `word`. `detached`: it is the first of a
 * group of processes, as whatever a terminal runs.
 */
export async function start(
  argv: readonly string[],
  word: string,
  { detached = false }: { readonly detached?: boolean } = {},
): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: bareEnvironment(),
    detached,
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

/** Where programs are, and where what was compiled is kept: nothing that means anything to ours. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE };
}
