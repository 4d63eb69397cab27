/**
 * The load: many keep-alive connections on raw sockets that ask the one question of the bench and
 * check every answer to the last byte. Two ways of asking:
 *
 * - closed loop: every connection asks again as soon as it is answered (throughput, soak);
 * - open loop: calls are due at given moments, whatever became of those before (latency).
 *
 * A process of its own, driven by the harness. It reads the CPU accounts itself, exactly at the
 * two ends of the measured time.
 */
import { Worker } from 'node:worker_threads';
import { EXPECTED_BODY, REQUEST_BODY, pathOf, type Kind } from './answers.ts';
import { announce, onQuestion } from './child.ts';
import { Connection, type Call } from './connection.ts';
import { cpuBetween, sampleCpu, type CpuShares } from './cpu.ts';
import { percentilesOf, type Percentiles } from './percentiles.ts';
import { nowMs, poissonArrivals } from './schedule.ts';

/** What to ask, how, and for how long. */
export interface LoadOrder {
  readonly port: number;
  readonly kind: Kind;
  /** Header lines that authorise every call of the run. */
  readonly authorization: string;
  readonly connections: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Arrivals a second of an open loop; null for a closed loop. */
  readonly perSecond: number | null;
  readonly seed: number;
  /** The first calls of a closed loop are spread over this time, so that they stay apart. */
  readonly rampSeconds: number;
  /** Whose CPU to account for. */
  readonly pids: readonly number[];
}

/** What came of it. Times are in milliseconds and of the measured seconds only. */
export interface LoadResult {
  /** Calls that were asked in all, before and after the measured seconds too. */
  readonly asked: number;
  /** Calls that were answered with 200 and the very bytes of the upstream, in all. */
  readonly right: number;
  readonly wrong: number;
  readonly firstFault: string | null;
  readonly perSecond: number;
  /**
   * From when a call was due (open loop) or sent (closed) to the first byte of the answer's body.
   */
  readonly firstByte: Percentiles;
  /** The same until the answer was complete. */
  readonly whole: Percentiles;
  /** How late calls were sent; open loop only. */
  readonly lateness: Percentiles;
  readonly cpu: CpuShares;
}

/** Answers that have not come this long after the last question count as wrong. */
const DRAIN_SECONDS_MAX = 60;

onQuestion<LoadOrder>('run', run);
announce();

async function run(order: LoadOrder): Promise<LoadResult> {
  const state = new Run(order);
  await state.connect();
  const warmUntil = nowMs() + order.warmSeconds * 1000;
  if (order.perSecond === null) state.startClosed();
  else state.startOpen(order.perSecond);
  await until(warmUntil);
  state.measuring = true;
  const before = sampleCpu(order.pids);
  await until(warmUntil + order.seconds * 1000);
  state.measuring = false;
  const after = sampleCpu(order.pids);
  await state.stop();
  return state.result(cpuBetween(before, after));
}

function until(momentMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, momentMs - nowMs())));
}

class Run {
  measuring = false;
  readonly #order: LoadOrder;
  readonly #request: Buffer;
  readonly #connections: Connection[] = [];
  readonly #idle: Connection[] = [];
  readonly #overdue: number[] = [];
  readonly #firstByte: number[] = [];
  readonly #whole: number[] = [];
  readonly #lateness: number[] = [];
  #asked = 0;
  #right = 0;
  #wrong = 0;
  #measured = 0;
  #firstFault: string | null = null;
  #stopping = false;
  #drained: (() => void) | null = null;
  #ticker: Worker | null = null;

  constructor(order: LoadOrder) {
    this.#order = order;
    const head =
      `POST ${pathOf(order.kind)} HTTP/1.1\r\nHost: 127.0.0.1:${order.port}\r\n` +
      `${order.authorization}Content-Type: application/json\r\n` +
      `Content-Length: ${REQUEST_BODY.length}\r\n\r\n`;
    this.#request = Buffer.concat([Buffer.from(head), REQUEST_BODY]);
  }

  async connect(): Promise<void> {
    const { port, kind, connections } = this.#order;
    const opening: Promise<void>[] = [];
    for (let i = 0; i < connections; i += 1) {
      const connection = new Connection(port, EXPECTED_BODY[kind], (call) =>
        this.#ended(connection, call),
      );
      this.#connections.push(connection);
      opening.push(connection.open());
    }
    await Promise.all(opening);
  }

  startClosed(): void {
    const rampMs = this.#order.rampSeconds * 1000;
    for (const [index, connection] of this.#connections.entries()) {
      const delayMs = (index / this.#connections.length) * rampMs;
      if (delayMs === 0) this.#ask(connection, nowMs());
      else setTimeout(() => this.#askUnlessStopping(connection), delayMs);
    }
  }

  startOpen(perSecond: number): void {
    const { warmSeconds, seconds, seed } = this.#order;
    this.#idle.push(...this.#connections);
    const arrivals = poissonArrivals(perSecond, warmSeconds + seconds, seed);
    const workerData = { startMs: nowMs() + 50, arrivals };
    this.#ticker = new Worker(new URL('./ticker.ts', import.meta.url), { workerData });
    this.#ticker.on('message', (dueMs: number) => {
      const connection = this.#idle.shift();
      if (connection === undefined) this.#overdue.push(dueMs);
      else this.#ask(connection, dueMs);
    });
  }

  /** Asks nothing more and waits, within a bound, for the answers that are under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#overdue.length = 0;
    await this.#ticker?.terminate();
    if (this.#asked > this.#right + this.#wrong) {
      const bound = setTimeout(() => this.#drained?.(), DRAIN_SECONDS_MAX * 1000);
      await new Promise<void>((resolve) => (this.#drained = resolve));
      clearTimeout(bound);
    }
    const missing = this.#asked - this.#right - this.#wrong;
    if (missing > 0) this.#firstFault ??= `${missing} calls were never answered`;
    this.#wrong += missing;
    for (const connection of this.#connections) connection.close();
  }

  result(cpu: CpuShares): LoadResult {
    return {
      asked: this.#asked,
      right: this.#right,
      wrong: this.#wrong,
      firstFault: this.#firstFault,
      perSecond: this.#measured / cpu.seconds,
      firstByte: percentilesOf(this.#firstByte),
      whole: percentilesOf(this.#whole),
      lateness: percentilesOf(this.#lateness),
      cpu,
    };
  }

  #askUnlessStopping(connection: Connection): void {
    if (!this.#stopping) this.#ask(connection, nowMs());
  }

  #ask(connection: Connection, dueMs: number): void {
    this.#asked += 1;
    connection.ask(this.#request, dueMs);
  }

  #ended(connection: Connection, call: Call): void {
    if (call.fault === null) {
      this.#right += 1;
    } else {
      this.#wrong += 1;
      this.#firstFault ??= call.fault;
    }
    if (this.measuring && call.fault === null) this.#note(call);
    if (this.#stopping) {
      if (this.#right + this.#wrong >= this.#asked) this.#drained?.();
    } else if (this.#order.perSecond === null) {
      this.#ask(connection, call.endedMs);
    } else {
      const dueMs = this.#overdue.shift();
      if (dueMs === undefined) this.#idle.push(connection);
      else this.#ask(connection, dueMs);
    }
  }

  #note(call: Call): void {
    this.#measured += 1;
    this.#firstByte.push(call.firstByteMs - call.dueMs);
    this.#whole.push(call.endedMs - call.dueMs);
    if (this.#order.perSecond !== null) this.#lateness.push(call.sentMs - call.dueMs);
  }
}
