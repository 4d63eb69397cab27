/**
 * A control plane on a real socket for tests: the real application over the stores in memory, with
 * a clock that only tests move.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError, createClient, type Client, type ErrorCode } from '@tollkeeper/contract';
import {
  NO_USAGE,
  priceBook,
  type EntryDraft,
  type PriceRow,
  type Subject,
} from '@tollkeeper/core';
import { memoryStore } from '../../src/adapters/memory/store.ts';
import { systemIds } from '../../src/adapters/system/ids.ts';
import { buildAdminApp } from '../../src/admin/app.ts';
import { scryptHash } from '../../src/credentials/clients/slow-hash.ts';
import { oauthOf } from '../../src/credentials/oauth.ts';
import { masterKeyBox } from '../../src/credentials/secret-box.ts';
import {
  mintMasterKey,
  parseMasterKeys,
  type MasterKeys,
} from '../../src/credentials/master-keys.ts';
import { memoryRates } from '../../src/adapters/memory/rates.ts';
import { keeperOf, type KeeperSettings } from '../../src/keeper/keeper.ts';
import { DEVELOPMENT_LABELS } from '../../src/config/model-labels.ts';
import { ProfileModels } from '../../src/keeper/profile-models.ts';
import type { SubmissionParts } from '../../src/keeper/submission.ts';
import { SubmissionScopes } from '../../src/keeper/submission-scope.ts';
import { rateTable, type RatePreset } from '../../src/keeper/rate-table.ts';
import { RequestLimits } from '../../src/keeper/request-limits.ts';
import { LiveTail } from '../../src/admin/live-tail.ts';
import { CredentialAuthority } from '../../src/credentials/authority.ts';
import { PeopleAuthority } from '../../src/credentials/people/people-authority.ts';
import { Forecasts } from '../../src/keeper/forecast.ts';
import { DailyCosts } from '../../src/jobs/daily-costs.ts';
import { Rerates } from '../../src/jobs/rerate.ts';
import { PriceHome } from '../../src/prices/price-home.ts';
import { createProvisioningKey } from '../../src/credentials/provisioning-key.ts';
import type { CatalogStore } from '../../src/ports/catalog-store.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Ids } from '../../src/ports/ids.ts';
import type { Telemetry } from '../../src/ports/telemetry.ts';
import type { ModelResources } from '../../src/ports/model-resources.ts';
import type { Surroundings } from '../../src/ports/surroundings.ts';
import type { LedgerStore } from '../../src/ports/ledger-store.ts';
import type { ProvisionedDesk } from '../../src/admin/provisioned-world.ts';
import { EMPTY_ACCOUNT } from './provisioned-desk.ts';
import { webhookDesk } from './webhook-desk.ts';

/** 2026-11-22T14:33:00Z, a Sunday. */
export const START = Date.UTC(2026, 10, 22, 14, 33);

export interface TestClock extends Clock {
  advance(ms: number): void;
}

