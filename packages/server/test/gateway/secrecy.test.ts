/**
 * What people send and what models answer is not kept: after traffic of every kind, neither the
 * files of the store, nor the logs at their most talkative, nor the metrics, nor the management API
 * hold a word of a prompt or a completion, or a usable credential. The server is a process of its
 * own, so that all it writes to its outputs is caught.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@tollkeeper/simulator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { http2Call } from './http2-caller.ts';
import { metricsText } from './metrics-reading.ts';
import { rawCall, rawRequest } from './raw-socket.ts';
import { DemoProcess } from './demo-process.ts';

const NOVA = 'amazon.nova-micro-v1:0';
/**
 * A marker that no log line contains by chance; the simulator's text is recognised by its words.
 */
const MARKER = 'Xylophonquarzgeheimnis';
const FORGED_KEY = 'tk_forgedforgedforg_ForgedSecretForgedSecretForged';

let simulator: Simulator;
let demo: DemoProcess;
let completion = '';

beforeAll(async () => {
  simulator = await startSimulator();
  demo = await DemoProcess.start(simulator.url, { TOLLKEEPER_LOG_LEVEL: 'debug' });
});
afterAll(async () => {
  await demo.remove();
  await simulator.close();
});

function body(extra: object = {}): string {
  return JSON.stringify({
    system: [{ text: `${MARKER} as system prompt` }],
    messages: [{ role: 'user', content: [{ text: `${MARKER} as prompt` }] }],
    inferenceConfig: { maxTokens: 120 },
    ...extra,
  });
}

