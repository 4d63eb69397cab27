/**
 * Starts, pins, questions and ends the processes of the bench. Each is started under `taskset`,
 * so that all its threads, those of workers and of V8 included, inherit the one core. Whatever
 * ends the harness, no child outlives it: own children end when their channel closes, the others
 * are killed on exit.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer } from './child.ts';

const START_SECONDS_MAX = 30;
const STOP_SECONDS_MAX = 10;

/** Where there is `setpriv`, the kernel ends a child even if the harness is killed outright. */
const DIES_WITH_PARENT: readonly [string, ...string[]] | readonly [] =
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
    ? ['setpriv', '--pdeathsig', 'KILL']
    : [];

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A child that speaks the harness' own protocol (see child.ts). */
export interface Child {
  readonly pid: number;
  readonly port: number;
  /**
   * Asks and waits, at most `secondsMax`. Rejects with the child's failure, its end or the bound.
   */
  ask(name: string, argument: unknown, secondsMax: number): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Pins the calling process, all its threads included, to a core. Throws where that is impossible.
 */
export function pinSelf(core: number): void {
  const done = spawnSync('taskset', ['-acp', String(core), String(process.pid)]);
  if (done.status !== 0) {
    throw new Error('the bench pins processes with `taskset` (util-linux) and needs Linux for it');
  }
}

/**
 * Starts a Node program pinned to a core, or to several (`0,1`), with a channel for messages or
 * without.
 */
export function spawnPinned(
  core: number | string,
  nodeArguments: readonly string[],
  options: { ipc: boolean; env?: NodeJS.ProcessEnv; errorsTo?: number },
): ChildProcess {
  const errorsTo = options.errorsTo ?? 'inherit';
  const [program, ...rest] = [...DIES_WITH_PARENT, 'taskset', '-c', String(core), process.execPath];
  const child = spawn(program, [...rest, ...nodeArguments], {
    env: options.env ?? process.env,
    serialization: 'advanced',
    stdio: options.ipc ? ['ignore', 'pipe', errorsTo, 'ipc'] : ['ignore', 'pipe', errorsTo],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Starts one of the bench's own programs and waits until it serves. */
export async function startChild(
  core: number,
  file: string,
  programArguments: readonly string[] = [],
): Promise<Child> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawnPinned(core, [path, ...programArguments], { ipc: true });
  child.stdout?.pipe(process.stderr);
  const waiting = new Map<number, (answer: Answer) => void>();
  let ended = false;
  child.once('exit', () => {
    ended = true;
    for (const [id, settle] of waiting) settle({ id, failure: `${file} ended` });
  });
  const port = await within<number>(
    START_SECONDS_MAX,
    `${file} did not start`,
    (resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`${file} ended with ${code} while starting`)));
      child.on('message', (message: Answer | { ready: { port: number } }) => {
        if ('ready' in message) resolve(message.ready.port);
        else waiting.get(message.id)?.(message);
      });
    },
  );

  let nextId = 0;
  const ask = (name: string, argument: unknown, secondsMax: number): Promise<unknown> => {
    nextId += 1;
    const id = nextId;
    return within<unknown>(secondsMax, `${file} did not answer ${name}`, (resolve, reject) => {
      if (ended) return reject(new Error(`${file} has ended`));
      waiting.set(id, (answer) => {
        waiting.delete(id);
        if ('failure' in answer) reject(new Error(answer.failure));
        else resolve(answer.value);
      });
      child.send({ id, name, argument });
    });
  };
  return { pid: child.pid ?? 0, port, ask, stop: () => stopProcess(child) };
}

/** Ends a process: politely, and after a bound by force. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_SECONDS_MAX * 1000);
  child.kill('SIGTERM');
  await gone;
  clearTimeout(force);
}

/** A promise that fails with `message` when nothing has settled it after `secondsMax`. */
export function within<T>(
  secondsMax: number,
  message: string,
  body: (resolve: (value: T) => void, reject: (reason: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const bound = setTimeout(
      () => reject(new Error(`${message} within ${secondsMax} s`)),
      secondsMax * 1000,
    );
    const settled = <V>(settle: (value: V) => void): ((value: V) => void) => {
      return (value) => {
        clearTimeout(bound);
        settle(value);
      };
    };
    body(settled(resolve), settled(reject));
  });
}
