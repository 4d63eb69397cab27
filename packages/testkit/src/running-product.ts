/**
 * The whole product in this process for a test: a simulator, a real SQLite file, the server on a
 * free port.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@tollkeeper/contract';
import {
  createProvisioningKey,
  loadSettings,
  startServer,
  type RunningServer,
  type StartOptions,
} from '@tollkeeper/server';
import { DEFAULT_CREDENTIALS, startSimulator, type Simulator } from '@tollkeeper/simulator';

/** A row of the simulator's book: what the outside says of one call. */
export interface BookRow {
  readonly attempt_id: string | null;
  readonly request_id: string;
  readonly invocation_id: string | null;
  readonly operation: string;
  readonly model_id: string;
  readonly served_tier: string | null;
  readonly stream: boolean;
  readonly started_at: string;
  readonly outcome: string;
  readonly status: number | null;
  readonly billed: boolean;
  readonly client_gone: boolean;
  readonly ended_at: string | number | null;
  readonly usage: Readonly<Record<string, number>> | null;
}

export interface ProductOptions {
  /** Settings by their names in code, over those of the demo. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The content of a settings file, for what exists only there, such as `model_labels`. */
  readonly settingsFile?: Readonly<Record<string, unknown>>;
  readonly wrapStores?: StartOptions['wrapStores'];
  readonly wrapRates?: StartOptions['wrapRates'];
  /** Limit of the organization's daily budget, in USD. */
  readonly limitUsd?: string;
  /** A file that sets the server's wall clock; the simulator has its own. */
  readonly clockFile?: string;
  /** In place of a simulator of its own. */
  readonly upstreamUrl?: string;
}

export interface RunningProduct {
  readonly server: RunningServer;
  readonly simulator: Simulator;
  readonly endpoint: string;
  readonly dataDir: string;
  readonly orgId: string;
  readonly appId: string;
  readonly apiKey: string;
  readonly keyId: string;
  readonly provisioningKey: string;
  /** Speaks with the provisioning key. */
  readonly client: Client;
  book(): Promise<readonly BookRow[]>;
  close(): Promise<void>;
}

/** Id of the budget that every running product starts with. */
export const BUDGET_ID = 'org-daily';

/** Starts everything on free ports; `close` ends it and removes the data directory. */
export async function startProduct(options: ProductOptions = {}): Promise<RunningProduct> {
  // Whoever moves the server's clock signs at another time than the simulator's.
  const settings = options.clockFile === undefined ? {} : { signature_skew_ms: null };
  const simulator = await startSimulator({ settings });
  const dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-test-'));
  const loaded = loadSettings({
    demo: true,
    ...(options.settingsFile === undefined
      ? {}
      : { file: { path: 'tollkeeper.yaml', content: options.settingsFile } }),
    flags: {
      port: 0,
      dataDir,
      logLevel: 'silent',
      upstreamUrl: options.upstreamUrl ?? simulator.url,
      ...options.settings,
    },
  });
  if (loaded.kind !== 'ok') throw new Error(loaded.problems.map(({ message }) => message).join());
  const server = await startServer(loaded.settings, {
    version: 'test',
    demo: {
      credentials: DEFAULT_CREDENTIALS,
      ...(options.clockFile === undefined ? {} : { clockFile: options.clockFile }),
    },
    onFatal: (error) => {
      throw error;
    },
    ...(options.wrapStores === undefined ? {} : { wrapStores: options.wrapStores }),
    ...(options.wrapRates === undefined ? {} : { wrapRates: options.wrapRates }),
  });
  const seeded = await seed(server, options.limitUsd ?? '10');
  return {
    server,
    simulator,
    endpoint: server.endpoint,
    dataDir,
    ...seeded,
    book: async () => {
      const answer = await fetch(`${simulator.url}/_simulator/book`);
      return ((await answer.json()) as { calls: readonly BookRow[] }).calls;
    },
    close: async () => {
      await server.close();
      await simulator.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function seed(
  server: RunningServer,
  limitUsd: string,
): Promise<
  Pick<RunningProduct, 'orgId' | 'appId' | 'apiKey' | 'keyId' | 'provisioningKey' | 'client'>
> {
  const provisioningKey = await createProvisioningKey({
    catalog: server.stores.catalog,
    clock: server.clock,
    ids: server.ids,
  });
  if (provisioningKey === undefined) throw new Error('There is a provisioning key already.');
  const client = createClient({ endpoint: server.endpoint, provisioningKey, fetch });
  const params = { org_id: server.ids.uuid(), app_id: 'app' };
  await client.putOrganization({ params, body: { org_name: 'Test' } });
  await client.putApplication({ params, body: { app_name: 'Test' } });
  const key = await client.createKey({ params, body: {} });
  await client.putBudget({
    params: { budget_id: BUDGET_ID },
    body: {
      scope: { type: 'organization', org_id: params.org_id },
      limit: { unit: 'usd', amount: limitUsd },
      window: 'day',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
  return {
    orgId: params.org_id,
    appId: params.app_id,
    apiKey: key.api_key,
    keyId: key.key_id,
    provisioningKey,
    client,
  };
}
