/**
 * The processes of a fleet: one simulator, one DynamoDB engine, a cable between the two that can be
 * cut, and gateways that know nothing of each other but the table.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Demo } from '../processes.ts';

const READY_WITHIN_MS = 60_000;
const KEPT_LINES = 40;

export interface FleetPlace {
  /** The file that is run: see `bundleGateway`. */
  readonly main: string;
  /** Shared: the keys of the demo are in it, and no ledger. */
  readonly dataDir: string;
  readonly dynamodbEndpoint: string;
  readonly upstream: string;
  readonly leaseMs: number;
}

/** One gateway: a process that serves, is killed, and is started again. */
export class FleetGateway {
  readonly #place: FleetPlace;
  readonly #lines: string[] = [];
  #child: ChildProcess | null = null;
  #endpoint: string | null = null;
  /** How often it was killed. */
  deaths = 0;

  constructor(place: FleetPlace) {
    this.#place = place;
  }

  /** Null while it does not serve. */
  get endpoint(): string | null {
    return this.#endpoint;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('it does not run');
    return this.#child.pid;
  }

  get demo(): Demo {
    const path = join(this.#place.dataDir, 'demo.json');
    const demo = JSON.parse(readFileSync(path, 'utf8')) as Demo;
    if (this.#endpoint === null) throw new Error('it does not serve');
    return { ...demo, endpoint: this.#endpoint };
  }

  async start(): Promise<void> {
    const { main, dataDir, dynamodbEndpoint, upstream, leaseMs } = this.#place;
    const child = spawn(
      process.execPath,
      [
        ...[main, 'serve', '--demo', '--port', '0', '--data-dir', dataDir, '--upstream', upstream],
        ...['--store', 'dynamodb', '--table-prefix', 'fleet-', '--lease-ms', String(leaseMs)],
        ...['--dynamodb-endpoint', dynamodbEndpoint, '--sweep-interval-ms', '1000'],
      ],
      {
        env: { ...process.env, NODE_COMPILE_CACHE: join(dataDir, 'compile-cache') },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#child = child;
    const ready = new Promise<string>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        let rest = '';
        stream.setEncoding('utf8').on('data', (text: string) => {
          const lines = (rest + text).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            this.#lines.push(line);
            if (this.#lines.length > KEPT_LINES) this.#lines.shift();
            const endpoint = /^ready (\S+)/.exec(line)?.[1];
            if (endpoint !== undefined) resolve(endpoint);
          }
        });
      }
    });
    const late = new AbortController();
    const outcome = await Promise.race([
      ready,
      once(child, 'exit').then(() => undefined),
      sleep(READY_WITHIN_MS, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    if (this.#child !== child) return;
    if (outcome === undefined) throw new Error(`a gateway did not start:\n${this.output}`);
    this.#endpoint = outcome;
  }

  get output(): string {
    return this.#lines.join('\n');
  }

  /** Why it ended without our doing; null while it lives or was killed. */
  get unexpectedEnd(): string | null {
    const child = this.#child;
    if (child === null || (child.exitCode === null && child.signalCode === null)) return null;
    return this.output;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    this.#endpoint = null;
    if (signal === 'SIGKILL') this.deaths += 1;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Stops the process where it is, or lets it go on. It keeps its connections. */
  freeze(frozen: boolean): void {
    process.kill(this.pid, frozen ? 'SIGSTOP' : 'SIGCONT');
  }
}
