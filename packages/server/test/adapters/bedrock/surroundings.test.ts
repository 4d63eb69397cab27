/** Looking around for real: a server that answers as AWS does, and one that is not there. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, expect, it } from 'vitest';
import { sigV4Authorizer, type AwsCredentials } from '../../../src/adapters/bedrock/authorizer.ts';
import { TRIALS } from '../../../src/adapters/bedrock/permissions.ts';
import {
  bedrockSurroundings,
  type SurroundingsOptions,
} from '../../../src/adapters/bedrock/surroundings.ts';
import { systemClock } from '../../../src/adapters/system/clock.ts';
import type { Shown, Surroundings } from '../../../src/ports/surroundings.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const credentials = { accessKeyId: 'AKIAEXAMPLEONLY', secretAccessKey: 'very-secret-key' };
type Identity = SurroundingsOptions['identity'];

function around(origin: string, identity: Identity = { kind: 'bearer' }): Surroundings {
  const authorizer = sigV4Authorizer({ origin, region: 'us-east-1', credentials });
  const plane = { origin, authorizer };
  const clock = systemClock();
  return bedrockSurroundings({
    clock,
    dataDir: tmpdir(),
    runtime: plane,
    control: plane,
    identity,
  });
}

async function tryAll(origin: string): Promise<readonly Shown[]> {
  const surroundings = around(origin);
  return Promise.all(surroundings.permissions.map((each) => surroundings.tryOut(each)));
}

it.each<[string, number, string, Shown['kind']]>([
  ['an invalid request is told so', 400, 'ValidationException', 'proven'],
  ['what does not exist is not found', 404, 'ResourceNotFoundException', 'proven'],
  ['access is denied', 403, 'AccessDeniedException', 'refuted'],
  ['the credentials are unknown', 403, 'UnrecognizedClientException', 'refuted'],
  ['the service throttles', 429, 'ThrottlingException', 'not_known'],
  ['the service is ill', 503, 'ServiceUnavailableException', 'not_known'],
])('when %s, a right is so', async (_, status, error, kind) => {
  const asked: string[] = [];
  const origin = await serving((request, response) => {
    asked.push(
      `${request.method} ${request.url} ${String(request.headers.authorization).slice(0, 16)}`,
    );
    response.writeHead(status, { 'x-amzn-errortype': `${error}:http://internal` });
    response.end('{"message":"no"}');
  });
  const shown = await tryAll(origin);
  expect(new Set(shown.map((each) => each.kind))).toEqual(new Set([kind]));
  if (kind === 'refuted') expect(JSON.stringify(shown)).toContain(error);
  expect(asked.toSorted()).toEqual(
    TRIALS.map(({ method, path }) => `${method} ${path} AWS4-HMAC-SHA256`).toSorted(),
  );
});

it('reads the name of an error from the body where no header tells it', async () => {
  const origin = await serving((_, response) => {
    response.writeHead(403).end('{"__type":"com.amazon#AccessDeniedException","message":"m"}');
  });
  const [first] = await tryAll(origin);
  expect(first).toEqual({ kind: 'refuted', reason: '403 AccessDeniedException' });
});

it('sends nothing that could generate: no valid conversation, no guardrail, no text', () => {
  for (const { path, body } of TRIALS) {
    expect(path).toMatch(/tollkeeperdoctor|^\/model\//);
    const conversation = { messages: [{ role: 'nobody' }] };
    if (path.includes('/converse')) expect(JSON.parse(body)).toMatchObject(conversation);
    expect(body).not.toContain('"text"');
  }
});

it('compares the clock with that of the upstream, whatever it answers', async () => {
  const ahead = new Date(Date.now() + 600_000).toUTCString();
  const origin = await serving((_, response) => {
    response.writeHead(404, { date: ahead }).end();
  });
  const reached = await around(origin).reach();
  expect(reached.kind === 'reached' && Math.round((reached.skewMs ?? 0) / 10_000)).toBe(60);
});

it('says so when nothing answers', async () => {
  const origin = await serving(() => undefined);
  for (const server of servers.splice(0)) server.close();
  expect(await around(origin).reach()).toEqual({ kind: 'unreachable', reason: 'ECONNREFUSED' });
  expect(await tryAll(origin)).toContainEqual({ kind: 'not_known', reason: 'ECONNREFUSED' });
});

it('tells which kind of identity there is, and nothing of its secret', async () => {
  const provide = (found: object) => ({
    kind: 'chain' as const,
    provide: () => Promise.resolve(found as AwsCredentials),
  });
  const env = { ...credentials, $source: { CREDENTIALS_ENV_VARS: 'g' } };
  const identities = await Promise.all(
    [
      { kind: 'bearer' as const },
      { kind: 'fixed' as const, accessKeyId: credentials.accessKeyId },
      provide(env),
      provide({ ...credentials, accessKeyId: 'ASIATEMPORARY', sessionToken: 'very-secret-key' }),
    ].map((identity) => around('http://127.0.0.1:1', identity).identity()),
  );
  expect(identities).toEqual([
    { kind: 'found', what: 'Bedrock API key', hint: null },
    { kind: 'found', what: 'credentials of the demo', hint: '...ONLY' },
    { kind: 'found', what: 'long-term AWS credentials from env vars', hint: '...ONLY' },
    { kind: 'found', what: 'temporary AWS credentials from the default chain', hint: '...RARY' },
  ]);
  const none = { kind: 'chain' as const, provide: () => Promise.reject(new Error('no profile')) };
  const missing = await around('http://127.0.0.1:1', none).identity();
  expect(missing).toEqual({ kind: 'missing', reason: 'no profile' });
});

it('knows how much room is left', async () => {
  expect(await around('http://127.0.0.1:1').freeDiskBytes()).toBeGreaterThan(0);
});
