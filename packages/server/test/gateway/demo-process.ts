/**
 * The gateway of the demo as a process of its own: started by the command, killed like any process.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@tollkeeper/contract';

const MAIN = join(import.meta.dirname, '../../../cli/src/main.ts');

interface DemoFile {
  readonly endpoint: string;
  readonly org_id: string;
  readonly app_id: string;
  readonly api_key: string;
  readonly provisioning_key: string;
  readonly gateway_pid: number;
}

/** One life after another on one data directory. */
export class DemoProcess {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-process-'));
  readonly #upstream: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #demo: DemoFile | undefined;
  output = '';

  private constructor(upstream: string, env: Readonly<Record<string, string>>) {
    this.#upstream = upstream;
    this.#env = env;
  }

  /** Starts the first life against a simulator that runs already. */
  static async start(
    upstream: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<DemoProcess> {
    const demo = new DemoProcess(upstream, env);
    await demo.restart();
    return demo;
  }

  get endpoint(): string {
    return this.#file.endpoint;
  }
  get orgId(): string {
    return this.#file.org_id;
  }
  get apiKey(): string {
    return this.#file.api_key;
  }
  get provisioningKey(): string {
    return this.#file.provisioning_key;
  }
  get client(): Client {
    const { endpoint, provisioning_key: provisioningKey } = this.#file;
    return createClient({ endpoint, provisioningKey, fetch });
  }

  get #file(): DemoFile {
    if (this.#demo === undefined) throw new Error('It was never started.');
    return this.#demo;
  }

  /** Starts it again on the same directory; resolves when it serves. */
  async restart(): Promise<void> {
    const env: NodeJS.ProcessEnv = { ...process.env, ...this.#env };
    const args = [MAIN, 'serve', '--demo', '--port', '0', '--data-dir', this.dataDir];
    const child = spawn(process.execPath, [...args, '--upstream', this.#upstream], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    // Also when the test itself is cut off.
    const endWithUs = (): void => void child.kill('SIGKILL');
    process.once('exit', endWithUs);
    child.once('exit', () => process.off('exit', endWithUs));
    const lifeStart = this.output.length;
    await new Promise<void>((resolve, reject) => {
      const heard = (text: Buffer): void => {
        this.output += text.toString();
        if (/^ready /m.test(this.output.slice(lifeStart))) resolve();
      };
      child.stdout.on('data', heard);
      child.stderr.on('data', heard);
      child.once('exit', () => reject(new Error(`It ended; it had said: ${this.output}`)));
    });
    this.#demo = JSON.parse(readFileSync(join(this.dataDir, 'demo.json'), 'utf8')) as DemoFile;
  }

  /** Kills it at once, without a chance to tidy up. */
  async kill(): Promise<void> {
    await this.#stop('SIGKILL');
  }

  /** Asks it to stop, and resolves with its exit code. */
  async terminate(): Promise<number | null> {
    return this.#stop('SIGTERM');
  }

  /** Kills it if it lives, and removes its directory. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }
}
