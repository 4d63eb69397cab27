/**
 * The load of the cost-keeper API: keep-alive connections, closed or open loop, calls of one kind
 * or a mixture, every answer checked by status and every batch by its count. A process of its own,
 * driven by the harness.
 */
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { announce, onQuestion } from './child.ts';
import { cpuBetween, sampleCpu, type CpuShares } from './cpu.ts';
import {
  BATCH_SIZE,
  GOOD_STATUS,
  KeeperRequests,
  type KeeperClient,
  type KeeperKind,
} from './keeper-work.ts';
import { percentilesOf, type Percentiles } from './percentiles.ts';
import { nowMs, poissonArrivals } from './schedule.ts';

/** What to ask, how, and for how long. */
export interface KeeperOrder {
  readonly port: number;
  readonly clients: readonly KeeperClient[];
  readonly connections: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Closed loop of one kind; or arrivals a second by kind, open loop. */
  readonly closed: KeeperKind | null;
  readonly open: { readonly [kind in KeeperKind]?: number };
  readonly pids: readonly number[];
}

/** What came of one kind. Times in milliseconds from when a call was due, measured seconds only. */
export interface KindResult {
  readonly right: number;
  readonly perSecond: number;
  readonly times: Percentiles;
  /** How late calls were sent; open loop only. */
  readonly lateness: Percentiles;
}

export interface KeeperResult {
  readonly wrong: number;
  readonly firstFault: string | null;
  readonly kinds: { readonly [kind in KeeperKind]: KindResult };
  readonly cpu: CpuShares;
}

const DRAIN_SECONDS_MAX = 60;
const KINDS: readonly KeeperKind[] = ['usage', 'batch', 'selection'];

onQuestion<KeeperOrder>('run', run);
announce();

async function run(order: KeeperOrder): Promise<KeeperResult> {
  const load = new Load(order);
  await load.connect();
  const warmUntil = nowMs() + order.warmSeconds * 1000;
  load.start();
  await until(warmUntil);
  load.measuring = true;
  const before = sampleCpu(order.pids);
  await until(warmUntil + order.seconds * 1000);
  load.measuring = false;
  const after = sampleCpu(order.pids);
  await load.stop();
  return load.result(cpuBetween(before, after));
}

function until(momentMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, momentMs - nowMs())));
}

interface Due {
  readonly kind: KeeperKind;
  readonly dueMs: number;
}

