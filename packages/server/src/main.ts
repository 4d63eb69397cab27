/**
 * The composition root: the only place that names adapters. Opens the stores, recovers what dead
 * instances left, and serves both planes on one port until it is told to stop.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { catalogueFrom, type Catalogue } from '@tollkeeper/core';
import { buildAdminApp } from './admin/app.ts';
import type { AdminDependencies } from './admin/dependencies.ts';
import { openAlerts } from './alert-side.ts';
import { LiveTail, tailing } from './admin/live-tail.ts';
import { clientLane } from './admin/client-lane.ts';
import { bulkPriceList } from './adapters/price-list/price-list.ts';
import { openInstanceLocks } from './adapters/sqlite/instance-lock.ts';
import { openSqliteStore } from './adapters/sqlite/store.ts';
import { fileClock, systemClock } from './adapters/system/clock.ts';
import { systemIds } from './adapters/system/ids.ts';
import { masterKeySource } from './adapters/system/master-key-source.ts';
import { readTlsFiles } from './adapters/system/tls-files.ts';
import { openObservation, type Observation } from './adapters/telemetry/observation.ts';
import type { FixedCredentials } from './bedrock-side.ts';
import { PROVISIONING_KEY_SETTING } from './catalog/records.ts';
import { openDailyCosts } from './daily-side.ts';
import { demoSide, type DemoSide } from './demo-side.ts';
import type { Settings } from './config/settings.ts';
import type { CredentialAuthority } from './credentials/authority.ts';
import { secretAccessKeyOf, keyIdOf } from './credentials/access-key.ts';
import { openMasterKeys } from './credentials/master-key-register.ts';
import type { PeopleAuthority } from './credentials/people/people-authority.ts';
import type { MasterKeys } from './credentials/master-keys.ts';
import { buildGateway } from './gateway-side.ts';
import type { ReachCrashPoint } from './gateway/crash-point.ts';
import type { Gateway } from './gateway/gateway.ts';
import { frontDoor, type ServeManagement } from './http/front-door.ts';
import { httpDates } from './http/http-date.ts';
import { listen, type Listener, type TlsFiles } from './http/listener.ts';
import { METRICS_PATH, metricsEndpoint, openMetricsEndpoint } from './http/metrics-endpoint.ts';
import { openPeople } from './identity-side.ts';
import { managementOf } from './management-side.ts';
import { keeperOf } from './keeper/keeper.ts';
import type { DailyCosts } from './jobs/daily-costs.ts';
import { clientRetention } from './jobs/client-retention.ts';
import { recoverDeadInstances, sweep, type RecoveryParts } from './jobs/recovery.ts';
import { entryRetention } from './jobs/entry-retention.ts';
import { refusalRetention } from './jobs/refusal-retention.ts';
import { keepPricesFresh, type PriceRefreshParts } from './jobs/price-refresh.ts';
import { Rerates, type RerateParts } from './jobs/rerate.ts';
import { PriceHome } from './prices/price-home.ts';
import type { Clock } from './ports/clock.ts';
import type { Ids } from './ports/ids.ts';
import type { RateStore } from './ports/rate-store.ts';
import type { RefusalStore } from './ports/refusal-store.ts';
import type { Stores } from './ports/stores.ts';
import { openRates } from './rates-side.ts';
import { shutDown } from './shutdown.ts';
import { databasePath, instancesDir } from './store-side.ts';

/** What only the demo sets. */
export interface DemoOptions {
  readonly crash?: ReachCrashPoint;
  /** Fixed AWS credentials for the simulator. */
  readonly credentials: FixedCredentials;
  /** A file that sets the wall clock. */
  readonly clockFile?: string;
}

export interface RunningServer {
  readonly endpoint: string;
  /** The port that serves `/metrics` alone, if there is one. */
  readonly metricsPort: number | null;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly authority: CredentialAuthority;
  readonly people: PeopleAuthority;
  /** The issuer of a demo that only this machine reaches; null: there is none. */
  readonly demoIssuer: string | null;
  /** Of an access key that was made under a master key that is here; undefined for all others. */
  secretAccessKey(accessKeyId: string): string | undefined;
  hasProvisioningKey(): Promise<boolean>;
  /**
   * Stops accepting, lets running calls end within the grace, settles everything, closes the
   * stores.
   */
  close(): Promise<void>;
}

export interface StartOptions {
  readonly version: string;
  readonly demo?: DemoOptions;
  /** The store failed for good: the process should end. */
  readonly onFatal: (error: Error) => void;
  /** Puts something between the server and its stores; tests make them fail this way. */
  readonly wrapStores?: (stores: Stores) => Stores;
  /** The same for the store of rate limits. */
  readonly wrapRates?: (rates: RateStore) => RateStore;
}

