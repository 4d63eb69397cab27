/**
 * `npm run check:package`: does what a user does with the tarball. It is installed in an empty
 * directory and asked for its version; a program imports the client from it, with its types; the
 * demo is served from it, called once with its own key, and stopped. Everything has a time limit,
 * and no process may be left behind.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildPackage } from './package.ts';

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 10_000;
const MODEL = 'amazon.nova-micro-v1:0';

interface Demo {
  readonly endpoint: string;
  readonly api_key: string;
  readonly gateway_pid: number;
  readonly simulator_pid: number;
}

async function main(): Promise<void> {
  const tarball = buildPackage();
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-package-'));
  try {
    noSourcesIn(tarball);
    const env = install(folder, tarball);
    const expected = /-(\d+\.\d+\.\d+)\.tgz$/.exec(tarball)?.[1];
    const printed = (command: string, args: readonly string[], as: NodeJS.ProcessEnv): void => {
      const version = execFileSync(command, [...args, '--version'], {
        ...{ cwd: folder, env: as, encoding: 'utf8' },
      });
      if (version.trim() !== expected) throw new Error(`--version printed ${version.trim()}`);
    };
    printed('npx', ['--no-install', 'tollkeeper'], env);
    // A command that is installed for all has the Node of the system, however old it is.
    const command = join(folder, 'node_modules', '.bin', 'tollkeeper');
    if (hasNode(ofSystem())) printed(command, [], { ...process.env, PATH: ofSystem() });
    importClient(folder, env);
    await serveDemo(folder, env);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(
    `package: ${tarball} installs, prints its version, has the client, serves the demo and stops`,
  );
}

/** Types cannot be stripped below `node_modules`, and tests are of no use there. */
function noSourcesIn(tarball: string): void {
  const listed = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' });
  const wrong = listed.split('\n').filter((path) => /(?<!\.d)\.ts$|\/test\//.test(path));
  if (wrong.length > 0) throw new Error(`the tarball holds ${wrong.slice(0, 5).join(', ')}`);
}

function install(folder: string, tarball: string): NodeJS.ProcessEnv {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  // As npm would have it for a user: their own commands first, then the path of the system.
  const bin = join(folder, 'node_modules', '.bin');
  return { ...process.env, PATH: [bin, ofSystem()].join(delimiter) };
}

/** The path without what npm and this repository put in front of it. */
function ofSystem(): string {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return path.filter((part) => !part.includes('node_modules')).join(delimiter);
}

function hasNode(path: string): boolean {
  return path.split(delimiter).some((part) => existsSync(join(part, 'node')));
}

/** What a program of a user says, checked with types and run. */
const PROGRAM = `import { CostKeeper, QuotasSpent, type Selection } from 'tollkeeper/client';
const keeper: CostKeeper = new CostKeeper({
  endpoint: 'http://127.0.0.1:9',
  clientId: 'org-a',
  clientSecret: 's',
  orgId: 'a',
  appId: 'b',
  spoolDir: 'spool',
});
export const label = (selection: Selection): string => selection.advice.recommended_model.label;
const closed: { readonly left: number } = await keeper.close();
console.log(QuotasSpent.name, closed.left);
// @ts-expect-error -- types are really there: this is none of the options
export const wrong = (): CostKeeper => new CostKeeper({ endpoint: 1 });
`;

function importClient(folder: string, env: NodeJS.ProcessEnv): void {
  const tsc = join(import.meta.dirname, '..', 'node_modules', '.bin', 'tsc');
  writeFileSync(join(folder, 'program.mts'), PROGRAM);
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];
  execFileSync(tsc, [...options, '--types', '', 'program.mts'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
  });
  const printed = execFileSync('node', ['program.mjs'], { cwd: folder, env, encoding: 'utf8' });
  if (printed.trim() !== 'QuotasSpent 0') throw new Error(`the program printed ${printed}`);
}

async function serveDemo(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const data = join(folder, 'data');
  const args = ['serve', '--demo', '--port', '0', '--data-dir', data];
  const child = spawn(join(folder, 'node_modules', '.bin', 'tollkeeper'), args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let demo: Demo | undefined;
  try {
    await ready(child);
    demo = JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')) as Demo;
    await converse(demo);
  } finally {
    await stop(child);
  }
  const deadline = Date.now() + STOP_MS_MAX;
  for (const pid of [demo.gateway_pid, demo.simulator_pid]) {
    while (isAlive(pid)) {
      if (Date.now() > deadline) throw new Error(`process ${pid} was left behind`);
      await sleep(20);
    }
  }
}

/** Resolves with the line that says so; rejects if the process ends or is silent for too long. */
async function ready(child: ChildProcess): Promise<void> {
  const { stdout } = child;
  if (stdout === null) throw new Error('the demo has no output');
  const late = AbortSignal.timeout(READY_MS_MAX);
  const lines = createInterface({ input: stdout, signal: late });
  for await (const line of lines) {
    if (!line.startsWith('ready ')) continue;
    // What it prints from now on is read and dropped, so that it never blocks.
    stdout.resume();
    return;
  }
  throw new Error(late.aborted ? 'the demo was not ready in time' : 'the demo ended by itself');
}

async function converse({ endpoint, api_key }: Demo): Promise<void> {
  const answer = await fetch(`${endpoint}/model/${encodeURIComponent(MODEL)}/converse`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      messages: [{ role: 'user', content: [{ text: 'Hello from the package check.' }] }],
      inferenceConfig: { maxTokens: 32 },
    }),
    signal: AbortSignal.timeout(STOP_MS_MAX),
  });
  const body = await answer.text();
  if (answer.status !== 200 || !body.includes('"usage"')) {
    throw new Error(`the demo answered ${answer.status}: ${body.slice(0, 500)}`);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS_MAX) });
  child.kill('SIGTERM');
  try {
    await ended;
  } catch {
    child.kill('SIGKILL');
    throw new Error('the demo did not stop in time');
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
