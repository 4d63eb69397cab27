/**
 * One process of the fleet: the real data plane, recovery and stores, over ports of the simulation.
 * It is started, dies, is started again; every life has an instance id of its own, as real ones do.
 */
import {
  AdmissionQueue,
  BufferedBytes,
  CredentialAuthority,
  freeDeadSlots,
  gatewayIdOf,
  keeperOf,
  LabelTargets,
  matchModelPath,
  OwnedModels,
  parseMasterKeys,
  PeopleAuthority,
  RateLimiter,
  recoverDeadInstances,
  RefusalLog,
  RunningCalls,
  serveCall,
  SettlementQueue,
  shutDown,
  SigningKeys,
  sweep,
  type Gateway,
  type GatewaySettings,
  type Telemetry,
} from '@tollkeeper/server/inside';
import { modelsOfTheWorld, pricesOfTheWorld } from './catalogue.ts';
import type { Engine, Opened, Opening } from './engine.ts';
import type { SimulatedExchange } from './exchange.ts';
import { clockOf, idsOf, Life, type MachineClock } from './life.ts';
import { Link } from './link.ts';
import type { Planned } from './timeline.ts';
import { LEASE_MS } from './timing.ts';
import type { World } from './world.ts';

/** How long after its death a process is started again, at most. */
const RESTART_MS_MAX = 8_000;
export const SWEEP_MS = 5_000;
/** A call that nobody waits for any more is given up after this time. */
export const DRAIN_MS = 30_000;

const PRICES = pricesOfTheWorld();
const MODELS = modelsOfTheWorld();
const KEEPER_SETTINGS: Parameters<typeof keeperOf>[0]['settings'] = {
  modelLabels: new Map(),
  meteringDefaults: {},
  organizationDefaults: {},
  region: 'us-east-1',
};

const SETTINGS: GatewaySettings = {
  region: 'us-east-1',
  bodyBytesMax: 1 << 20,
  bodyTimeoutMs: 10_000,
  replyBufferBytesMax: 1 << 20,
  admissionWaitMs: 2_000,
  settleWaitMs: 1_000,
  fallbackOnHolds: 'after_wait',
  fallbackOnUpstream: 'off',
  unboundedCapTokens: 1_000,
  chatModel: '',
  chatModels: new Map(),
  chatMaxTokens: 100,
  upstreamErrorCeiling: 'zero',
  encrypted: false,
  demo: false,
};

/** What a running process offers to its callers. */
export interface Serving {
  readonly life: Life;
  readonly gateway: Gateway;
  readonly opened: Opened;
  readonly stopJobs: () => void;
}

/** How long a process that ends in good order waits for what runs. */
const GRACE = { shutdownGraceMs: 8_000, settleWaitMs: 1_000 };
/** Connections are those of the simulated clients, who see for themselves. */
const LISTENER = {
  port: 0,
  close: async () => undefined,
  finish: () => undefined,
  destroy: () => undefined,
};

/** See the head of the file. */
export class SimulatedProcess {
  readonly name: string;
  readonly clock: MachineClock;
  readonly #world: World;
  readonly #engine: Engine;
  #lives = 0;
  #pausedAt = 0;
  #restart: Planned | undefined;
  #life: Life | undefined;
  #link: Link | undefined;
  #instanceId = '';
  #serving: Serving | undefined;

  constructor(world: World, engine: Engine, name: string, clock: MachineClock) {
    this.#world = world;
    this.#engine = engine;
    this.name = name;
    this.clock = clock;
  }

