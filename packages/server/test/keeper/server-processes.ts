/**
 * Several gateways, each a process of its own, over one data directory, with a wall clock that the
 * test sets for all of them at once.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@tollkeeper/simulator';

const MAIN = join(import.meta.dirname, '../../../cli/src/main.ts');

/** See the head of the file. */
export class ServerProcesses {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tollkeeper-processes-'));
  readonly #children: ChildProcess[] = [];
  readonly #simulator: Simulator;
  readonly endpoints: string[] = [];

  private constructor(simulator: Simulator) {
    this.#simulator = simulator;
  }

  /** Starts them one after the other: the first makes what a demo needs. */
  static async start(
    count: number,
    at: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ServerProcesses> {
    const processes = new ServerProcesses(await startSimulator());
    processes.setClock(at);
    try {
      for (let started = 0; started < count; started++) await processes.#add(env);
    } catch (error) {
      await processes.close();
      throw error;
    }
    return processes;
  }

  get provisioningKey(): string {
    const text = readFileSync(join(this.#folder, 'data', 'demo.json'), 'utf8');
    return (JSON.parse(text) as { readonly provisioning_key: string }).provisioning_key;
  }

  /** Stops the clock of every process at an RFC 3339 moment, from its next look on. */
  setClock(at: string): void {
    const path = join(this.#folder, 'clock');
    writeFileSync(`${path}.new`, at);
    renameSync(`${path}.new`, path);
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map(stop));
    await this.#simulator.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #add(env: Readonly<Record<string, string>>): Promise<void> {
    const args = ['serve', '--demo', '--port', '0', '--data-dir', join(this.#folder, 'data')];
    const child = spawn(process.execPath, [MAIN, ...args, '--upstream', this.#simulator.url], {
      cwd: this.#folder,
      env: { ...process.env, ...env, TOLLKEEPER_CLOCK_FILE: join(this.#folder, 'clock') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    // Also when the test itself is cut off.
    const endWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    this.endpoints.push(await readiness(child));
  }
}

/** The endpoint that a process says it is ready at. */
async function readiness(child: ChildProcess): Promise<string> {
  let said = '';
  return new Promise<string>((resolve, reject) => {
    const heard = (text: Buffer): void => {
      said += text.toString();
      const endpoint = /^ready (\S+)$/m.exec(said)?.[1];
      if (endpoint !== undefined) resolve(endpoint);
    };
    child.stdout?.on('data', heard);
    child.stderr?.on('data', heard);
    child.once('exit', () => reject(new Error(`It ended; it had said: ${said}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
