/**
 * The demo's organization, application, key and budget of 10 USD a day, and what to paste to try
 * them. It is also how the product is checked.
 */
import { ApiError, createClient, type ApiResult, type Client } from '@tollkeeper/contract';
import {
  createProvisioningKey,
  DEMO_APPLICATION,
  DEMO_PEOPLE,
  DEMO_TENANTS,
  type RunningServer,
  type Settings,
} from '@tollkeeper/server';
import {
  readDemo,
  simulatorHealth,
  writeDemo,
  type Demo,
  type DemoTokenRequest,
} from './demo-file.ts';
import type { Pids } from './worker-messages.ts';

const DEMO_APP = 'demo';
const DEMO_BUDGET = 'demo-daily';
const DEMO_LIMIT_USD = '10';
/** Whose key it is that the apportioning door is tried with. */
const DEMO_USER = 'Demo';

/** Makes what the demo needs in the store, or reads what an earlier start has made. */
export async function prepareDemo(
  settings: Settings,
  server: RunningServer,
  pids: Pids,
): Promise<Demo> {
  const found = readDemo(settings.dataDir);
  if (found !== undefined) tellOfAnother(found, pids);
  // What is in another store is not in this one.
  const before = (found?.store ?? 'sqlite') === settings.store ? found : undefined;
  const base = before ?? (await seed(server));
  const accessKey = await accessKeyOf(server, base);
  const s2_key = base.s2_key ?? (await userKeyOf(server, base));
  const tenants = await tenantsOf(server, base);
  const demo: Demo = {
    endpoint: server.endpoint,
    simulator: new URL(settings.upstreamUrl).origin,
    region: settings.region,
    org_id: base.org_id,
    app_id: base.app_id,
    api_key: base.api_key,
    ...accessKey,
    provisioning_key: base.provisioning_key,
    s2_key,
    issuer: server.demoIssuer,
    demo_tokens: tokenRequestOf(server.demoIssuer),
    tenants,
    gateway_pid: pids.gateway,
    worker_pids: pids.workers,
    simulator_pid: (await simulatorHealth(settings.upstreamUrl))?.pid ?? null,
    store: settings.store,
    store_endpoint: settings.dynamodbEndpoint,
    store_pid: pids.store,
  };
  writeDemo(settings.dataDir, demo);
  return demo;
}

