/**
 * `serve --demo` without `--upstream` is the launcher: it starts the simulator and then itself
 * again with `--upstream`, which is the gateway. If the gateway dies, the simulator goes on - it
 * keeps the book of what it billed - and the next start on the same data directory uses it again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Settings } from '@tollkeeper/server/settings';
import { engineOf, type DemoEngine } from './demo-engine.ts';
import { readDemo, simulatorHealth } from './demo-file.ts';
import { explaining, type Place } from './start-failure.ts';
import { STOP_SIGNALS } from './stop-signals.ts';
import { V8_FLAGS } from './v8-flags.ts';

/** What of the settings the launcher goes by. */
export type LaunchSettings = Place & Pick<Settings, 'store' | 'dynamodbEndpoint'>;

/**
 * Starts simulator and gateway, and what the gateway keeps things in if that is a process, each as
 * a process of its own, and stays until it is told to stop.
 */
export async function launchDemo(at: LaunchSettings, simulatorPort: number): Promise<void> {
  const dataDir = resolve(at.dataDir);
  await explaining({ ...at, dataDir }, () => mkdir(dataDir, { recursive: true, mode: 0o700 }));
  const engine = await engineOf({ ...at, dataDir });
  const simulator =
    (await reuseSimulator(dataDir, simulatorPort)) ??
    (await startSimulator(dataDir, simulatorPort));
  const gateway = spawn(
    process.execPath,
    [
      ...process.execArgv,
      ...V8_FLAGS,
      ownEntry(),
      ...process.argv.slice(2),
      '--upstream',
      simulator.url,
      ...flagsOf(engine),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: cachingCode(process.env, dataDir) },
  );
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    gateway.kill('SIGTERM');
  };
  // The gateway counts how often it was asked.
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  const [code, signal] = (await once(gateway, 'exit')) as [number | null, string | null];
  if (stopping || (code !== null && code !== 0)) {
    simulator.child?.kill('SIGTERM');
    process.exit(stopping ? 0 : (code ?? 1));
  }
  process.stderr.write(
    `The gateway ended (${signal ?? code}). The simulator at ${simulator.url} goes on and keeps ` +
      'its book; the next start on this data directory uses it again. Ctrl-C stops it.\n',
  );
  for (const signal of STOP_SIGNALS) {
    process.off(signal, stop).on(signal, () => endWith(simulator.child));
  }
  if (simulator.child !== undefined) await once(simulator.child, 'exit');
}

interface Simulator {
  readonly url: string;
  /** Absent when it was running before. */
  readonly child?: ChildProcess;
}

/** The simulator of an earlier start, if it still runs and no other port is asked for. */
async function reuseSimulator(dataDir: string, port: number): Promise<Simulator | undefined> {
  const before = readDemo(dataDir);
  if (before === undefined) return undefined;
  if (port !== 0 && new URL(before.simulator).port !== String(port)) return undefined;
  const health = await simulatorHealth(before.simulator);
  const same = health !== undefined && health.pid === before.simulator_pid;
  return same ? { url: before.simulator } : undefined;
}

async function startSimulator(dataDir: string, port: number): Promise<Simulator> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, ownEntry(), 'simulator', '--port', String(port), '--exit-with-parent'],
    { stdio: ['pipe', 'pipe', 'inherit'], env: withoutAws(cachingCode(process.env, dataDir)) },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^simulator ready (http:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    // What it prints later must not fill the pipe.
    child.stdout.resume();
    return { url, child };
  }
  throw new Error('The simulator ended before it was ready.');
}

/** The simulator knows its own credentials; those of the shell are none of its business. */
function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')));
}

/** Compiled code is kept with the data, which makes the second start a good deal faster. */
function cachingCode(env: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: join(dataDir, 'compiled'), ...env };
}

function flagsOf(engine: DemoEngine | undefined): readonly string[] {
  if (engine === undefined) return [];
  return ['--dynamodb-endpoint', engine.endpoint, '--store-pid', String(engine.pid)];
}

/** The file that a process of ours is started with. */
export function ownEntry(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./main.${extension}`, import.meta.url));
}

function endWith(child: ChildProcess | undefined): void {
  child?.kill('SIGTERM');
  process.exit(0);
}
