/**
 * The edge function as it is deployed, run by Deno: in front of a simulated account, beside a
 * server that says who tokens are as Supabase does.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEFAULT_CREDENTIALS, startSimulator, type Simulator } from '@tollkeeper/simulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edgeFiles } from '../edge-rules.ts';

const ROOT = dirname(dirname(import.meta.dirname));
const FUNCTION = join(ROOT, 'deploy', 'supabase', 'functions', 'super-action', 'index.ts');
const DENO = join(ROOT, 'node_modules', '@deno', 'linux-x64-glibc', 'deno');
const SONNET = 'anthropic.claude-3-sonnet-20240229-v1:0';
const ADA = '11111111-1111-4111-8111-111111111111';
const SERVICE_KEY = 'service-role-key-of-the-project';

/** Users by token, as Supabase would answer. */
const USERS: Readonly<Record<string, object>> = {
  ada: { id: ADA, app_metadata: { permissions: ['provisioned_throughput'] } },
  grace: {
    id: '22222222-2222-4222-8222-222222222222',
    app_metadata: { permissions: ['provisioned_throughput'] },
  },
  // What users write themselves gives them nothing.
  eve: {
    id: '33333333-3333-4333-8333-333333333333',
    app_metadata: {},
    user_metadata: { role: 'administrator', permissions: ['provisioned_throughput'] },
  },
  // Whoever pressed a button and has said nothing of who that was.
  guest: {
    id: '55555555-5555-4555-8555-555555555555',
    is_anonymous: true,
    app_metadata: { permissions: ['provisioned_throughput'] },
  },
  root: { id: '44444444-4444-4444-8444-444444444444', app_metadata: { role: 'administrator' } },
};

let simulator: Simulator;
let supabase: Server;
let deno: ChildProcess;
let endpoint: string;

