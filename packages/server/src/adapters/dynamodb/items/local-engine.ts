/**
 * Engines that speak DynamoDB on this machine: for the demo, and for tests. An engine is a child
 * that ends with its parent, however the parent ends.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LocalEngine {
  readonly endpoint: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** There is no engine for this machine; one that is there and does not start is another failure. */
export class NoLocalEngine extends Error {
  override readonly name = 'NoLocalEngine';
}

/** The package of npm that brings the engine of the demo, and where it runs. */
const ENGINE_PACKAGE = '@dynoxide/linux-x64';
const READY_MS = 30_000;
const READY_EVERY_MS = 20;
const STOP_MS = 5_000;

/**
 * A shell between us and the engine: it waits for its fourth input to end, which is when we do, and
 * takes the engine along. An engine that ends by itself ends the shell. Its files are its owner's.
 */
const KEEPER =
  "umask 077; trap 'kill $child $watch 2>/dev/null; wait $child; exit 0' TERM INT; " +
  '"$@" </dev/null 3<&- & child=$!; ' +
  '(read -r line <&3; kill -TERM $$) 2>/dev/null & watch=$!; ' +
  'wait $child; code=$?; kill $watch 2>/dev/null; exit $code';

/**
 * Starts the engine that npm brings. `file`: where it keeps its data; without it, in memory.
 * Rejects with `NoLocalEngine` where there is none for this machine.
 */
export async function startLocalEngine(
  options: { readonly file?: string } = {},
): Promise<LocalEngine> {
  let binary: string;
  try {
    const found = createRequire(import.meta.url).resolve(`${ENGINE_PACKAGE}/package.json`);
    binary = join(dirname(found), 'dynoxide');
  } catch {
    throw new NoLocalEngine(
      `The local DynamoDB engine (${ENGINE_PACKAGE}) is not installed: it is there for Linux on ` +
        'x64 only. Start another one and name it with --dynamodb-endpoint.',
    );
  }
  const place = options.file === undefined ? [] : ['--db-path', options.file];
  return startEngine((port) => [binary, 'serve', '--port', String(port), ...place]);
}

/** Starts any engine on a free port, in a directory. */
export async function startEngine(
  commandOf: (port: number) => readonly string[],
  cwd?: string,
): Promise<LocalEngine> {
  const port = await freePort();
  const child = spawn('/bin/sh', ['-c', KEEPER, 'sh', ...commandOf(port)], {
    ...(cwd === undefined ? {} : { cwd }),
    // The fourth is the one whose end is ours. A group of its own can be ended as a whole.
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000);
  });
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await untilReady(child, endpoint);
  } catch (error) {
    await stop(child);
    throw new Error(`The DynamoDB engine did not start. It said: ${said}`, { cause: error });
  }
  // Neither keeps this process alive.
  child.unref();
  for (const stream of child.stdio) {
    if (stream !== null && stream !== undefined && 'unref' in stream) {
      (stream as { unref(): void }).unref();
    }
  }
  return { endpoint, pid: child.pid ?? 0, stop: () => stop(child) };
}

async function untilReady(child: ChildProcess, endpoint: string): Promise<void> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`);
    if (await answers(endpoint)) return;
    await sleep(READY_EVERY_MS);
  }
  throw new Error('It does not answer.');
}

function answers(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(endpoint, { agent: false }, (response) => {
      response.resume();
      resolve(true);
    });
    request.on('error', () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }, STOP_MS);
  await ended;
  clearTimeout(late);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}
