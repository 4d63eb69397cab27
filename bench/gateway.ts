/**
 * Starts the real product as an operator would - `tollkeeper init`, `tollkeeper serve` - and sets
 * up one organization with one application, one key and one enforced budget that is large enough
 * for every call of a run: authentication, hold, durable intent, pricing and durable entry are
 * all on.
 */
import { execFile, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { V8_FLAGS } from '../packages/cli/src/v8-flags.ts';
import { sigV4Authorizer } from '../packages/server/src/adapters/bedrock/authorizer.ts';
import { REQUEST_BODY, pathOf, type Credentials, type Kind } from './answers.ts';
import { spawnPinned, stopProcess, within } from './children.ts';
import type { Target } from './rig.ts';
import type { EntryTotals } from './validity.ts';

const CLI = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url));
const START_SECONDS_MAX = 60;
const REGION = 'us-east-1';
/** More than any run can spend, and well below the 9.2 million that a balance can count. */
const BUDGET_USD = '1000000';

export interface GatewayOptions {
  /** One, or several: `0,1`. */
  readonly core: number | string;
  /** Variables of settings, beside those that every run needs. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Directory in which the data directory is made; it decides which disk is synced. */
  readonly parentDir: string;
  /** In and out. */
  readonly credentials: Credentials;
  readonly upstreamUrl: string;
  /** Flags of Node to try, beside what the product sets itself. */
  readonly flags: readonly string[];
  /** Where CPU profiles go, or null for none. */
  readonly profileDir: string | null;
}

/** A budget's figures as the management API gives them. */
export interface BudgetFigures {
  readonly spent: string;
  readonly held: string;
  readonly excess: string;
}

export class Gateway implements Target {
  readonly label = 'gateway';
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  readonly #child: ChildProcess;
  readonly #provisioningKey: string;
  readonly #budgetId: string;
  readonly #authorization: Authorization;

  private constructor(
    child: ChildProcess,
    port: number,
    dataDir: string,
    provisioningKey: string,
    seeded: { authorization: Authorization; budgetId: string },
  ) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.port = port;
    this.dataDir = dataDir;
    this.#provisioningKey = provisioningKey;
    this.#authorization = seeded.authorization;
    this.#budgetId = seeded.budgetId;
  }

  static async start(options: GatewayOptions): Promise<Gateway> {
    const { child, port, dataDir, provisioningKey } = await startServed(options);
    const seeded = await seed(port, provisioningKey, options.credentials);
    return new Gateway(child, port, dataDir, provisioningKey, seeded);
  }

  /** A signature is good for five minutes, which is longer than any run but the soak. */
  authorization(kind: Kind): Promise<string> {
    return this.#authorization(kind);
  }

  /** What the ledger has of the calls so far. */
  async totals(): Promise<EntryTotals> {
    const summary = (await this.#get('/api/v1/usage/summary?group_by=model_id')) as {
      total: EntryTotals;
    };
    const { requests, input_tokens, output_tokens, unknown_entries, unpriced_entries } =
      summary.total;
    return { requests, input_tokens, output_tokens, unknown_entries, unpriced_entries };
  }

  async budget(): Promise<BudgetFigures> {
    return (await this.#get(`/api/v1/budgets/${this.#budgetId}`)) as BudgetFigures;
  }

  /**
   * Ends the gateway as an operator would, which also writes its profiles, and removes its data.
   */
  async stop(): Promise<void> {
    await stopProcess(this.#child);
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  #get(path: string): Promise<unknown> {
    return call(this.port, this.#provisioningKey, 'GET', path);
  }
}

/** The product as a process that serves, with nobody in its store yet. */
export interface Served {
  readonly child: ChildProcess;
  readonly port: number;
  readonly dataDir: string;
  readonly provisioningKey: string;
}

/** `tollkeeper init` and `tollkeeper serve` on a new data directory. */
export async function startServed(
  options: GatewayOptions,
  settings: Readonly<Record<string, string>> = {},
): Promise<Served> {
  mkdirSync(options.parentDir, { recursive: true });
  const dataDir = mkdtempSync(join(options.parentDir, 'data-'));
  const env = { ...environment(dataDir, options), ...options.settings, ...settings };
  if (options.settings?.TOLLKEEPER_STORE === 'dynamodb') {
    await promisify(execFile)(process.execPath, [CLI, 'store', 'init'], { env });
  }
  const init = await promisify(execFile)(process.execPath, [CLI, 'init'], { env });
  const provisioningKey = /\btkp_[\w-]+/.exec(init.stdout + init.stderr)?.[0];
  if (provisioningKey === undefined) throw new Error(`init gave no key: ${init.stdout}`);
  const child = serve(options, dataDir, env);
  const port = await portOf(child, dataDir);
  return { child, port, dataDir, provisioningKey };
}

/** The shell's variables without those that would change what is measured. */
function environment(
  dataDir: string,
  { upstreamUrl, credentials }: GatewayOptions,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(AWS_|TOLLKEEPER_|NODE_OPTIONS)/.test(name)) env[name] = value;
  }
  return {
    ...env,
    TOLLKEEPER_DATA_DIR: dataDir,
    TOLLKEEPER_UPSTREAM_URL: upstreamUrl,
    ...(credentials === 'bearer' ? BEARER_OUT : SIGNED_OUT),
    TOLLKEEPER_REGION: REGION,
    TOLLKEEPER_PORT: '0',
  };
}

