/**
 * The demo: a simulator of Bedrock and a gateway in front of it, two processes, with one organization, one
 * application, a key and a budget of 10 USD a day. It is also how the product is checked.
 *
 * `serve --demo` is the launcher: it starts the simulator and then itself again with `--upstream`, which is
 * the gateway. If the gateway dies, the simulator goes on - it keeps the book of what it billed - and the
 * next start on the same data directory uses it again.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient } from '@tollkeeper/contract';
import { createProvisioningKey, type RunningServer, type Settings } from '@tollkeeper/server';

/** What a client needs to try the demo; kept in `<data-dir>/demo.json`, mode 600. */
export interface Demo {
  readonly endpoint: string;
  readonly simulator: string;
  readonly region: string;
  readonly org_id: string;
  readonly app_id: string;
  readonly api_key: string;
  readonly provisioning_key: string;
  readonly gateway_pid: number;
  readonly simulator_pid: number | null;
}

const DEMO_APP = 'demo';
const DEMO_BUDGET = 'demo-daily';
const DEMO_LIMIT_USD = '10';
const OWNER_ONLY = 0o600;

/** Starts simulator and gateway as processes of their own and stays until it is told to stop. */
export async function launchDemo(settings: Settings, simulatorPort: number): Promise<void> {
  const dataDir = resolve(settings.dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const simulator =
    (await reuseSimulator(dataDir, simulatorPort)) ?? (await startSimulator(simulatorPort));
  const gateway = spawn(
    process.execPath,
    [...process.execArgv, ownEntry(), ...process.argv.slice(2), '--upstream', simulator.url],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    gateway.kill('SIGTERM');
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  const [code, signal] = (await once(gateway, 'exit')) as [number | null, string | null];
  if (stopping || (code !== null && code !== 0)) {
    simulator.child?.kill('SIGTERM');
    process.exit(stopping ? 0 : (code ?? 1));
  }
  process.stderr.write(
    `The gateway ended (${signal ?? code}). The simulator at ${simulator.url} goes on and keeps its book; ` +
      'the next start on this data directory uses it again. Ctrl-C stops it.\n',
  );
  process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
  process
    .on('SIGTERM', () => endWith(simulator.child))
    .on('SIGINT', () => endWith(simulator.child));
  if (simulator.child !== undefined) await once(simulator.child, 'exit');
}

/** Makes what the demo needs in the store, or reads what an earlier start has made. */
export async function prepareDemo(settings: Settings, server: RunningServer): Promise<Demo> {
  const path = join(settings.dataDir, 'demo.json');
  const before = readDemo(path);
  const base = before ?? (await seed(server));
  const demo: Demo = {
    endpoint: server.endpoint,
    simulator: new URL(settings.upstreamUrl).origin,
    region: settings.region,
    org_id: base.org_id,
    app_id: base.app_id,
    api_key: base.api_key,
    provisioning_key: base.provisioning_key,
    gateway_pid: process.pid,
    simulator_pid: (await simulatorHealth(settings.upstreamUrl))?.pid ?? null,
  };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(demo, null, 2)}\n`, { mode: OWNER_ONLY });
  renameSync(draft, path);
  return demo;
}

/** Prints what to paste. */
export function printDemo(demo: Demo): void {
  const model = 'amazon.nova-micro-v1:0';
  const body = '{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}';
  process.stdout.write(`Tollkeeper demo: a gateway at ${demo.endpoint} before a simulated Bedrock.

AWS CLI
  export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${demo.endpoint} AWS_REGION=${demo.region}
  export AWS_BEARER_TOKEN_BEDROCK=${demo.api_key}
  aws bedrock-runtime converse --model-id ${model} \\
    --messages '[{"role":"user","content":[{"text":"Hello"}]}]'

curl
  curl -i ${demo.endpoint}/model/${model}/converse -H 'content-type: application/json' \\
    -H 'authorization: Bearer ${demo.api_key}' \\
    -d '${body}'

JavaScript (with the two variables above)
  import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
  const answer = await new BedrockRuntimeClient({ region: '${demo.region}' }).send(
    new ConverseCommand({ modelId: '${model}', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }));

Who spent what
  curl -s -H 'x-api-key: ${demo.provisioning_key}' '${demo.endpoint}/api/v1/usage/summary?group_by=model_id'

`);
}

type Seeded = Pick<Demo, 'org_id' | 'app_id' | 'api_key' | 'provisioning_key'>;

async function seed(server: RunningServer): Promise<Seeded> {
  const provisioningKey = await createProvisioningKey(
    { catalog: server.stores.catalog, clock: server.clock, ids: server.ids },
    { replace: true },
  );
  if (provisioningKey === undefined) throw new Error('The provisioning key could not be made.');
  const client = createClient({ endpoint: server.endpoint, provisioningKey, fetch });
  const orgId = server.ids.uuid();
  const params = { org_id: orgId, app_id: DEMO_APP };
  await client.putOrganization({ params: { org_id: orgId }, body: { org_name: 'Demo' } });
  await client.putApplication({ params, body: { app_name: 'Demo application' } });
  const key = await client.createKey({ params, body: { name: 'Demo key' } });
  await client.putBudget({
    params: { budget_id: DEMO_BUDGET },
    body: {
      scope: { type: 'organization', org_id: orgId },
      limit: { unit: 'usd', amount: DEMO_LIMIT_USD },
      window: 'day',
      timezone: 'UTC',
      mode: 'enforce',
    },
  });
  return {
    org_id: orgId,
    app_id: DEMO_APP,
    api_key: key.api_key,
    provisioning_key: provisioningKey,
  };
}

function readDemo(path: string): Demo | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Demo;
  } catch {
    return undefined;
  }
}

interface Simulator {
  readonly url: string;
  /** Absent when it was running before. */
  readonly child?: ChildProcess;
}

/** The simulator of an earlier start, if it still runs and no other port is asked for. */
async function reuseSimulator(dataDir: string, port: number): Promise<Simulator | undefined> {
  const before = readDemo(join(dataDir, 'demo.json'));
  if (before === undefined) return undefined;
  if (port !== 0 && new URL(before.simulator).port !== String(port)) return undefined;
  const health = await simulatorHealth(before.simulator);
  const same = health !== undefined && health.pid === before.simulator_pid;
  return same ? { url: before.simulator } : undefined;
}

async function startSimulator(port: number): Promise<Simulator> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, ownEntry(), 'simulator', '--port', String(port), '--exit-with-parent'],
    { stdio: ['pipe', 'pipe', 'inherit'], env: withoutAws(process.env) },
  );
  const lines = createInterface({ input: child.stdout });
  const failed = once(child, 'exit').then(() => {
    throw new Error('The simulator ended before it was ready.');
  });
  for (;;) {
    const [line] = (await Promise.race([once(lines, 'line'), failed])) as [string];
    const url = /^simulator ready (http:\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    failed.catch(() => undefined);
    return { url, child };
  }
}

/** The simulator knows its own credentials; those of the shell are none of its business. */
function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('AWS_')));
}

async function simulatorHealth(url: string): Promise<{ pid: number | null } | undefined> {
  try {
    const answer = await fetch(new URL('/_simulator/health', url), {
      signal: AbortSignal.timeout(2_000),
    });
    const health = (await answer.json()) as { pid?: number };
    return answer.ok ? { pid: health.pid ?? null } : undefined;
  } catch {
    return undefined;
  }
}

function ownEntry(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./main.${extension}`, import.meta.url));
}

function endWith(child: ChildProcess | undefined): void {
  child?.kill('SIGTERM');
  process.exit(0);
}