/** Starts the product on the given settings. Rejects when the stores or the port cannot be had. */
export async function startServer(
  settings: Settings,
  options: StartOptions,
): Promise<RunningServer> {
  // What was opened is closed again when a later step fails.
  await using opening = new AsyncDisposableStack();
  const foundation = await openFoundation(settings, options, opening);
  const { clock, ids, instanceId, locks, masterKeys, tls } = foundation;
  const catalogue = shippedCatalogue();
  const observed = await observe(settings, options.version, () => gateway);
  opening.defer(() => observed.close());
  const shared = { instanceId, clock, ids, telemetry: observed.telemetry };
  const { log } = observed.telemetry;
  const { version, demo } = options;
  const alerts = openAlerts(settings, { ...foundation, log, version });
  const { stores, forecasts, webhooks } = alerts;
  const rated = await openRates(settings, { ...options, instanceId, locks, clock, log });
  opening.defer(rated.close);
  const prices = await PriceHome.open({ ...stores, clock, log, shipped: catalogue.book });
  const keeper = keeperOf({ ...stores, clock, settings });
  // What an earlier process left half-way, and what the settings file says now.
  await keeper.quotas.reconcileAll();
  const people = openPeople(settings, { ...stores, clock, keeper });
  const gateway = await buildGateway({
    ...{ ...shared, settings, stores, keeper, people, catalogue, prices, masterKeys },
    rates: rated.rates,
    ...(demo === undefined ? {} : { demo }),
  });
  const recovery = { ...shared, ledger: stores.ledger, locks };
  await recoverDeadInstances(recovery);
  await rated.freeSlots();
  const { rerates, dailyCosts, stopJobs } = startJobs(settings, {
    ...{ ...recovery, ...stores, prices, log, freeSlots: rated.freeSlots },
  });
  opening.defer(stopJobs);
  const management = managementOf(settings, {
    ...{ ...shared, ...stores, masterKeys, prices, keeper, rerates, dailyCosts, version, log },
    ...{ limits: rated.limits, forecasts, webhooks, tail: observed.tail },
    ...{ credentials: gateway.authority, people, fixed: demo?.credentials },
  });
  const admin = buildAdminApp(management);
  await admin.ready();
  const metricsText = (): Promise<string> => observed.metrics.text();
  const metricsListener = await listenForMetrics(settings, metricsText, tls);
  opening.defer(() => metricsListener?.destroy());
  const demoOwn = demoSide({ ...gateway, settings, demo });
  const serving = { management, admin, demoOwn };
  const listener = await listenForCalls(settings, gateway, serving, metricsText, tls);
  const endpoint = endpointOf(settings, listener);
  alerts.start();
  opening.move();
  const close = once(async () => {
    // `destroy` alone ends connections, but goes on accepting.
    void metricsListener?.close();
    metricsListener?.destroy();
    observed.tail.end();
    const stopAlerts = () => alerts.stop();
    await shutDown({ gateway, listener, stores, locks, stopJobs, stopAlerts, settings });
    await rated.close();
    await observed.close();
  });
  return {
    endpoint,
    demoIssuer: demoOwn?.open(endpoint) ?? null,
    metricsPort: metricsListener?.port ?? null,
    ...{ stores, clock, ids, close, people, authority: gateway.authority },
    ...secretsOf(stores, masterKeys),
  };
}

/** What is told of secrets to whoever runs the server in its own process. */
function secretsOf(
  { catalog }: Stores,
  masterKeys: MasterKeys,
): Pick<RunningServer, 'secretAccessKey' | 'hasProvisioningKey'> {
  return {
    secretAccessKey: (accessKeyId) => {
      const keyId = keyIdOf(accessKeyId);
      return keyId === undefined ? undefined : secretAccessKeyOf(masterKeys, keyId);
    },
    hasProvisioningKey: async () =>
      (await catalog.get('setting', PROVISIONING_KEY_SETTING)) !== undefined,
  };
}

/** What runs beside the calls: recovery, re-rating, and news of prices if the operator lets it. */
function startJobs(
  settings: Settings,
  parts: RecoveryParts &
    RerateParts &
    Omit<PriceRefreshParts, 'list' | 'region'> & {
      readonly refusals: RefusalStore;
      readonly freeSlots: () => Promise<void>;
    },
): {
  readonly rerates: Rerates;
  readonly dailyCosts: DailyCosts;
  readonly stopJobs: () => void;
} {
  const forgetRefusals = refusalRetention({ ...parts, days: settings.refusalDays });
  const forgetEntries = entryRetention({ ...parts, days: settings.entryDays });
  const forgetTokens = clientRetention(parts);
  const stopSweep = sweep(parts, settings.sweepIntervalMs, async () => {
    await parts.freeSlots();
    await forgetRefusals();
    await forgetEntries();
    await forgetTokens();
  });
  const rerates = new Rerates(parts);
  rerates.watch();
  const stopRefresh = refreshing(settings, parts);
  const dailyCosts = openDailyCosts(settings, parts);
  const stopDays = dailyCosts.keep();
  const stopJobs = (): void => {
    stopSweep();
    rerates.stop();
    stopRefresh();
    stopDays();
  };
  return { rerates, dailyCosts, stopJobs };
}