const BEARER_OUT = {
  TOLLKEEPER_UPSTREAM_AUTH: 'bearer',
  TOLLKEEPER_UPSTREAM_BEARER_TOKEN: `bench-${'u'.repeat(100)}`,
};

const SIGNED_OUT = {
  TOLLKEEPER_UPSTREAM_AUTH: 'aws',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

function serve(options: GatewayOptions, dataDir: string, env: NodeJS.ProcessEnv): ChildProcess {
  const profiling =
    options.profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profileDir}`];
  const logFile = openSync(logOf(dataDir), 'w');
  const child = spawnPinned(
    options.core,
    [...V8_FLAGS, ...options.flags, ...profiling, CLI, 'serve'],
    { ipc: false, env, errorsTo: logFile },
  );
  closeSync(logFile);
  return child;
}

/** The log is a file: a pipe would make the harness work while it measures. */
function logOf(dataDir: string): string {
  return join(dataDir, 'bench-gateway.log');
}

/** Waits for the line that starts with `ready ` and reads the port from its URL. */
function portOf(child: ChildProcess, dataDir: string): Promise<number> {
  return within(START_SECONDS_MAX, 'the gateway was not ready', (resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (text: Buffer) => {
      output = (output + text.toString()).slice(-10_000);
      const port = /^ready .*?http:\/\/[^\s/]+:(\d+)/m.exec(output)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', (code) => {
      const log = readFileSync(logOf(dataDir), 'utf8').slice(-2_000);
      reject(new Error(`the gateway ended with ${code} while starting\n${output}\n${log}`));
    });
  });
}

type Authorization = (kind: Kind) => Promise<string>;

async function seed(
  port: number,
  provisioningKey: string,
  credentials: Credentials,
): Promise<{ authorization: Authorization; budgetId: string }> {
  const put = (path: string, body: object): Promise<unknown> =>
    call(port, provisioningKey, 'PUT', path, body);
  const orgId = randomUUID();
  const appId = 'bench';
  await put(`/api/v1/orgs/${orgId}`, { org_name: 'Bench' });
  await put(`/api/v1/orgs/${orgId}/apps/${appId}`, { app_name: 'Bench' });
  const budgetId = 'bench-month';
  await put(`/api/v1/budgets/${budgetId}`, {
    scope: { type: 'organization', org_id: orgId },
    limit: { unit: 'usd', amount: BUDGET_USD },
    window: 'month',
    timezone: 'Europe/Berlin',
    mode: 'enforce',
  });
  const appPath = `/api/v1/orgs/${orgId}/apps/${appId}`;
  const make = (kind: string): Promise<unknown> =>
    call(port, provisioningKey, 'POST', `${appPath}/${kind}`, { name: 'bench' });
  if (credentials === 'sigv4') {
    const key = (await make('access-keys')) as AccessKey;
    return { authorization: signedBy(key, port), budgetId };
  }
  const { api_key } = (await make('keys')) as { api_key: string };
  return {
    authorization: () => Promise.resolve(`Authorization: Bearer ${api_key}\r\n`),
    budgetId,
  };
}

interface AccessKey {
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

/** Signs the one question of the bench, as the AWS CLI would. */
function signedBy(key: AccessKey, port: number): Authorization {
  const signer = sigV4Authorizer({
    origin: `http://127.0.0.1:${port}`,
    region: REGION,
    credentials: { accessKeyId: key.access_key_id, secretAccessKey: key.secret_access_key },
  });
  return async (kind) => {
    const headers = { 'content-type': 'application/json' };
    const request = { path: pathOf(kind), headers, body: REQUEST_BODY };
    const signed = await signer.authorize(request);
    const lines = ['x-amz-date', 'authorization'].map((name) => `${name}: ${signed[name]}\r\n`);
    return lines.join('');
  };
}

/** One call of the management API. Rejects with what was answered when that is no success. */
export async function call(
  port: number,
  provisioningKey: string,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { 'x-api-key': provisioningKey, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(60_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
