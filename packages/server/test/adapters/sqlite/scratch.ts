/** Files and children of tests: everything is gone when the test has ended. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { SqliteStoreOptions, SqliteStores } from '../../../src/adapters/sqlite/store.ts';

/** A directory of one test, with the stores and children that it opened. */
export class Scratch implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'tollkeeper-sqlite-'));
  readonly path = join(this.dir, 'store.db');
  readonly instances = join(this.dir, 'instances');
  readonly #opened: SqliteStores[] = [];
  readonly #children: ChildProcess[] = [];

  async open(options: Partial<SqliteStoreOptions> = {}): Promise<SqliteStores> {
    const stores = await openSqliteStore({
      path: this.path,
      onFatal: (error) => {
        throw error;
      },
      ...options,
    });
    this.#opened.push(stores);
    return stores;
  }

  /** Starts `spender.ts` and waits until it is ready; it spends from `go` on. */
  async startSpender(instanceId: string, calls: number): Promise<Spender> {
    const program = fileURLToPath(new URL('spender.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      [program, this.path, this.instances, instanceId, String(calls)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    this.#children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const exited = once(child, 'exit');
    await lines.next();
    const nextLine = async (): Promise<string> => String((await lines.next()).value);
    return {
      child,
      exited,
      go: () => void child.stdin.end('go'),
      nextLine,
      async settled() {
        let line = await nextLine();
        while (line === 'spending') line = await nextLine();
        return (JSON.parse(line) as { settled: number }).settled;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await Promise.all(this.#opened.map((stores) => stores.ledger.close()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export interface Spender {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown[]>;
  readonly go: () => void;
  readonly nextLine: () => Promise<string>;
  /** Waits until it is done; how many attempts it has settled. */
  settled(): Promise<number>;
}