/** Two gateways may share a data directory, but `demo.json`, which commands read, names one. */
function tellOfAnother(before: Demo, pids: Pids): void {
  if (before.gateway_pid === pids.gateway || !isRunning(before.gateway_pid)) return;
  process.stderr.write(
    `Another gateway seems to run on this data directory: process ${before.gateway_pid} at ` +
      `${before.endpoint}. demo.json names this one from now on.\n`,
  );
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Prints what to paste. */
export function printDemo(demo: Demo): void {
  const model = 'amazon.nova-micro-v1:0';
  const body = '{"messages":[{"role":"user","content":[{"text":"Hello"}]}]}';
  process.stdout.write(`Tollkeeper demo: a gateway at ${demo.endpoint} before a simulated Bedrock.

AWS CLI
  export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${demo.endpoint}
  export AWS_REGION=${demo.region} AWS_DEFAULT_REGION=${demo.region}
  export AWS_BEARER_TOKEN_BEDROCK=${demo.api_key}
  aws bedrock-runtime converse --model-id ${model} \\
    --messages '[{"role":"user","content":[{"text":"Hello"}]}]'

Signed (SigV4), for any AWS SDK or the AWS CLI, in place of the bearer token
  unset AWS_BEARER_TOKEN_BEDROCK AWS_SESSION_TOKEN AWS_PROFILE
  export AWS_ACCESS_KEY_ID=${demo.access_key_id}
  export AWS_SECRET_ACCESS_KEY=${demo.secret_access_key}

curl
  curl -i ${demo.endpoint}/model/${model}/converse -H 'content-type: application/json' \\
    -H 'authorization: Bearer ${demo.api_key}' \\
    -d '${body}'

JavaScript (with the variables above)
  import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
  const answer = await new BedrockRuntimeClient({ region: '${demo.region}' }).send(
    new ConverseCommand({
      modelId: '${model}',
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
    }),
  );

${signIn(demo)}Who spent what
  curl -s -H 'x-api-key: ${demo.provisioning_key}' \\
    '${demo.endpoint}/api/v1/usage/summary?group_by=model_id'

`);
}

/** How a token of the demo is had, where there is an issuer. */
function signIn({ issuer, endpoint }: Demo): string {
  if (issuer === null) return '';
  return `Signed in as a user of tenant-1 (or tenant-2; admin sees all)
  TOKEN=$(curl -s ${issuer}/demo-token -d '{"tenant":"tenant-1"}' | jq -r .id_token)
  curl -s ${endpoint}/bedrock/chat -H "authorization: Bearer $TOKEN" -d '{"prompt":"Hello"}'

`;
}

/**
 * The access key of the demo: the same over restarts, because its secret follows from the master
 * key and its id. A demo that has none yet, or has lost that master key, gets a new one.
 */
async function accessKeyOf(
  server: RunningServer,
  demo: Seeded & Partial<Pick<Demo, 'access_key_id'>>,
): Promise<Pick<Demo, 'access_key_id' | 'secret_access_key'>> {
  const { access_key_id } = demo;
  const secret = access_key_id === undefined ? undefined : server.secretAccessKey(access_key_id);
  if (access_key_id !== undefined && secret !== undefined) {
    return { access_key_id, secret_access_key: secret };
  }
  const { endpoint } = server;
  const client = createClient({ endpoint, provisioningKey: demo.provisioning_key, fetch });
  const params = { org_id: demo.org_id, app_id: demo.app_id };
  const made = await client.createAccessKey({ params, body: { name: 'Demo access key' } });
  return { access_key_id: made.access_key_id, secret_access_key: made.secret_access_key };
}

/** What a demo starts with; those of an earlier release may have none of the rest. */
type Seeded = Pick<Demo, 'org_id' | 'app_id' | 'api_key' | 'provisioning_key'> &
  Partial<Pick<Demo, 's2_key' | 'tenants'>>;

/** How tokens of the demo are had; null where there is no issuer. */
function tokenRequestOf(issuer: string | null): DemoTokenRequest | null {
  if (issuer === null) return null;
  const [tenant] = DEMO_TENANTS;
  return {
    method: 'POST',
    url: `${issuer}/demo-token`,
    body: { tenant },
    tenants: DEMO_PEOPLE,
    answer: ['id_token', 'access_token', 'expires_in'],
  };
}

/** The key of the user whose name its calls are apportioned to. */
async function userKeyOf(server: RunningServer, demo: Seeded): Promise<string> {
  const { endpoint } = server;
  const client = createClient({ endpoint, provisioningKey: demo.provisioning_key, fetch });
  const params = { org_id: demo.org_id, app_id: demo.app_id };
  const body = { name: `Key of ${DEMO_USER}`, user_id: DEMO_USER };
  return (await client.createKey({ params, body })).api_key;
}

/** An organization for each tenant that the demo's issuer knows, with a budget of its own. */
async function tenantsOf(server: RunningServer, demo: Seeded): Promise<Demo['tenants']> {
  const { endpoint, ids } = server;
  const client = createClient({ endpoint, provisioningKey: demo.provisioning_key, fetch });
  const tenants: Record<string, string> = { ...demo.tenants };
  for (const tenant of DEMO_TENANTS) {
    if (tenants[tenant] !== undefined) continue;
    const org_id = (await organizationOf(client, tenant)) ?? ids.uuid();
    const params = { org_id, app_id: DEMO_APPLICATION };
    const body = { org_name: `Demo ${tenant}`, tenant_id: tenant };
    await client.putOrganization({ params, body });
    await client.putApplication({ params, body: { app_name: 'Demo web application' } });
    await client.putBudget(dailyBudget(`demo-${tenant}-daily`, org_id));
    tenants[tenant] = org_id;
  }
  return tenants;
}

/** The organization that has a tenant id already, from a start whose `demo.json` was lost. */
async function organizationOf(client: Client, tenant: string): Promise<string | undefined> {
  let cursor: string | null = null;
  do {
    const query = cursor === null ? {} : { cursor };
    const page: ApiResult<'listOrganizations'> = await client.listOrganizations({ query });
    const found = page.organizations.find(({ tenant_id }) => tenant_id === tenant);
    if (found !== undefined) return found.org_id;
    cursor = page.next_cursor;
  } while (cursor !== null);
  return undefined;
}

function dailyBudget(budget_id: string, org_id: string) {
  return {
    params: { budget_id },
    body: {
      scope: { type: 'organization', org_id },
      limit: { unit: 'usd', amount: DEMO_LIMIT_USD },
      window: 'day',
      timezone: 'UTC',
      mode: 'enforce',
    },
  } as const;
}

async function seed(server: RunningServer): Promise<Seeded> {
  const provisioningKey = await createProvisioningKey(
    { catalog: server.stores.catalog, clock: server.clock, ids: server.ids },
    { replace: true, actor: { kind: 'cli', id: 'demo' } },
  );
  if (provisioningKey === undefined) throw new Error('The provisioning key could not be made.');
  const client = createClient({ endpoint: server.endpoint, provisioningKey, fetch });
  const orgId = server.ids.uuid();
  const params = { org_id: orgId, app_id: DEMO_APP };
  await client.putOrganization({ params: { org_id: orgId }, body: { org_name: 'Demo' } });
  await client.putApplication({ params, body: { app_name: 'Demo application' } });
  const key = await client.createKey({ params, body: { name: 'Demo key' } });
  await client.putBudget(dailyBudget(DEMO_BUDGET, orgId)).catch((error: unknown) => {
    if (!(error instanceof ApiError) || error.code !== 'ALREADY_EXISTS') throw error;
    // An earlier demo has it, whose `demo.json` was lost.
    return client.putBudget(dailyBudget(`${DEMO_BUDGET}-${orgId}`, orgId));
  });
  return {
    org_id: orgId,
    app_id: DEMO_APP,
    api_key: key.api_key,
    provisioning_key: provisioningKey,
  };
}
