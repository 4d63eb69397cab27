/**
 * The product as its users of the cost-keeper API have it: organizations with quotas, each with
 * applications, and one OAuth client and access token for every application.
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { stopProcess } from './children.ts';
import { call, startServed, type GatewayOptions, type Served } from './gateway.ts';
import type { KeeperClient } from './keeper-work.ts';

const ORGANIZATIONS = 10;
/** Far above what a run can submit: quotas are summed up, and none is spent. */
const QUOTA_USD_MICROS = 9_000_000_000_000;
const LABELS = ['premium', 'standard', 'economy'];
/** Requests under way at once while clients are made: their secrets are hashed slowly. */
const AT_ONCE = 4;

/**
 * The limits are on. Those of submissions are the product's own; those that setting up hundreds of
 * clients would run into, and that of batches, are raised.
 */
const LIMITS = {
  TOLLKEEPER_RATE_LIMIT_PROVISIONING_PER_HOUR: '1000000',
  TOLLKEEPER_RATE_LIMIT_TOKEN_PER_MINUTE: '1000000',
  TOLLKEEPER_RATE_LIMIT_USAGE_BATCH_PER_MINUTE: '1000000',
  TOLLKEEPER_RATE_LIMIT_MODEL_SELECTION_PER_MINUTE: '1000000',
};

export class KeeperServer {
  readonly port: number;
  readonly pid: number;
  readonly clients: readonly KeeperClient[];
  readonly #child: ChildProcess;
  readonly #served: Served;

  private constructor(served: Served, clients: readonly KeeperClient[]) {
    this.port = served.port;
    this.pid = served.child.pid ?? 0;
    this.clients = clients;
    this.#child = served.child;
    this.#served = served;
  }

  static async start(options: GatewayOptions, clients: number): Promise<KeeperServer> {
    const served = await startServed(options, LIMITS);
    try {
      return new KeeperServer(served, await makeClients(served, clients));
    } catch (error) {
      await stopProcess(served.child);
      throw error;
    }
  }

  /** Submissions in the ledger and what they cost, as exact decimal USD. */
  async totals(): Promise<{ readonly requests: number; readonly costUsd: string }> {
    const path = '/api/v1/usage/summary?group_by=model_id';
    const answer = (await call(this.port, this.#served.provisioningKey, 'GET', path)) as {
      total: { requests: number; cost_usd: string };
    };
    return { requests: answer.total.requests, costUsd: answer.total.cost_usd };
  }

  async stop(): Promise<void> {
    await stopProcess(this.#child);
    rmSync(this.#served.dataDir, { recursive: true, force: true });
  }
}

async function makeClients(served: Served, count: number): Promise<KeeperClient[]> {
  const { port, provisioningKey } = served;
  const orgs: string[] = [];
  for (let i = 0; i < ORGANIZATIONS; i += 1) {
    const orgId = randomUUID();
    orgs.push(orgId);
    await call(port, provisioningKey, 'PUT', `/api/v1/orgs/${orgId}`, {
      org_name: `Bench ${i}`,
      timezone: 'Europe/Berlin',
      quota_scope: 'ORG',
      model_ordering: LABELS,
      quotas: Object.fromEntries(LABELS.map((label) => [label, QUOTA_USD_MICROS])),
    });
  }
  const clients: KeeperClient[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const number = next;
      next += 1;
      const path = `/api/v1/orgs/${orgs[number % orgs.length]}/apps/app-${number}`;
      clients.push({ path, token: await tokenOf(port, provisioningKey, path) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return clients;
}

async function tokenOf(port: number, provisioningKey: string, path: string): Promise<string> {
  const made = (await call(port, provisioningKey, 'PUT', path, { app_name: 'Bench' })) as {
    credentials: { client_id: string; client_secret: string };
  };
  const answer = (await call(port, provisioningKey, 'POST', '/auth/token', {
    ...made.credentials,
    grant_type: 'client_credentials',
  })) as { access_token: string };
  return answer.access_token;
}
