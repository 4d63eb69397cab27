/**
 * The composition root: the only place that names adapters. Opens the stores, recovers what dead
 * instances left, and serves both planes on one port until it is told to stop.
 */
import { readFileSync } from 'node:fs';
import { catalogueFrom, type Catalogue } from '@tollkeeper/core';
import { buildAdminApp } from './admin/app.ts';
import { openAlerts } from './alert-side.ts';
import { bulkPriceList } from './adapters/price-list/price-list.ts';
import { masterKeySource } from './adapters/system/master-key-source.ts';
import type { FixedCredentials } from './bedrock-side.ts';
import { PROVISIONING_KEY_SETTING } from './catalog/records.ts';
import { openDailyCosts } from './daily-side.ts';
import { demoSide } from './demo-side.ts';
import type { Settings } from './config/settings.ts';
import type { CredentialAuthority } from './credentials/authority.ts';
import { secretAccessKeyOf, keyIdOf } from './credentials/access-key.ts';
import { openMasterKeys } from './credentials/master-key-register.ts';
import type { PeopleAuthority } from './credentials/people/people-authority.ts';
import type { MasterKeys } from './credentials/master-keys.ts';
import { openFoundation, type Foundation } from './foundation-side.ts';
import { buildGateway } from './gateway-side.ts';
import type { ReachCrashPoint } from './gateway/crash-point.ts';
import { openPeople } from './identity-side.ts';
import { endpointOf, listenForCalls, listenForMetrics } from './listening-side.ts';
import { managementOf } from './management-side.ts';
import { observe } from './observation-side.ts';
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
import type { Fellows } from './ports/fellows.ts';
import type { Ids } from './ports/ids.ts';
import type { RateStore } from './ports/rate-store.ts';
import type { RefusalStore } from './ports/refusal-store.ts';
import type { Stores } from './ports/stores.ts';
import type { Telemetry } from './ports/telemetry.ts';
import { openRates } from './rates-side.ts';
import { shutDown } from './shutdown.ts';

/** What only the demo sets. */
export interface DemoOptions {
  readonly crash?: ReachCrashPoint;
  /** Fixed AWS credentials for the simulator. */
  readonly credentials: FixedCredentials;
  /** A file that sets the wall clock. */
  readonly clockFile?: string;
  /** The key of its issuer as PEM, where several processes are one demo. */
  readonly issuerKey?: string;
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
  /** The other processes that serve the port; absent: it serves alone. */
  readonly fellows?: Fellows;
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
  const { version, demo, fellows } = options;
  const watching = { ...foundation, version, running: () => gateway, fellows };
  const observed = await observe(settings, watching);
  opening.defer(() => observed.close());
  const shared = { instanceId, clock, ids, telemetry: observed.telemetry };
  const { log } = observed.telemetry;
  tellMissing(foundation, log);
  const alerts = openAlerts(settings, { ...foundation, log, version });
  const { stores, forecasts, webhooks } = alerts;
  const rated = await openRates(settings, { ...options, ...foundation, log });
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
  const { rerates, dailyCosts, stopJobs } = startJobs(jobsOf(settings, fellows), {
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
  const demoOwn = demoSide({ ...gateway, settings, demo });
  const serving = { gateway, management, admin, demoOwn, tls, ...observed };
  const metricsListener = await listenForMetrics(settings, serving);
  opening.defer(() => metricsListener?.destroy());
  const listener = await listenForCalls(settings, serving);
  const endpoint = endpointOf(settings, listener);
  alerts.start();
  opening.move();
  const close = once(async () => {
    // `destroy` alone ends connections, but goes on accepting.
    void metricsListener?.close();
    metricsListener?.destroy();
    observed.tail.end();
    const stopAlerts = () => alerts.stop();
    const ending = { stopJobs, stopAlerts, closeRates: rated.close, end: foundation.end };
    await shutDown({ gateway, listener, settings, ...ending });
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

/** Callers would see no more than that some signatures are wrong. */
function tellMissing({ missingKeys: versions }: Foundation, log: Telemetry['log']): void {
  if (versions.length === 0) return;
  log('warn', 'Master keys are not here: access keys and tokens made under them fail.', {
    versions,
  });
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

/** News of prices are asked for by one of the processes that serve a port, for all. */
function jobsOf(settings: Settings, fellows: Fellows | undefined): Settings {
  return fellows === undefined || fellows.worker === 1
    ? settings
    : { ...settings, priceRefresh: false };
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

/**
 * Makes the master key that a server would look for, if there is none. The place it was written to,
 * or undefined when nothing was.
 */
export async function makeMasterKey(
  settings: Settings,
  parts: Stores & { readonly clock: Clock; readonly ids: Ids },
): Promise<string | undefined> {
  const source = masterKeySource(settings);
  // What machines share is made by the first of them.
  const create = settings.store === 'dynamodb' ? 'first' : true;
  const { created } = await openMasterKeys(parts, source, { create });
  return created ? settings.masterKeyFile : undefined;
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