/** A clock that stands still until it is moved; moving it fires what is due. */
export function testClock(): TestClock {
  let now = START;
  const timers = new Set<{ due: number; fire: () => void }>();
  return {
    now: () => now,
    monotonic: () => now - START,
    after(ms, then) {
      const timer = { due: now + ms, fire: then };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance(ms) {
      now += ms;
      for (const timer of timers) {
        if (timer.due > now) continue;
        timers.delete(timer);
        timer.fire();
      }
    },
  };
}

export const PRICES: readonly PriceRow[] = [price('input', '0.25'), price('output', '1.25')];

function price(usageClass: string, usd: string): PriceRow {
  return {
    model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
    region: 'us-east-1',
    scope: 'in_region',
    tier: 'standard',
    usage_class: usageClass,
    context_band: 'all',
    effective_from: '2024-03-13',
    usd,
    per: 1_000_000,
    confidence: 'high',
    sources: ['test'],
  };
}

/** A place where everything is well. */
export const SURROUNDINGS: Surroundings = {
  nodeVersion: '24.1.0',
  permissions: [
    { name: 'bedrock:InvokeModel', needed: 'always', purpose: 'Converse' },
    { name: 'bedrock:ApplyGuardrail', needed: 'sometimes', purpose: 'guardrails' },
  ],
  identity: () => Promise.resolve({ kind: 'found', what: 'a role', hint: '...WXYZ' }),
  reach: () => Promise.resolve({ kind: 'reached', latencyMs: 12, skewMs: 400 }),
  tryOut: () => Promise.resolve({ kind: 'proven' }),
  freeDiskBytes: () => Promise.resolve(50 * 2 ** 30),
};

export interface Overrides {
  readonly ledger?: Partial<LedgerStore>;
  readonly catalog?: Partial<CatalogStore>;
  readonly surroundings?: Surroundings;
  /** The AWS account that things are made in; absent: an empty one. */
  readonly provisioned?: ProvisionedDesk;
  /** Whether requests are limited; the clock of these tests stands still, so they are not. */
  readonly rateLimits?: RatePreset;
  /** Labels, and what holds where organizations say nothing. */
  readonly keeping?: Partial<KeeperSettings>;
}

/** An AWS account without inference profiles. */
const NO_PROFILES: ModelResources = { look: () => Promise.resolve({ kind: 'not_found' }) };

/** The cost keeper's settings of a product whose settings file states nothing. */
const KEEPING: KeeperSettings = {
  modelLabels: DEVELOPMENT_LABELS,
  meteringDefaults: {},
  organizationDefaults: {},
  region: 'us-east-1',
};

export interface Tenant {
  readonly org_id: string;
  readonly app_id: string;
  readonly key_id: string;
  readonly api_key: string;
}

/** What an issuer of the kind `hs256` signs by here. */
export const PEOPLE_SECRET = 'a secret that is thirty-two bytes long, or more';

export type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>;

export async function startControlPlane(overrides: Overrides = {}) {
  const clock = testClock();
  const ids = systemIds(clock);
  const stores = memoryStore();
  const ledger = over(stores.ledger, overrides.ledger);
  const catalog = over(stores.catalog, overrides.catalog);
  const credentials = new CredentialAuthority({ catalog: stores.catalog, clock });
  const parsedKeys = parseMasterKeys(mintMasterKey(ids, 1));
  if (parsedKeys.kind !== 'keys') throw new Error(parsedKeys.problem);
  const provisioningKey = await createProvisioningKey({ catalog: stores.catalog, clock, ids });
  if (provisioningKey === undefined) throw new Error('There is a provisioning key already.');
  const logged: { level: string; message: string; fields: object | undefined }[] = [];
  const [changes, tail] = [{ count: 0 }, new LiveTail()];
  const log = (level: string, message: string, fields?: object): void =>
    void logged.push({ level, message, fields });
  const shipped = priceBook(PRICES, 'prices-1');
  const prices = await PriceHome.open({ ...stores, clock, log, shipped });
  const rerates = new Rerates({ ...stores, instanceId: 'test', clock, ids, log, prices });
  const days = new Map<string, string>();
  const files = { write: async (day: string, text: string) => void days.set(day, text) };
  const dailyCosts = new DailyCosts({ ledger, catalog, clock, log, files, entryDays: 90 });
  const masterKeys = parsedKeys.keys;
  const kept = { catalog, ledger, clock, prices, log };
  const { keeper, submissions } = keepingOf(kept, { ...KEEPING, ...overrides.keeping });
  const people = peopleOf({ catalog, clock, keeper });
  const { oauth, hashes } = clientsOf({ catalog, clock, ids, masterKeys });
  const table = rateTable(overrides.rateLimits ?? 'off');
  const app = buildAdminApp({
    ...{ ledger, catalog, clock, ids, refusals: stores.refusals },
    limits: new RequestLimits({ rates: memoryRates(), table, clock, log }),
    ...{ credentials, people, oauth, masterKeys, prices, rerates, keeper, submissions, tail, log },
    forecasts: new Forecasts({ ledger, clock }),
    webhooks: webhookDesk({ catalog, clock, ids, masterKeys, log }),
    version: '0.1.0',
    onCatalogChanged: () => void changes.count++,
    surroundings: overrides.surroundings ?? SURROUNDINGS,
    dailyCosts,
    provisioned: overrides.provisioned ?? EMPTY_ACCOUNT,
  });
  const { endpoint, close } = await listening(app);
  const client = createClient({ endpoint, provisioningKey, fetch });
  return {
    endpoint,
    app,
    prices,
    rerates,
    keeper,
    clock,
    ids,
    ledger: stores.ledger,
    catalog: stores.catalog,
    refusals: stores.refusals,
    credentials,
    people,
    oauth,
    /** Slow hashes of secrets that were made or checked. */
    hashes,
    masterKeys,
    provisioningKey,
    client,
    logged,
    changes,
    tail,
    /** Tables of days, by day. */
    days,
    as: (apiKey: string): Client => createClient({ endpoint, apiKey, fetch }),
    tenant: (orgId?: string) => makeTenant(client, orgId ?? ids.uuid()),
    close,
  };
}

/** People of issuers that tests trust; all of them sign by a secret that is shared. */
function peopleOf({
  catalog,
  clock,
  keeper,
}: {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly keeper: ReturnType<typeof keeperOf>;
}): PeopleAuthority {
  return new PeopleAuthority({
    ...{ catalog, clock, issuers: [], secretOf: () => PEOPLE_SECRET },
    ...{ defaults: keeper.defaults, quotas: keeper.quotas },
    documents: { get: () => Promise.resolve({ kind: 'failed' }) },
  });
}

/** The cost keeper and what submissions are taken by. */
function keepingOf(
  parts: {
    readonly catalog: CatalogStore;
    readonly ledger: LedgerStore;
    readonly clock: Clock;
    readonly prices: PriceHome;
    readonly log: Telemetry['log'];
  },
  settings: KeeperSettings,
) {
  const keeper = keeperOf({ ...parts, settings });
  const submissions: SubmissionParts = {
    ...{ ...parts, instanceId: 'test', quotas: keeper.quotas, region: settings.region },
    scopes: new SubmissionScopes({ ...parts, ...keeper }),
    profiles: new ProfileModels({ ...parts, resources: () => NO_PROFILES }),
  };
  return { keeper, submissions };
}

/** Clients whose secrets cost little to check; `hashes` counts how often one was. */
function clientsOf(parts: {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly masterKeys: MasterKeys;
}) {
  const { ids, masterKeys } = parts;
  const hashes = { count: 0 };
  const cheapHash = scryptHash(2);
  const oauth = oauthOf({
    ...{ ...parts, box: masterKeyBox(masterKeys, ids), retrievalMs: 600_000 },
    hash: (secret, salt) => {
      hashes.count += 1;
      return cheapHash(secret, salt);
    },
    terms: { issuer: 'tollkeeper', accessSeconds: 3_600, refreshSeconds: 604_800 },
    bounds: { runningMax: 2, waitingMax: 512, failuresMax: 10 },
  });
  return { oauth, hashes };
}

/** Puts the application on a free port. */
async function listening(app: ReturnType<typeof buildAdminApp>) {
  await app.ready();
  const server = createServer((request, response) => app.routing(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await app.close();
    },
  };
}

/** The store, but for the methods that a test replaces. */
function over<T extends object>(store: T, replaced: Partial<T> = {}): T {
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(replaced, name)) return Reflect.get(replaced, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** An organization with an application and a key. */
export async function makeTenant(client: Client, orgId: string): Promise<Tenant> {
  const params = { org_id: orgId, app_id: 'web' };
  await client.putOrganization({ params: { org_id: orgId }, body: {} });
  await client.putApplication({ params, body: {} });
  const key = await client.createKey({ params, body: {} });
  return { ...params, ...key };
}

/** What the server refuses with, or `none` when it does not. */
export async function refusalOf(
  call: Promise<unknown>,
): Promise<{ status: number; code: ErrorCode | null; message: string; details: object } | 'none'> {
  try {
    await call;
    return 'none';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { status, code, message, details } = error;
    return { status, code, message, details };
  }
}

/** An entry of 1,000 input tokens at 0.25 USD a million, started at `START`. */
export function anEntry(over: Partial<EntryDraft> & { entry_id: string }): EntryDraft {
  return {
    entry_type: 'submission',
    corrects_entry_id: null,
    attempt_id: over.entry_id,
    request_id: over.entry_id,
    upstream_request_id: null,
    invocation_id: null,
    source: 'submitted',
    org_id: 'o',
    app_id: 'web',
    user_id: null,
    key_id: null,
    label: null,
    model_id: 'anthropic.claude-3-haiku-20240307-v1:0',
    region: 'us-east-1',
    operation: 'Converse',
    tier: 'standard',
    streamed: false,
    outcome: 'ok',
    usage: { ...NO_USAGE, input_tokens: 1000 },
    usage_source: 'reported',
    usage_reason: null,
    priced: 'yes',
    price_version: 'prices-1',
    price_basis: null,
    price_layers: [],
    charges: [
      { class: 'input', quantity: 1000, unit_price_usd: '0.00000025', amount: 250_000_000n },
    ],
    cost: 250_000_000n,
    ceiling: null,
    started_at: START,
    ended_at: START + 420,
    latency_ms: 420,
    time_to_first_token_ms: null,
    tags: {},
    ...over,
  };
}

/** Records an entry as usage that was reported after the fact. */
export async function recordEntry(plane: ControlPlane, entry: EntryDraft): Promise<void> {
  const known = entry.cost;
  const counted = entry.ceiling !== null && entry.ceiling > known ? entry.ceiling : known;
  await plane.ledger.record({
    instance_id: 'test',
    entry,
    postings: {
      usd: { amount: counted, ceiling: counted - known },
      tokens: { amount: 1000n, ceiling: 0n },
      requests: { amount: 1n, ceiling: 0n },
    },
    at: entry.started_at,
    cause: 'submitted',
  });
}

/** Reserves `usd` pico-USD for a call of a tenant that goes on. */
export async function holdFor(plane: ControlPlane, tenant: Tenant, usd: bigint): Promise<void> {
  const subject: Subject = {
    org_id: tenant.org_id,
    app_id: tenant.app_id,
    user_id: null,
    key_id: tenant.key_id,
    label: null,
    model_id: 'm',
  };
  const attempt_id = plane.ids.uuid();
  const reserved = await plane.ledger.reserve({
    instance_id: 'test',
    intent: {
      attempt_id,
      request_id: attempt_id,
      invocation_id: null,
      subject,
      region: 'us-east-1',
      operation: 'Converse',
      tier: 'standard',
      streamed: false,
      price_version: 'prices-1',
      priced: 'yes',
      tags: {},
      at: plane.clock.now(),
    },
    amounts: { usd, tokens: 0n, requests: 1n },
    catalog_revision: await plane.catalog.revision(),
  });
  if (reserved.kind !== 'held') throw new Error(`not held: ${reserved.kind}`);
}
