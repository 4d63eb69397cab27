/** A fleet that runs: engine, simulator, gateways, and one budget that all callers share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDynamoEngine, type DynamoEngine } from '../../packages/testkit/src/dynamo-engine.ts';
import type { SimulatorProcess } from '../processes.ts';
import { freePort, SimulatorProcess as Simulator } from '../processes.ts';
import { putBudget, readEntries } from '../records.ts';
import { bundleGateway } from './bundle.ts';
import { Cable } from './cable.ts';
import { callAll, callOnce, type Calling } from './callers.ts';
import { FleetGateway } from './processes.ts';

export const BUDGET = 'fleet';
const MAX_TOKENS = 1_000;

/** Tells whoever waits what goes on. */
export function note(what: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${what}\n`);
}

export interface FleetOptions {
  readonly gateways: number;
  readonly leaseMs: number;
  /** `dynoxide`, or `dynamodb-local` where a JRE is. */
  readonly engine: 'dynoxide' | 'dynamodb-local';
  /** Arguments of the simulator. */
  readonly simulator: readonly string[];
}

export class Fleet {
  readonly options: FleetOptions;
  readonly simulator: SimulatorProcess;
  readonly cable: Cable;
  readonly gateways: readonly FleetGateway[];
  readonly maxTokens = MAX_TOKENS;
  readonly #engine: DynamoEngine;
  readonly #dataDir: string;

  private constructor(
    options: FleetOptions,
    main: string,
    engine: DynamoEngine,
    simulator: SimulatorProcess,
    cable: Cable,
  ) {
    this.options = options;
    this.#engine = engine;
    this.simulator = simulator;
    this.cable = cable;
    this.#dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-fleet-'));
    this.gateways = Array.from(
      { length: options.gateways },
      () =>
        new FleetGateway({
          main,
          dataDir: this.#dataDir,
          dynamodbEndpoint: cable.endpoint,
          upstream: simulator.url,
          leaseMs: options.leaseMs,
        }),
    );
  }

  /** Starts everything, the gateways one after the other: the first makes what a demo needs. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const main = await bundleGateway();
    const engine = await startDynamoEngine(options.engine);
    const simulator = await Simulator.start(await freePort(), options.simulator);
    const fleet = new Fleet(options, main, engine, simulator, await Cable.to(engine.endpoint));
    try {
      for (const gateway of fleet.gateways) {
        await gateway.start();
        note(`a gateway serves at ${gateway.endpoint}`);
      }
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  /** A gateway that serves now, of those that answer; undefined: none does. */
  endpoint(turn: number): string | undefined {
    const serving = this.gateways.flatMap(({ endpoint }) => endpoint ?? []);
    return serving[turn % serving.length];
  }

  /** Calls whatever serves, in turn. See `callAll`. */
  call(
    calling: Pick<Calling, 'callers' | 'calls' | 'goOn'> & Partial<Pick<Calling, 'callsPerSecond'>>,
    see: (status: number) => void,
  ): Promise<void> {
    const apiKey = this.speaker.demo.api_key;
    let turn = 0;
    const endpoint = (): string | undefined => this.endpoint((turn += 1));
    return callAll(
      { callsPerSecond: Infinity, ...calling, apiKey, endpoint, maxTokens: this.maxTokens },
      see,
    );
  }

  /** Any gateway that serves, for questions. */
  get speaker(): FleetGateway {
    const found = this.gateways.find(({ endpoint }) => endpoint !== null);
    if (found === undefined) throw new Error('no gateway serves');
    return found;
  }

  /**
   * Makes a budget that fits so many calls as the callers make: of one, it is tried what it costs.
   * Answers the limit in USD.
   */
  async shareBudget(calls: number): Promise<string> {
    const { demo } = this.speaker;
    const key = { apiKey: demo.api_key, maxTokens: this.maxTokens };
    const status = await callOnce(demo.endpoint, key);
    if (status !== 200) throw new Error(`the first call was answered ${status}`);
    const [tried] = await readEntries(demo);
    if (tried === undefined) throw new Error('the first call left no entry');
    // Exact: a cost is a multiple of a pico-dollar, and calls are whole.
    const pico = BigInt(Math.round(Number(tried.cost_usd) * 1e12)) * BigInt(calls);
    const amount = `${pico / 10n ** 12n}.${(pico % 10n ** 12n).toString().padStart(12, '0')}`;
    await putBudget(demo, BUDGET, {
      scope: { type: 'application', org_id: demo.org_id, app_id: demo.app_id },
      match: null,
      limit: { unit: 'usd', amount },
      window: 'total',
      timezone: 'UTC',
      mode: 'enforce',
    });
    return amount;
  }

  /** Fails when a gateway has ended that nobody killed. */
  checkAlive(): void {
    for (const gateway of this.gateways) {
      const end = gateway.unexpectedEnd;
      if (end !== null) throw new Error(`a gateway ended by itself:\n${end}`);
    }
  }

  async untilQuiet(): Promise<void> {
    await sleep(this.options.leaseMs * 2 + 4_000);
  }

  async stop(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.kill()));
    this.cable.close();
    await this.simulator.stop();
    await this.#engine.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}
