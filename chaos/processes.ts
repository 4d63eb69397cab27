/**
 * The processes of a run: the simulator, which lives as long as the run because its book is the
 * truth, and the gateway, which is started and killed again and again on one data directory and one
 * port.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the demo leaves in `demo.json`. */
export interface Demo {
  readonly endpoint: string;
  readonly region: string;
  readonly org_id: string;
  readonly app_id: string;
  readonly api_key: string;
  readonly provisioning_key: string;
  readonly gateway_pid: number;
}

const ROOT = join(import.meta.dirname, '..');
const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 20_000;
const KEPT_LINES = 60;

/** A child of which the last lines of output are kept, to be shown when it fails. */
class Child {
  readonly process: ChildProcess;
  readonly exited: Promise<void>;
  readonly #lines: string[] = [];
  #ready: () => void = () => undefined;
  readonly ready: Promise<void>;

  constructor(script: string, args: readonly string[], env: NodeJS.ProcessEnv, ready: RegExp) {
    this.process = spawn(process.execPath, [join(ROOT, script), ...args], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = new Promise((resolve) => this.process.once('exit', () => resolve()));
    this.ready = new Promise((resolve) => {
      this.#ready = resolve;
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#keep(line, ready);
      });
    }
  }

  get output(): string {
    return this.#lines.join('\n');
  }

  /** Resolves at the ready line; rejects when the process ends or is silent for too long. */
  async untilReady(what: string): Promise<void> {
    const late = new AbortController();
    const outcome = await Promise.race([
      this.ready.then(() => 'ready'),
      this.exited.then(() => 'exited'),
      sleep(READY_WITHIN_MS, 'silent', { signal: late.signal }).catch(() => 'stopped'),
    ]);
    late.abort();
    if (outcome !== 'ready') throw new Error(`${what} ${outcome}; it had said:\n${this.output}`);
  }

  #keep(line: string, ready: RegExp): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    if (ready.test(line)) this.#ready();
  }
}

/** A port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The simulator in a process of its own. */
export class SimulatorProcess {
  readonly url: string;
  readonly #child: Child;

  private constructor(url: string, child: Child) {
    this.url = url;
    this.#child = child;
  }

  static async start(port: number, more: readonly string[] = []): Promise<SimulatorProcess> {
    const args = ['--port', String(port), '--book-calls-max', '5000000', ...more];
    const child = new Child('packages/simulator/src/main.ts', args, process.env, /ready /);
    await child.untilReady('the simulator');
    return new SimulatorProcess(`http://127.0.0.1:${port}`, child);
  }

  async stop(): Promise<void> {
    this.#child.process.kill('SIGKILL');
    await this.#child.exited;
  }
}

/** The gateway on one data directory, through all its deaths. */
export class GatewayProcess {
  readonly #dataDir: string;
  readonly #port: number;
  readonly #upstream: string;
  #child: Child | null = null;
  #demo: Demo | null = null;

  constructor(dataDir: string, port: number, upstream: string) {
    this.#dataDir = dataDir;
    this.#port = port;
    this.#upstream = upstream;
  }

  get demo(): Demo {
    if (this.#demo === null) throw new Error('the gateway was never started');
    return this.#demo;
  }

  /** Whether it has stopped itself at the crash point that it was started with. */
  get atCrashPoint(): boolean {
    return existsSync(this.#reachedFile);
  }

  get #reachedFile(): string {
    return join(this.#dataDir, 'crash-point.reached');
  }

  /** Starts it, armed with a crash point (`name:count`) or not, and waits until it serves. */
  async start(crashPoint: string | null): Promise<void> {
    const child = this.#spawn(crashPoint);
    this.#child = child;
    await child.untilReady('the gateway');
    this.#demo = JSON.parse(readFileSync(join(this.#dataDir, 'demo.json'), 'utf8')) as Demo;
  }

  /**
   * Starts it and kills it again after a while, ready or not: in the middle of its recovery, say.
   */
  async startInVain(afterMs: number): Promise<void> {
    const child = this.#spawn(null);
    this.#child = child;
    await Promise.race([child.exited, sleep(afterMs)]);
    if (child.process.exitCode !== null) throw new Error(`it ended by itself:\n${child.output}`);
    child.process.kill('SIGKILL');
    await child.exited;
    this.#child = null;
  }

  #spawn(crashPoint: string | null): Child {
    rmSync(this.#reachedFile, { force: true });
    const env: NodeJS.ProcessEnv = { ...process.env };
    delete env['TOLLKEEPER_CRASH_POINT'];
    if (crashPoint !== null) env['TOLLKEEPER_CRASH_POINT'] = crashPoint;
    // Compiled modules are kept from the first orderly end on, so that the many lives begin sooner.
    env['NODE_COMPILE_CACHE'] = join(this.#dataDir, 'compile-cache');
    const args = ['serve', '--demo', '--port', String(this.#port)];
    args.push('--data-dir', this.#dataDir, '--upstream', this.#upstream);
    return new Child('packages/cli/src/main.ts', args, env, /^ready /);
  }

  /** Ends it in order, as an operator does. Rejects when it does not end well, or in time. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    child.process.kill('SIGTERM');
    await Promise.race([child.exited, sleep(STOPPED_WITHIN_MS)]);
    if (child.process.exitCode !== 0) {
      throw new Error(`the gateway did not stop when told to; it had said:\n${child.output}`);
    }
    this.#child = null;
  }

  /** Kills the gateway itself, by its pid, and waits until it and its launcher are gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    process.kill(this.demo.gateway_pid, 'SIGKILL');
    await Promise.race([child.exited, sleep(2_000)]);
    if (child.process.exitCode === null) child.process.kill('SIGKILL');
    await child.exited;
    if (alive(this.demo.gateway_pid)) throw new Error('the gateway survived SIGKILL');
  }

  /** Why it died, when it was not killed by us; null while it lives. */
  get unexpectedEnd(): string | null {
    const child = this.#child;
    if (child === null || child.process.exitCode === null) return null;
    return child.output;
  }

  /** Ends whatever still runs; for the end of the run, however it comes. */
  endForSure(): void {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    if (this.#demo !== null && alive(this.#demo.gateway_pid)) {
      process.kill(this.#demo.gateway_pid, 'SIGKILL');
    }
    child.process.kill('SIGKILL');
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
