/**
 * A service that answers as a test says, over real HTTP: for failures that the product shows only
 * when it is in trouble. Whatever a script leaves out is answered as the contract says.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
}

export interface Scripted {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Closes the connection instead of answering. */
  readonly hangUp?: boolean;
}

/** Answers the request, or leaves it to the contract. */
export type Script = (asked: Asked) => Scripted | undefined;

export interface ScriptedApi {
  readonly endpoint: string;
  readonly asked: Asked[];
  /** What was asked of a path that ends so. */
  of(ending: string): Asked[];
  script: Script;
  close(): Promise<void>;
}

export const ORG = '3f2c1b0a-1111-4222-8333-123456789abc';
export const APP = 'app';
export const NOW = '2026-11-22T14:33:00.000Z';

/** The body of an error, as the API has it. */
export function refusal(status: number, error: string, more: object = {}): Scripted {
  const body = { error, message: `because of ${error}`, details: {}, timestamp: NOW, ...more };
  return { status, body: { ...body, request_id: 'r' } };
}

export async function scriptedApi(): Promise<ScriptedApi> {
  const asked: Asked[] = [];
  let tokens = 0;
  const api: ScriptedApi = {
    endpoint: '',
    asked,
    of: (ending) => asked.filter(({ path }) => path.endsWith(ending)),
    script: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const one: Asked = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      };
      asked.push(one);
      const answer = api.script(one) ?? usual(one, (tokens += 1));
      if (answer.hangUp === true) return void response.destroy();
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      return response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(api, { endpoint: `http://127.0.0.1:${port}` });
}

function usual({ path, body }: Asked, count: number): Scripted {
  const token = { access_token: `access-${count}`, token_type: 'Bearer', expires_in: 3600 };
  if (path === '/auth/token') {
    const refresh = { refresh_token: `refresh-${count}`, refresh_expires_in: 604_800 };
    return { status: 200, body: { ...token, ...refresh, scope: `org:${ORG} app:${APP}` } };
  }
  if (path === '/auth/refresh') return { status: 200, body: token };
  if (path.endsWith('/usage/batch')) return { status: 207, body: allAccepted(body) };
  if (path.includes('/model-selection')) return { status: 200, body: adviceOf('premium') };
  return { status: 404 };
}

/** The answer to a batch of which nothing was refused but what `errors` names by request id. */
export function allAccepted(
  body: Record<string, unknown>,
  errors: Readonly<Record<string, string>> = {},
): object {
  const requests = body['requests'] as readonly { readonly request_id: string }[];
  const results = requests.map(({ request_id }) => {
    const error = errors[request_id];
    return error === undefined
      ? { request_id, status: 'accepted', shard_id: 0, message: 'Recorded.' }
      : { request_id, status: 'failed', error, message: `because of ${error}` };
  });
  const failed = results.filter(({ status }) => status === 'failed').length;
  return { accepted: results.length - failed, failed, results, timestamp: NOW };
}

/** Advice to use a label, good for 300 seconds. */
export function adviceOf(label: string, cacheSecs = 300): object {
  return {
    org_id: ORG,
    app_id: APP,
    recommended_model: { label, bedrock_model_id: 'm', reason: 'NORMAL', description: '' },
    client_guidance: {
      check_frequency: `PERIODIC_${cacheSecs}S`,
      cache_duration_secs: cacheSecs,
      explanation: '',
    },
  };
}
