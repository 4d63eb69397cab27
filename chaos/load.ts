/**
 * The load: callers that call without pause, each in its own way, while the gateway comes and goes.
 * A caller that finds no gateway waits for the next one; a call that was running when it died is
 * left to the SDK's retries.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Answers } from './answers.ts';
import { InFlight } from './in-flight.ts';
import { drawPlan } from './plans.ts';
import type { Plan } from './plans.ts';
import type { Demo } from './processes.ts';
import { callOverHttp2, callOverSocket, requestBytes } from './raw-caller.ts';
import type { Departure } from './raw-caller.ts';
import type { Random } from './random.ts';
import { SdkCaller } from './sdk-caller.ts';

/** A call that hangs is given up after this. */
const HANG_PATIENCE_MS = [50, 600] as const;
/** No call without a hang takes longer; one that does is given up, and reported. */
const PATIENCE_MS = 30_000;

export class Load {
  readonly inFlight = new InFlight();
  readonly answers = new Answers();
  /** Calls that nothing should have kept from ending. */
  stuck = 0;
  readonly #demo: Demo;
  /**
   * Fresh ones for every life of the gateway: each death uses up a client's allowance of retries.
   */
  #sdks: readonly SdkCaller[] = [];
  readonly #allSdks: SdkCaller[] = [];
  readonly #callers: Promise<void>[] = [];
  #stopped = false;
  #gate: { readonly opened: Promise<void>; open(): void } = closedGate();

  constructor(demo: Demo) {
    this.#demo = demo;
  }

  /** Starts the callers. They wait until the gateway is said to serve. */
  start(callers: number, random: Random): void {
    for (let number = 0; number < callers; number++) {
      this.#callers.push(this.#caller(number, random.fork()));
    }
  }

  gatewayServes(): void {
    this.#sdks = [new SdkCaller(this.#demo, 'h2'), new SdkCaller(this.#demo, 'http1')];
    this.#allSdks.push(...this.#sdks);
    this.#gate.open();
  }

  gatewayIsGone(): void {
    this.inFlight.gatewayDied();
    this.#gate = closedGate();
  }

  /** Lets every call end, and begins no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#gate.open();
    await Promise.all(this.#callers);
    for (const sdk of this.#allSdks) sdk.close();
  }

  async #caller(number: number, random: Random): Promise<void> {
    while (!this.#stopped) {
      await this.#gate.opened;
      if (this.#stopped) return;
      const plan = drawPlan(random);
      const sdk = this.#sdks[number % 3];
      // Every third caller is none of the SDK's.
      if (sdk === undefined) await this.#callRaw(plan, random);
      else await this.#callSdk(sdk, plan, random);
      if (this.inFlight.active === 0) await sleep(1);
    }
  }

  async #callSdk(sdk: SdkCaller, plan: Plan, random: Random): Promise<void> {
    const hangs = plan.fault?.hangs === true;
    const leaves = hangs || random.oneIn(8);
    const abort = new AbortController();
    const patience = leaves ? random.between(...HANG_PATIENCE_MS) : PATIENCE_MS;
    const timer = setTimeout(() => abort.abort(), patience);
    const open = this.inFlight.begin();
    const answer = await sdk.call(plan, abort.signal);
    clearTimeout(timer);
    if (answer.kind === 'left') {
      if (!leaves) this.stuck += 1;
      open.left(hangs);
    } else {
      open.done();
    }
    await this.#note(answer, plan);
  }

  async #callRaw(plan: Plan, random: Random): Promise<void> {
    const size = requestBytes(this.#demo, plan);
    const departure: Departure = {
      afterSent: random.oneIn(4) ? random.between(0, size - 1) : Number.POSITIVE_INFINITY,
      afterReceived: random.oneIn(3) ? Number.POSITIVE_INFINITY : random.between(1, 4_000),
      reset: random.oneIn(2),
    };
    const call = random.oneIn(2) ? callOverSocket : callOverHttp2;
    const open = this.inFlight.begin();
    const answer = await call(this.#demo, plan, departure);
    // A raw caller does not know whether an answer that broke off had been the end of it.
    if (answer.kind === 'complete') open.done();
    else open.left(plan.fault?.hangs === true);
    await this.#note(answer, plan);
  }

  async #note(answer: Parameters<Answers['add']>[0], plan: Plan): Promise<void> {
    this.answers.add(answer, plan.script);
    if (answer.kind === 'failed' && answer.status === null) await sleep(10);
  }
}

function closedGate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