  /** Undefined while it is down or starting. */
  get serving(): Serving | undefined {
    return this.#serving;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  start(): void {
    const world = this.#world;
    this.#lives += 1;
    const life = new Life(world, `${this.name}.${this.#lives}`);
    const link = new Link(world, life);
    const clock = clockOf(world, life, this.clock);
    const ids = idsOf(clock, world.random.fork(life.name));
    const instanceId = ids.uuid();
    this.#life = life;
    this.#link = link;
    this.#instanceId = instanceId;
    const log: Opening['log'] = (level, message, fields) => {
      if (!life.isAlive) return;
      if (level === 'error') world.auditor.complaint(life.name, message, fields);
      world.trace.tell(() => `${life.name} ${level}: ${message} ${JSON.stringify(fields ?? {})}`);
    };
    world.trace.tell(() => `${life.name} is instance ${instanceId}`);
    this.#begin({ life, instanceId, link, clock, ids, log }).then(
      (serving) => {
        if (life.isAlive) this.#serving = serving;
      },
      (error: unknown) => {
        log('warn', 'It could not start.', { cause: String(error) });
        if (life.isAlive) this.crash();
      },
    );
  }

  /** It dies, and is started again after a while, or after so long. */
  crash(downMs?: number): void {
    if (this.#life !== undefined) this.#engine.ended(this.#instanceId);
    if (this.#life !== undefined || downMs !== undefined) this.#end(downMs);
  }

  /** It ends in good order, if it serves, and is started again. */
  stop(): void {
    const serving = this.#serving;
    if (serving === undefined) return;
    this.#serving = undefined;
    const { life, gateway, opened, stopJobs } = serving;
    life.deliver(`${life.name} is to end`, () => {
      const nothing = async (): Promise<void> => undefined;
      const ending = { gateway, listener: LISTENER, stopJobs, ...opened };
      const closeRates = async (): Promise<void> => {
        await opened.rates.endInstance(gateway.instanceId).catch(() => undefined);
        await opened.rates.close();
      };
      shutDown({ ...ending, stopAlerts: nothing, closeRates, settings: GRACE }).then(
        () => {
          if (life.isAlive) this.#end();
        },
        // Whatever could not be let go of is found by the others.
        () => {
          if (life.isAlive) this.crash();
        },
      );
    });
  }

  #end(downMs?: number): void {
    const { timeline, random, isCalm, tally } = this.#world;
    if (this.#life !== undefined) this.#world.auditor.rates?.gone(this.#life.name);
    this.#life?.die();
    this.#life = undefined;
    this.#link = undefined;
    this.#serving = undefined;
    const ms = downMs ?? (isCalm ? 100 : random.between(10, RESTART_MS_MAX));
    this.#restart?.cancel();
    this.#restart = timeline.after(ms, `${this.name} starts again`, () => {
      tally.count('restart');
      this.start();
    });
  }

  /** It stands still for so long, and then goes on as if nothing had been. */
  pause(ms: number): void {
    const life = this.#life;
    if (life === undefined || life.isPaused) return;
    life.pause();
    this.#pausedAt = this.#world.timeline.now;
    this.#world.timeline.after(ms, `${life.name} goes on`, () => this.#goOn(life));
  }

  /** It goes on at once, if it stands still. */
  resume(): void {
    if (this.#life !== undefined) this.#goOn(this.#life);
  }

  #goOn(life: Life): void {
    if (!life.isAlive || !life.isPaused) return;
    const ms = this.#world.timeline.now - this.#pausedAt;
    this.#world.tally.count(ms > LEASE_MS ? 'pause_beyond_lease' : 'pause');
    life.resume();
  }

  /** Nothing of it gets through for so long. False: it is down anyway. */
  cut(ms: number): boolean {
    this.#link?.cut(ms);
    return this.#link !== undefined;
  }

  /** A request arrives. False: nobody listens. */
  receive(exchange: SimulatedExchange): boolean {
    const serving = this.#serving;
    if (serving === undefined) return false;
    const { gateway } = serving;
    const match = matchModelPath(exchange.target);
    if (match.kind !== 'operation') throw new Error(`No operation: ${exchange.target}`);
    void serveCall(gateway, {
      exchange,
      signedTarget: exchange.target,
      operation: match.operation,
      modelId: match.modelId ?? '',
      guardrailId: match.guardrailId,
      forwardPath: match.forwardPath,
      requestId: gateway.ids.uuid(),
      startedAt: gateway.clock.now(),
      startedMonotonic: gateway.clock.monotonic(),
      invocationId: null,
    });
    return true;
  }

  async #begin(opening: Opening): Promise<Serving> {
    const { life, instanceId, clock, ids, log } = opening;
    const opened = await this.#engine.open(opening);
    const gateway = await this.#gatewayOf(opening, opened);
    const { telemetry } = gateway;
    const recovery = { instanceId, ledger: opened.stores.ledger, locks: opened.locks };
    const parts = { ...recovery, clock, ids, telemetry };
    await recoverDeadInstances(parts);
    const freeSlots = async (): Promise<void> => {
      await freeDeadSlots(opened).catch(() => undefined);
    };
    const stopJobs = sweep(parts, SWEEP_MS, freeSlots);
    log('info', 'It serves.');
    return { life, gateway, opened, stopJobs };
  }

  async #gatewayOf(
    { life, instanceId, clock, ids, log }: Opening,
    { stores, rates }: Opened,
  ): Promise<Gateway> {
    const world = this.#world;
    const { catalog, ledger, refusals } = stores;
    const keeper = keeperOf({ catalog, ledger, clock, settings: KEEPER_SETTINGS });
    const telemetry: Telemetry = {
      refused: () => undefined,
      settled: () => undefined,
      excess: () => undefined,
      log,
    };
    return {
      gatewayId: await gatewayIdOf(catalog, ids),
      instanceId,
      settings: SETTINGS,
      clock,
      ids,
      authority: new CredentialAuthority({ catalog, clock, defaults: keeper.defaults }),
      people: new PeopleAuthority({
        ...{ catalog, clock, defaults: keeper.defaults, quotas: keeper.quotas, issuers: [] },
        documents: { get: () => Promise.reject(new Error('There is no issuer.')) },
        secretOf: () => undefined,
      }),
      masterKeys: noMasterKeys(),
      signingKeys: new SigningKeys(),
      ledger,
      upstream: world.upstream.portOf(life),
      prices: { current: () => PRICES, revision: Infinity, refresh: async () => undefined },
      models: MODELS,
      owned: new OwnedModels({
        source: { look: async () => ({ kind: 'not_found' }) },
        clock,
        keepMs: 1_000,
      }),
      labels: new LabelTargets(keeper.labels),
      keeper: { ledger, sticky: keeper.sticky, quotas: keeper.quotas },
      telemetry,
      buffered: new BufferedBytes(1 << 24),
      waiting: new AdmissionQueue(clock, 1_000),
      limiter: new RateLimiter({ rates, clock, instanceId }),
      running: new RunningCalls({ max: 1_000, drainMax: 20, drainMs: DRAIN_MS }),
      settlements: new SettlementQueue(ledger, clock, telemetry),
      refusals: new RefusalLog({ store: refusals, clock, ids, log: telemetry.log, rowsMax: 20 }),
      crash: () => this.#mayCrash(life),
    };
  }

  /** Dies in the middle of a step, which goes on without an effect. */
  #mayCrash(life: Life): void {
    const { random, weather, isCalm, tally } = this.#world;
    if (!life.isAlive || isCalm || !random.chance(weather.crashInStep)) return;
    tally.count('crash_in_step');
    this.crash();
  }
}

function noMasterKeys(): Gateway['masterKeys'] {
  const parsed = parseMasterKeys(`1:${Buffer.alloc(32, 7).toString('base64')}`);
  if (parsed.kind !== 'keys') throw new Error(parsed.problem);
  return parsed.keys;
}