function refreshing(
  settings: Settings,
  parts: Omit<PriceRefreshParts, 'list' | 'region'>,
): () => void {
  const { priceRefresh, priceListUrl: baseUrl, region } = settings;
  if (!priceRefresh || baseUrl === null) return () => undefined;
  const { priceListTimeoutMs: timeoutMs, priceListBytesMax: bytesMax } = settings;
  const names = shippedData('price-list-names.json');
  const list = bulkPriceList({ baseUrl, timeoutMs, bytesMax, names });
  return keepPricesFresh({ ...parts, list, region }, settings.priceRefreshIntervalMs);
}

/** Clock, ids, locks, stores and secrets: what everything else stands on. */
async function openFoundation(
  settings: Settings,
  options: StartOptions,
  opening: AsyncDisposableStack,
) {
  const clockFile = options.demo?.clockFile;
  const clock = clockFile === undefined ? systemClock() : fileClock(clockFile);
  const ids = systemIds(clock);
  const instanceId = ids.uuid();
  mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
  const locks = await openInstanceLocks(instancesDir(settings), instanceId);
  opening.defer(() => locks.release());
  const opened = await openSqliteStore({
    path: databasePath(settings),
    onFatal: options.onFatal,
  });
  opening.defer(() => opened.ledger.close());
  const stores = options.wrapStores?.(opened) ?? opened;
  const { keys: masterKeys } = await openMasterKeys(
    { ...stores, clock, ids },
    masterKeySource(settings),
    { create: options.demo !== undefined },
  );
  return { clock, ids, instanceId, locks, stores, masterKeys, tls: readTlsFiles(settings) };
}

/** What serves what is no call of a model. */
interface ManagementSide {
  readonly management: AdminDependencies;
  readonly admin: ReturnType<typeof buildAdminApp>;
  readonly demoOwn: DemoSide | undefined;
}

function listenForCalls(
  settings: Settings,
  gateway: Gateway,
  { management, admin, demoOwn }: ManagementSide,
  metricsText: () => Promise<string>,
  tls: TlsFiles | undefined,
): Promise<Listener> {
  const serveMetrics = metricsEndpoint(gateway.authority, metricsText);
  const serveManagement: ServeManagement = (request, response) => {
    if (demoOwn?.serve(request, response) === true) return;
    if (request.url === METRICS_PATH) serveMetrics(request, response);
    else admin.routing(request as never, response as never);
  };
  const { buffered } = gateway;
  const { bodyTimeoutMs, stagePrefixes, corsOrigins } = settings;
  const servePlain = clientLane({ deps: management, app: admin, buffered, bodyTimeoutMs });
  const door = frontDoor(gateway, serveManagement, servePlain, stagePrefixes, corsOrigins);
  return listen(
    { host: settings.host, port: settings.port },
    listenerLimits(settings),
    door.handle,
    { handle: door.handlePlain, date: httpDates(gateway.clock) },
    tls,
  );
}

async function listenForMetrics(
  settings: Settings,
  text: () => Promise<string>,
  tls: TlsFiles | undefined,
): Promise<Listener | undefined> {
  if (settings.metricsPort === null) return undefined;
  const at = { host: settings.host, port: settings.metricsPort };
  return listen(at, listenerLimits(settings), openMetricsEndpoint(text), undefined, tls);
}

/**
 * Makes the master key that a server would look for, if there is none. The place it was written to,
 * or undefined when nothing was.
 */
export async function makeMasterKey(
  settings: Settings,
  parts: Stores & { readonly clock: Clock; readonly ids: Ids },
): Promise<string | undefined> {
  const source = masterKeySource(settings);
  const { created } = await openMasterKeys(parts, source, { create: true });
  return created ? settings.masterKeyFile : undefined;
}

async function observe(
  settings: Settings,
  version: string,
  running: () => Gateway,
): Promise<Observation & { readonly tail: LiveTail }> {
  const observation = await openObservation(settings, version, () => {
    const gateway = running();
    return {
      settlementsPending: gateway.settlements.pending,
      callsRunning: gateway.running.count,
      callsDraining: gateway.running.drainingCount,
      admissionWaiting: gateway.waiting.length,
      bufferedBytes: gateway.buffered.used,
      refusalsWaiting: gateway.refusals.waiting,
      refusalsNotKept: gateway.refusals.notKept,
    };
  });
  const tail = new LiveTail();
  return { ...observation, telemetry: tailing(observation.telemetry, tail), tail };
}

function listenerLimits(settings: Settings): Parameters<typeof listen>[1] {
  const { connectionsMax, headerBytesMax, headersTimeoutMs, bodyTimeoutMs, streamsMax } = settings;
  return { connectionsMax, headerBytesMax, headersTimeoutMs, bodyTimeoutMs, streamsMax };
}

/** Starts the work with the first call; every further one waits for the same. */
function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}

/** The reviewed price and model files that come with the product. */
function shippedCatalogue(): Catalogue {
  return catalogueFrom(shippedData('prices.json'), shippedData('models.json'));
}

function shippedData(name: string): unknown {
  const url = new URL(`../data/${name}`, import.meta.resolve('@tollkeeper/core'));
  return JSON.parse(readFileSync(url, 'utf8'));
}

function endpointOf({ host, tlsCertFile }: Settings, { port }: Listener): string {
  const scheme = tlsCertFile === null ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