class Load {
  measuring = false;
  readonly #order: KeeperOrder;
  readonly #requests: KeeperRequests;
  readonly #lines: Line[] = [];
  readonly #idle: Line[] = [];
  readonly #overdue: Due[] = [];
  readonly #tickers: Worker[] = [];
  readonly #figures = new Map(
    KINDS.map(
      (kind) =>
        [kind, { right: 0, times: [], late: [] }] as [
          KeeperKind,
          { right: number; times: number[]; late: number[] },
        ],
    ),
  );
  #asked = 0;
  #ended = 0;
  #wrong = 0;
  #firstFault: string | null = null;
  #stopping = false;
  #drained: (() => void) | null = null;

  constructor(order: KeeperOrder) {
    this.#order = order;
    this.#requests = new KeeperRequests(order.port, order.clients);
  }

  async connect(): Promise<void> {
    for (let i = 0; i < this.#order.connections; i += 1) {
      const line = new Line(this.#order.port, (answer) => this.#answered(line, answer));
      await line.open();
      this.#lines.push(line);
    }
  }

  start(): void {
    const { closed, open, warmSeconds, seconds } = this.#order;
    if (closed !== null) {
      for (const line of this.#lines) this.#ask(line, { kind: closed, dueMs: nowMs() });
      return;
    }
    this.#idle.push(...this.#lines);
    for (const [index, kind] of KINDS.entries()) {
      const perSecond = open[kind] ?? 0;
      if (perSecond === 0) continue;
      const arrivals = poissonArrivals(perSecond, warmSeconds + seconds, 404 + index);
      const workerData = { startMs: nowMs() + 50, arrivals };
      const ticker = new Worker(new URL('./ticker.ts', import.meta.url), { workerData });
      ticker.on('message', (dueMs: number) => this.#due({ kind, dueMs }));
      this.#tickers.push(ticker);
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#overdue.length = 0;
    await Promise.all(this.#tickers.map((ticker) => ticker.terminate()));
    if (this.#asked > this.#ended) {
      const bound = setTimeout(() => this.#drained?.(), DRAIN_SECONDS_MAX * 1000);
      await new Promise<void>((resolve) => (this.#drained = resolve));
      clearTimeout(bound);
    }
    const missing = this.#asked - this.#ended;
    if (missing > 0) this.#firstFault ??= `${missing} calls were never answered`;
    this.#wrong += missing;
    for (const line of this.#lines) line.close();
  }

  result(cpu: CpuShares): KeeperResult {
    const kinds = [...this.#figures].map(([kind, { right, times, late }]) => [
      kind,
      {
        right,
        perSecond: times.length / cpu.seconds,
        times: percentilesOf(times),
        lateness: percentilesOf(late),
      },
    ]);
    return {
      wrong: this.#wrong,
      firstFault: this.#firstFault,
      kinds: Object.fromEntries(kinds) as KeeperResult['kinds'],
      cpu,
    };
  }

  #due(due: Due): void {
    if (this.#stopping) return;
    const line = this.#idle.shift();
    if (line === undefined) this.#overdue.push(due);
    else this.#ask(line, due);
  }

  #ask(line: Line, { kind, dueMs }: Due): void {
    this.#asked += 1;
    line.ask(kind, dueMs, this.#requests.next(kind));
  }

  #answered(line: Line, { kind, dueMs, sentMs, fault }: Answered): void {
    this.#ended += 1;
    const figures = this.#figures.get(kind);
    if (fault !== null) {
      this.#wrong += 1;
      this.#firstFault ??= fault;
    } else if (figures !== undefined) {
      figures.right += 1;
      if (this.measuring) {
        figures.times.push(nowMs() - dueMs);
        if (this.#order.closed === null) figures.late.push(sentMs - dueMs);
      }
    }
    if (this.#stopping) {
      if (this.#ended >= this.#asked) this.#drained?.();
      return;
    }
    if (this.#order.closed !== null) {
      this.#ask(line, { kind: this.#order.closed, dueMs: nowMs() });
      return;
    }
    const due = this.#overdue.shift();
    if (due === undefined) this.#idle.push(line);
    else this.#ask(line, due);
  }
}

interface Answered {
  readonly kind: KeeperKind;
  readonly dueMs: number;
  readonly sentMs: number;
  readonly fault: string | null;
}

/** One keep-alive connection. Answers state their length: anything else is a fault. */
class Line {
  readonly #port: number;
  readonly #answered: (answer: Answered) => void;
  #socket: Socket | null = null;
  #kind: KeeperKind = 'usage';
  #dueMs = 0;
  #sentMs = 0;
  #asking = false;
  #text = '';

  constructor(port: number, answered: (answer: Answered) => void) {
    this.#port = port;
    this.#answered = answered;
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
      this.#socket = socket;
      socket.setEncoding('latin1');
      socket.on('data', (text: string) => this.#read(text));
      socket.once('error', reject);
      socket.once('close', () => {
        if (this.#asking) this.#end('the connection was closed before the answer was complete');
      });
      socket.once('connect', resolve);
    });
  }

  ask(kind: KeeperKind, dueMs: number, request: string): void {
    this.#kind = kind;
    this.#dueMs = dueMs;
    this.#sentMs = nowMs();
    this.#asking = true;
    this.#text = '';
    this.#socket?.write(request, 'latin1');
  }

  close(): void {
    this.#asking = false;
    this.#socket?.destroy();
  }

  #read(text: string): void {
    this.#text += text;
    const headEnd = this.#text.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#text.slice(0, headEnd))?.[1];
    if (length === undefined) return this.#end(`no length: ${this.#text.slice(0, 200)}`);
    if (this.#text.length < headEnd + 4 + Number(length)) return;
    const body = this.#text.slice(headEnd + 4);
    const status = Number(this.#text.slice(9, 12));
    const good =
      status === GOOD_STATUS[this.#kind] &&
      (this.#kind !== 'batch' || body.includes(`"accepted":${BATCH_SIZE},"failed":0`));
    this.#end(good ? null : `${this.#kind} answered ${status}: ${body.slice(0, 300)}`);
  }

  #end(fault: string | null): void {
    this.#asking = false;
    const { dueMs, sentMs } = { dueMs: this.#dueMs, sentMs: this.#sentMs };
    this.#answered({ kind: this.#kind, dueMs, sentMs, fault });
  }
}
