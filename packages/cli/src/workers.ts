/**
 * `serve --workers N`: N processes serve one port, and this one watches over them. It takes the
 * connections and hands them out in turn, starts anew what ended by itself, and when it is told to
 * stop tells all of them and waits. It serves nothing and knows no store: calls that a dead worker
 * had are recovered by the others, as those of any dead process.
 */
import cluster, { type Worker } from 'node:cluster';
import { generateKeyPair } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { Settings, WorkerMetrics } from '@tollkeeper/server';
import { readDemo, writeDemo } from './demo-file.ts';
import type { RunAs } from './gateway-process.ts';
import { endUntaken } from './handed-connections.ts';
import { ownEntry } from './launch-demo.ts';
import { restartOf } from './restarts.ts';
import { onStopSignals } from './stop-signals.ts';
import type { FromWorker, Pids, Ports, ToWorker } from './worker-messages.ts';

/** A worker that does not tell its metrics by then is told as down. */
const METRICS_WAIT_MS = 2_000;

/** Resolves when all of them serve; it then goes on until SIGTERM or SIGINT. */
export async function runWorkers(settings: Settings, { demo, storePid }: RunAs): Promise<void> {
  cluster.setupPrimary({
    exec: ownEntry(),
    args: process.argv.slice(2),
    serialization: 'advanced',
  });
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const ports = {
    calls: settings.port === 0 ? await freePort(settings.host) : settings.port,
    metrics: settings.metricsPort === 0 ? await freePort(settings.host) : settings.metricsPort,
  };
  const workers = new Workers(settings, {
    ports,
    issuerKey: demo ? await issuerKey() : null,
    storePid,
  });
  const endpoint = await workers.start();
  process.stdout.write(`ready ${endpoint}\n`);
}