beforeAll(async () => {
  simulator = await startSimulator({ settings: { provision_ms: 0 } });
  supabase = createServer((request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const isAsked = request.url === '/auth/v1/user' && request.headers['apikey'] === SERVICE_KEY;
    const user = isAsked ? USERS[token] : undefined;
    response.writeHead(user === undefined ? 403 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(user ?? { msg: 'invalid JWT' }));
  });
  await once(supabase.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(supabase.address() as AddressInfo).port}`;
  deno = spawn(DENO, ['run', '--no-remote', '--allow-net=127.0.0.1', '--allow-env', FUNCTION], {
    env: {
      PATH: process.env['PATH'],
      DENO_DIR: join(ROOT, 'node_modules', '.cache', 'deno'),
      DENO_SERVE_ADDRESS: 'tcp:127.0.0.1:0',
      NO_COLOR: '1',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: DEFAULT_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: DEFAULT_CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_BEDROCK: simulator.url,
      SUPABASE_URL: url,
      SUPABASE_SERVICE_ROLE_KEY: SERVICE_KEY,
      UNIT_HOUR_PRICES: JSON.stringify({ [SONNET]: { OneMonth: '39.60' } }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endpoint = await listening(deno);
}, 60_000);

afterAll(async () => {
  if (deno.exitCode === null) {
    const ended = once(deno, 'exit');
    deno.kill('SIGKILL');
    await ended;
  }
  supabase.close();
  await simulator.close();
});

/** Where it listens, as Deno says; rejects when it ends before. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const hear = (line: string): void => {
      said.push(line);
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (found !== undefined) resolve(found);
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', hear);
    }
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`Deno ended: ${said.join('\n')}`)));
  });
}

async function act(token: string | null, action: string, data?: object) {
  const response = await fetch(`${endpoint}/super-action`, {
    method: 'POST',
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    body: JSON.stringify({ action, data }),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body };
}

const create = (token: string | null, data: object = {}) =>
  act(token, 'CreateProvisionedModelThroughput', { modelId: SONNET, modelUnits: 1, ...data });

const tags = (count: number) => Array.from({ length: count }, (_, i) => [`tag-${i}`, 'x'] as const);

async function looks(): Promise<Record<string, number>> {
  const health = (await (await fetch(`${simulator.url}/_simulator/health`)).json()) as {
    lookups: Record<string, number>;
  };
  return health.lookups;
}

it('has the rules that the core has', () => {
  for (const [path, content] of Object.entries(edgeFiles(ROOT))) {
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(digest(readFileSync(join(ROOT, path), 'utf8')), path).toBe(digest(content));
  }
});

it('has types that fit those of the core', () => {
  const env = { PATH: process.env['PATH'], DENO_DIR: join(ROOT, 'node_modules', '.cache', 'deno') };
  // Throws, with what Deno says, when they do not.
  execFileSync(DENO, ['check', '--no-remote', FUNCTION], { env, encoding: 'utf8', stdio: 'pipe' });
});

it('buys nothing without a token of a user who may', async () => {
  const before = await looks();
  for (const token of [null, 'nobody', SERVICE_KEY]) {
    const { status, body } = await create(token);
    expect([status, body['code']]).toEqual([401, 'UnauthorizedException']);
  }
  const { status, body } = await create('eve');
  expect([status, body['code']]).toEqual([403, 'AccessDeniedException']);
  const full = await create('ada', { tags: Object.fromEntries(tags(47)) });
  expect([full.status, full.body['code']]).toEqual([400, 'TooManyTagsException']);
  const reserved = await create('ada', { tags: { userId: 'eve' } });
  expect([reserved.status, reserved.body['code']]).toEqual([400, 'ValidationException']);
  expect(await looks()).toEqual(before);
});

it('shows and does nothing for users who signed in as nobody', async () => {
  for (const action of ['ListProvisionedModelThroughputs', 'ListFoundationModels']) {
    const { status, body } = await act('guest', action);
    expect([status, body['code']]).toEqual([401, 'UnauthorizedException']);
  }
  expect((await create('guest')).status).toBe(401);
});

it('buys, tags, lists and deletes for whoever owns it', async () => {
  const made = await create('ada', {
    provisionedModelName: 'adas',
    tags: Object.fromEntries(tags(46)),
    clientRequestToken: 'once',
  });
  expect(made.status).toBe(200);
  const { provisionedModelArn: resourceARN } = made.body;
  const again = await create('ada', { provisionedModelName: 'adas', clientRequestToken: 'once' });
  expect(again.body).toEqual(made.body);

  const listed = await act('grace', 'ListProvisionedModelThroughputs', { userId: ADA });
  expect(listed.body['provisionedModelSummaries']).toMatchObject([
    { provisionedModelName: 'adas', tags: { userId: ADA, Source: 'tollkeeper-super-action' } },
  ]);
  const others = [
    await act('grace', 'DeleteProvisionedModelThroughput', { provisionedModelId: 'adas' }),
    await act('grace', 'TagResource', { resourceARN, tags: { 'tag-1': 'y' } }),
    await act('grace', 'UntagResource', { resourceARN, tagKeys: ['tag-1'] }),
  ];
  for (const { status, body } of others) {
    expect([status, body['code']]).toEqual([403, 'AccessDeniedException']);
  }
  const moved = await act('ada', 'UntagResource', { resourceARN, tagKeys: ['userId'] });
  expect(moved.status).toBe(400);
  const gone = await act('ada', 'DeleteProvisionedModelThroughput', { provisionedModelId: 'adas' });
  expect(gone).toEqual({ status: 200, body: {} });
});

it('asks for a commitment to be confirmed, and buys what was confirmed', async () => {
  const wish = { commitmentDuration: 'ONE_MONTH', provisionedModelName: 'for-a-month' };
  const asked = await create('ada', wish);
  expect(asked.status).toBe(409);
  expect(asked.body).toMatchObject({
    code: 'ConfirmationRequired',
    price: { unit_hour_usd: '39.6' },
  });
  const confirmation = asked.body['confirmation_token'];
  expect((await create('grace', { ...wish, confirmation })).status).toBe(409);
  expect((await create('ada', { ...wish, confirmation, modelUnits: 2 })).status).toBe(409);
  expect((await create('ada', { ...wish, confirmation })).status).toBe(200);
  const ended = await act('root', 'DeleteProvisionedModelThroughput', {
    provisionedModelId: 'for-a-month',
  });
  expect(ended.status).toBe(400);
  expect(ended.body['error']).toContain('commitment');
});

it('answers browsers, and refuses what is no request', async () => {
  const asked = await fetch(endpoint, { method: 'OPTIONS' });
  expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
  const got = await fetch(endpoint);
  expect(got.status).toBe(405);
  await got.text();
  const models = await act('grace', 'ListFoundationModels', { byInferenceType: 'PROVISIONED' });
  expect(models.status).toBe(200);
  const nothing = await act('ada', 'Nothing');
  expect([nothing.status, nothing.body['code']]).toEqual([400, 'ValidationException']);
});
