/** Look-ups in the control plane against a real server: what is asked, what each answer means. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { bearerAuthorizer } from '../../../src/adapters/bedrock/authorizer.ts';
import { bedrockControlPlane } from '../../../src/adapters/bedrock/control-plane.ts';
import type { LookedUpResource, ModelResource } from '../../../src/ports/model-resources.ts';

const OWNED = 'arn:aws:bedrock:us-east-1:123456789012';
const PROFILE = `${OWNED}:application-inference-profile/abc123def456`;
const HAIKU = 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function origin(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function look(
  answer: RequestListener,
  resource: LookedUpResource = 'application-inference-profile',
  arn = PROFILE,
  timeoutMs = 5_000,
): Promise<ModelResource> {
  const at = { origin: await origin(answer), authorizer: bearerAuthorizer('a-key'), timeoutMs };
  return bedrockControlPlane(at).look(resource, arn);
}

function answering(status: number, body: unknown): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

describe('what is asked', () => {
  const encoded = (kind: string, id: string): string =>
    `arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3A${kind}%2F${id}`;
  test.each([
    [
      'application-inference-profile',
      PROFILE,
      `/inference-profiles/${encoded('application-inference-profile', 'abc123def456')}`,
    ],
    [
      'provisioned-model',
      `${OWNED}:provisioned-model/abc123def456`,
      `/provisioned-model-throughput/${encoded('provisioned-model', 'abc123def456')}`,
    ],
    [
      'prompt-router',
      `${OWNED}:prompt-router/abc123def456`,
      `/prompt-routers/${encoded('prompt-router', 'abc123def456')}`,
    ],
    [
      'default-prompt-router',
      `${OWNED}:default-prompt-router/anthropic.claude:1`,
      `/prompt-routers/${encoded('default-prompt-router', 'anthropic.claude%3A1')}`,
    ],
  ] as const)('a %s is read by one authorised GET of its ARN', async (resource, arn, path) => {
    const seen: string[] = [];
    await look(
      (request, response) => {
        seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
        response.end('{}');
      },
      resource,
      arn,
    );
    expect(seen).toEqual([`GET ${path} Bearer a-key`]);
  });
});

describe('what an answer means', () => {
  test('a profile and a router state their models', async () => {
    const body = { models: [{ modelArn: HAIKU }, { modelArn: 'another' }], more: true };
    const both = { kind: 'models', modelArns: [HAIKU, 'another'] };
    expect(await look(answering(200, body))).toEqual(both);
    expect(await look(answering(200, body), 'prompt-router')).toEqual(both);
  });

  test('a provisioned model states the foundation model that it is made of', async () => {
    const body = { modelArn: 'a custom model', foundationModelArn: HAIKU };
    expect(await look(answering(200, body), 'provisioned-model')).toEqual({
      kind: 'models',
      modelArns: [HAIKU],
    });
  });

  test.each([404, 400])('status %s means that there is no such thing', async (status) => {
    expect(await look(answering(status, { message: 'no' }))).toEqual({ kind: 'not_found' });
  });

  test.each([
    [403, {}, 'access_denied'],
    [429, {}, 'status_429'],
    [500, {}, 'status_500'],
    [503, {}, 'status_503'],
    [302, {}, 'status_302'],
    [200, 'no JSON', 'unreadable'],
    [200, [], 'unreadable'],
    [200, {}, 'unreadable'],
    [200, { models: [] }, 'unreadable'],
    [200, { models: [{ modelArn: HAIKU }, {}] }, 'unreadable'],
    [200, `{"models":[{"modelArn":"${'x'.repeat(300_000)}"}]}`, 'answer_too_large'],
  ])('status %s with %j leaves it unknown', async (status, body, reason) => {
    expect(await look(answering(status, body))).toEqual({ kind: 'unavailable', reason });
  });

  test('no answer in time leaves it unknown, before its head and within its body', async () => {
    const late = { kind: 'unavailable', reason: 'timeout' };
    expect(await look(() => undefined, 'prompt-router', PROFILE, 50)).toEqual(late);
    const begun: RequestListener = (_request, response) => response.write('{"models":[');
    expect(await look(begun, 'prompt-router', PROFILE, 50)).toEqual(late);
  });

  test('a connection that breaks leaves it unknown', async () => {
    const cut: RequestListener = (request) => request.socket.destroy();
    const gone = { kind: 'unavailable', reason: 'unreachable' };
    expect(await look(cut)).toEqual(gone);
    const half: RequestListener = (request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      response.on('finish', () => undefined);
      setImmediate(() => request.socket.destroy());
    };
    expect(await look(half)).toEqual(gone);
  });

  test('without credentials nothing is asked', async () => {
    const control = bedrockControlPlane({
      origin: 'http://127.0.0.1:9',
      authorizer: { authorize: () => Promise.reject(new Error('none')) },
      timeoutMs: 1_000,
    });
    expect(await control.look('prompt-router', PROFILE)).toEqual({
      kind: 'unavailable',
      reason: 'no_credentials',
    });
  });
});