/** The key of a demo's issuer, which all workers are. */
async function issuerKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** A port that nobody listens on: all workers have to be told the same. */
async function freePort(host: string): Promise<number> {
  const server = createServer();
  await once(server.listen(0, host), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A place among the workers, and who has it. */
interface Slot {
  readonly worker: number;
  process: Worker | undefined;
  startedAt: number;
  failures: number;
  listens: boolean;
  ready: () => void;
}

/** Metrics of all, as one worker asked for them. */
interface Question {
  readonly asker: Slot;
  readonly number: number;
  readonly texts: Map<number, string | null>;
  readonly timer: NodeJS.Timeout;
}

interface WorkersParts {
  readonly ports: Ports;
  /** Null: this is no demo. */
  readonly issuerKey: string | null;
  readonly storePid: number | null;
}

class Workers {
  readonly #settings: Settings;
  readonly #ports: Ports;
  readonly #storePid: number | null;
  readonly #issuerKey: string | null;
  readonly #slots: readonly Slot[];
  readonly #questions = new Map<number, Question>();
  #endpoint = '';
  #asked = 0;
  /** All of them have served: from now on they are started again. */
  #serving = false;
  /** With which code to end when the last of them has. */
  #ending: number | undefined;
  #prepared: () => void = () => undefined;

  constructor(settings: Settings, { ports, issuerKey, storePid }: WorkersParts) {
    this.#settings = settings;
    this.#storePid = storePid;
    this.#ports = ports;
    this.#issuerKey = issuerKey;
    this.#slots = Array.from({ length: settings.workers }, (_, index) => ({
      worker: index + 1,
      process: undefined,
      startedAt: 0,
      failures: 0,
      listens: false,
      ready: () => undefined,
    }));
    const stop = (): void => this.#stop();
    const endAtOnce = (): void => this.#endAtOnce();
    onStopSignals({ stop, endAtOnce, now: () => performance.now() });
    // The launcher of the demo is gone.
    process.on('disconnect', stop);
  }

  /**
   * Resolves with the endpoint when all of them serve. What is wrong with settings, stores and port
   * shows in the first, and its exit code is ours then.
   */
  async start(): Promise<string> {
    const [first, ...others] = this.#slots;
    if (first === undefined) throw new RangeError('There is no worker to start.');
    await this.#start(first);
    await Promise.all(others.map((slot) => this.#start(slot)));
    if (this.#issuerKey !== null) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#prepared = resolve;
      tell(first, { kind: 'prepare_demo', pids: this.#pids() });
      await promise;
    }
    this.#serving = true;
    return this.#endpoint;
  }

  /** Starts the worker of a place; resolves when it, or whoever comes after it, serves. */
  #start(slot: Slot): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    slot.ready = resolve;
    this.#fork(slot);
    return promise;
  }

  #fork(slot: Slot): void {
    const child = cluster.fork();
    endUntaken(child.process);
    slot.process = child;
    slot.startedAt = performance.now();
    child.on('message', (message: FromWorker) => this.#take(slot, message));
    child.once('exit', (code: number | null, signal: string | null) => {
      slot.process = undefined;
      slot.listens = false;
      this.#ended(slot, code, signal);
    });
  }

  #ended(slot: Slot, code: number | null, signal: string | null): void {
    this.#tellWhoIsHeard();
    for (const question of this.#questions.keys()) this.#told(question, slot, null);
    if (!this.#serving && this.#ending === undefined) this.#end(code ?? 1);
    if (this.#ending !== undefined) {
      // One that failed to stop in order is told by the exit code of all.
      if (this.#ending === 0 && code !== null) this.#ending = code;
      if (this.#slots.every(({ process: left }) => left === undefined)) process.exit(this.#ending);
      return;
    }
    const lived = performance.now() - slot.startedAt;
    const { waitMs, failures } = restartOf(lived, slot.failures);
    slot.failures = failures;
    const when = waitMs === 0 ? 'at once' : `in ${waitMs} ms`;
    process.stderr.write(
      `Worker ${slot.worker} ended (${signal ?? code}); it is started again ${when}.\n`,
    );
    setTimeout(() => {
      if (this.#ending === undefined) this.#fork(slot);
    }, waitMs);
  }

  #take(slot: Slot, message: FromWorker): void {
    switch (message.kind) {
      case 'up': {
        const { worker } = slot;
        const order = { worker, ports: this.#ports, issuerKey: this.#issuerKey };
        return tell(slot, { kind: 'start', order });
      }
      case 'ready':
        this.#endpoint = message.endpoint;
        this.#tellWhoIsHeard();
        this.#retell();
        return slot.ready();
      case 'demo_prepared':
        return this.#prepared();
      case 'metrics_wanted':
        return this.#ask(slot, message.question);
      case 'own_metrics':
        return this.#told(message.question, slot, message.text);
      case 'listen':
        slot.listens = message.wanted;
        return this.#tellWhoIsHeard();
      case 'news':
        for (const other of this.#slots) if (other !== slot && other.listens) tell(other, message);
    }
  }

  #ask(asker: Slot, number: number): void {
    const question = (this.#asked += 1);
    const timer = setTimeout(() => this.#answer(question), METRICS_WAIT_MS);
    const texts = new Map<number, string | null>();
    this.#questions.set(question, { asker, number, texts, timer });
    for (const slot of this.#slots) {
      if (slot.process === undefined) texts.set(slot.worker, null);
      else tell(slot, { kind: 'metrics_wanted', question });
    }
  }

  #told(question: number, { worker }: Slot, text: string | null): void {
    const open = this.#questions.get(question);
    if (open === undefined) return;
    open.texts.set(worker, text);
    if (open.texts.size === this.#slots.length) this.#answer(question);
  }

  #answer(question: number): void {
    const open = this.#questions.get(question);
    if (open === undefined) return;
    clearTimeout(open.timer);
    this.#questions.delete(question);
    const workers: WorkerMetrics[] = this.#slots.map(({ worker }) => ({
      worker,
      text: open.texts.get(worker) ?? null,
    }));
    tell(open.asker, { kind: 'metrics', question: open.number, workers });
  }

  #tellWhoIsHeard(): void {
    for (const slot of this.#slots) {
      const heard = this.#slots.some((other) => other !== slot && other.listens);
      tell(slot, { kind: 'heard', heard });
    }
  }

  #pids(): Pids {
    const workers = this.#slots.flatMap(({ process: worker }) => worker?.process.pid ?? []);
    return { gateway: process.pid, workers, store: this.#storePid };
  }

  /** `demo.json` names who serves at the moment. */
  #retell(): void {
    const { dataDir } = this.#settings;
    const demo = this.#issuerKey === null ? undefined : readDemo(dataDir);
    if (demo?.gateway_pid !== process.pid) return;
    writeDemo(dataDir, { ...demo, worker_pids: this.#pids().workers });
  }

  #stop(): void {
    if (this.#ending === undefined) this.#end(0);
    if (this.#slots.every(({ process: left }) => left === undefined)) process.exit(0);
  }

  /** What runs is recovered from its intents on the next start. */
  #endAtOnce(): void {
    for (const { process: worker } of this.#slots) worker?.process.kill('SIGKILL');
    process.exit(130);
  }

  #end(code: number): void {
    this.#ending = code;
    for (const slot of this.#slots) tell(slot, { kind: 'stop' });
  }
}

function tell({ process: worker }: Slot, message: ToWorker): void {
  if (worker?.isConnected() === true) worker.send(message);
}