async function send(options: {
  readonly operation?: string;
  readonly model?: string;
  readonly key?: string;
  readonly fault?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}): Promise<string> {
  const model = encodeURIComponent(options.model ?? NOVA);
  const url = `${demo.endpoint}/model/${model}/${options.operation ?? 'converse'}`;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${options.key ?? demo.apiKey}`,
      ...(options.fault === undefined ? {} : { 'x-simulator-fault': options.fault }),
      ...options.headers,
    },
    body: options.body ?? body(),
  });
  return Buffer.from(await answer.arrayBuffer()).toString('latin1');
}

/** Traffic that ends in every way: well, refused, broken, malformed, unauthorised. */
async function everyKindOfTraffic(): Promise<void> {
  const whole = JSON.parse(await send({})) as {
    output: { message: { content: { text: string }[] } };
  };
  completion = whole.output.message.content[0]?.text.slice(0, 40) ?? '';
  expect(completion.length).toBe(40);
  for (const operation of ['converse', 'converse-stream', 'invoke-with-response-stream']) {
    for (const fault of [
      '',
      'throttle',
      'error;status=500',
      'error;status=400',
      'exception;after=4',
      'truncate;after=4;inside',
      'reset',
      'no-usage',
      'usage;times=90',
      'bad-crc;after=3',
    ]) {
      await send({ operation, fault }).catch(() => undefined);
    }
  }
  await send({ body: `{"messages":[{"role":"user","content":[{"text":"${MARKER}` });
  await send({ body: body({ guardrailConfig: { guardrailIdentifier: 'abc' } }) });
  await send({ key: FORGED_KEY });
  await send({ key: demo.provisioningKey });
  await send({ model: 'a-label' });
  await send({ headers: { 'x-odd': MARKER, cookie: MARKER, 'content-encoding': 'gzip' } });
  const path = `/model/${NOVA}/converse`;
  await rawCall(demo, `${MARKER} no HTTP at all\r\n\r\n`);
  await rawCall(
    demo,
    rawRequest(`POST ${path} HTTP/1.1`, ['host: x', `content-length: 2`, `x y: ${MARKER}`], '{}'),
  );
  await http2Call(demo, { ':path': path, authorization: `Bearer ${demo.apiKey}` }, body());
  await fetch(`${demo.endpoint}/api/v1/budgets/a?${MARKER}=1`, {
    method: 'PUT',
    headers: { 'x-api-key': demo.provisioningKey, 'content-type': 'application/json' },
    body: `{"secret":"${MARKER}"}`,
  });
}

/**
 * Secrets and tokens of an OAuth client, sent in bodies, headers and query strings, well and badly.
 */
async function clientTraffic(): Promise<readonly string[]> {
  const params = { org_id: demo.orgId };
  const rotate = () => demo.client.rotateOrganizationSecret({ params, body: {} });
  const [first, second] = [await rotate(), await rotate()];
  const { client_id, client_secret } = second;
  const grant = { client_id, client_secret, grant_type: 'client_credentials' };
  const { access_token, refresh_token } = await demo.client.issueToken({ body: grant });
  const key = { 'x-api-key': demo.provisioningKey };
  const bearer = { authorization: `Bearer ${access_token}` };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  const post = (path: string, body: string, headers: Record<string, string>) =>
    fetch(demo.endpoint + path, { method: 'POST', body, headers });
  const { url } = first.secret_retrieval;
  for (const path of [url, `/prod${url}`, `${url}&more=1`, url.replace('/orgs/', '/nowhere/')]) {
    await fetch(demo.endpoint + path);
    await fetch(demo.endpoint + path, { headers: key });
    await fetch(demo.endpoint + path, { headers: bearer });
  }
  const text = new URLSearchParams({ ...grant, grant_type: 'password' }).toString();
  await post('/auth/token', text, form);
  await post('/auth/token', `${text}&client_secret=${encodeURIComponent(client_secret)}`, form);
  await post('/auth/token', `{"client_secret":"${client_secret}`, form);
  await post(`/auth/token?${text}`, '', { authorization: `Basic ${basic}` });
  await post('/auth/refresh', JSON.stringify({ refresh_token, more: refresh_token }), {});
  await post('/auth/revoke', JSON.stringify({ token: refresh_token }), bearer);
  await post('/auth/revoke', JSON.stringify({ token: refresh_token }), bearer);
  await send({ key: access_token });
  const signatures = [access_token, refresh_token].map((token) => token.split('.')[2] ?? '');
  const retrievals = [first, second].map((each) => each.secret_retrieval.token);
  return [first.client_secret, client_secret, basic, ...signatures, ...retrievals];
}

/** Prompts at the doors and tokens of people, good and bad; what of the tokens nobody may have. */
async function doorTraffic(): Promise<readonly string[]> {
  const post = (path: string, text: string, headers: Record<string, string>) =>
    fetch(demo.endpoint + path, { method: 'POST', body: text, headers }).then(
      (answer) => answer.text(),
      () => '',
    );
  const asked = JSON.stringify({ tenant: 'tenant-1' });
  const handedOut = await post('/demo-issuer/demo-token', asked, {});
  const { id_token, access_token } = JSON.parse(handedOut) as Record<string, string>;
  const good = String(id_token);
  const signature = good.split('.')[2] ?? '';
  const altered = `${good.slice(0, -signature.length)}${signature.split('').toReversed().join('')}`;
  const prompt = `${MARKER} at a door`;
  const question = JSON.stringify({ prompt });
  const profiled = JSON.stringify({ inputs: prompt, parameters: { stopSequences: [MARKER] } });
  const bearerOfGood = { authorization: `Bearer ${good}` };
  expect(await post('/bedrock/chat', question, bearerOfGood)).toContain('"response"');
  const own = JSON.stringify({ modelId: NOVA, body: JSON.parse(body()) as unknown });
  for (const fault of ['', 'throttle', 'error;status=400', 'reset', 'truncate;after=4;inside']) {
    const headers = fault === '' ? {} : { 'x-simulator-fault': fault };
    const bearer = { ...headers, authorization: `Bearer ${good}` };
    await post('/prod/bedrock/chat', question, bearer);
    await post(`/invoke_model?model_id=${NOVA}`, profiled, { ...headers, auth: good });
    await post('/invoke-model', own, { ...headers, authorization: demo.apiKey });
  }
  const unfinished = `{"prompt":"${MARKER}`;
  for (const token of [good, String(access_token), altered, `${good}${'x'.repeat(9_000)}`]) {
    const bearer = { authorization: `Bearer ${token}` };
    await post('/bedrock/chat', unfinished, bearer);
    await post('/functions/v1/super-action', `{"action":"${MARKER}"}`, bearer);
    await post('/functions/v1/super-action', unfinished, bearer);
    await post('/ddb_cost_retrieval', MARKER, { auth: token });
    await post('/cost_track_manual', MARKER, bearer);
    await post('/auth/revoke', JSON.stringify({ token }), bearer);
    await send({ key: token });
  }
  return [altered, good, String(access_token)].map((token) => token.split('.')[2] ?? '');
}

function filesUnder(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile());
}

/** The secret halves of credentials; the key id is public and may be logged. */
function secrets(): readonly string[] {
  const secretOf = (key: string): string => key.slice(key.lastIndexOf('_') + 1);
  return [secretOf(demo.apiKey), secretOf(demo.provisioningKey), secretOf(FORGED_KEY)];
}

function expectNothingIn(what: string, bytes: Buffer, forbidden: readonly string[]): void {
  for (const word of forbidden) {
    for (const encoding of ['utf8', 'base64', 'utf16le', 'hex'] as const) {
      const needle =
        encoding === 'base64' || encoding === 'hex'
          ? Buffer.from(Buffer.from(word).toString(encoding).replace(/=+$/, '').slice(0, -2))
          : Buffer.from(word, encoding);
      const at = bytes.indexOf(needle);
      expect([what, word, at]).toEqual([what, word, -1]);
    }
  }
}

test('no prompt, completion or credential is in files, logs, metrics or entries', async () => {
  await everyKindOfTraffic();
  const ofClients = await clientTraffic();
  expect(ofClients.every((secret) => secret.length > 40)).toBe(true);
  const ofPeople = await doorTraffic();
  expect(ofPeople.every((secret) => secret.length > 40)).toBe(true);
  const metrics = await metricsText(demo);
  expect(metrics).toContain('tollkeeper_requests_total');
  const headers = { 'x-api-key': demo.provisioningKey };
  const entries = await (
    await fetch(`${demo.endpoint}/api/v1/usage/entries?limit=1000`, { headers })
  ).text();
  expect(entries).toContain('"outcome":"ok"');
  const forbidden = [MARKER, completion, ...secrets(), ...ofClients, ...ofPeople];
  expectNothingIn('metrics', Buffer.from(metrics), forbidden);
  expectNothingIn('entries', Buffer.from(entries), forbidden);
  for (const list of ['audit', 'usage/refusals']) {
    const listed = await fetch(`${demo.endpoint}/api/v1/${list}?limit=1000`, { headers });
    expect(listed.status).toBe(200);
    expectNothingIn(list, Buffer.from(await listed.text()), forbidden);
  }

  // The write-ahead log is still there while it runs; after a kill everything is as it was on disk.
  const files = filesUnder(demo.dataDir);
  const names = files.map((path) => path.slice(demo.dataDir.length + 1));
  expect(names).toContain('tollkeeper.db');
  expect(names).toContain('tollkeeper.db-wal');
  await demo.kill();
  // The scan is void if it cannot find what is certainly there.
  const store = files.filter((path) => path.includes('tollkeeper.db')).map((p) => readFileSync(p));
  expect(Buffer.concat(store).includes(demo.orgId)).toBe(true);
  for (const path of filesUnder(demo.dataDir)) {
    // The demo's own note of its credentials, mode 600, is what it is for.
    if (path.endsWith('demo.json')) continue;
    expectNothingIn(path, readFileSync(path), forbidden);
  }
  const output = demo.output;
  expect(output).toContain('"msg":"refused"');
  // What the demo prints to paste ends with its ready line; the logs are JSON lines.
  const logs = output.split('\n').filter((line) => line.startsWith('{'));
  expect(logs.length).toBeGreaterThan(4);
  expectNothingIn('logs', Buffer.from(logs.join('\n')), forbidden);
});
