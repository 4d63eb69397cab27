/**
 * One request to the control plane and its answer: signed, on a connection of its own, bounded in
 * time and in bytes. Redirects are not followed.
 */
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { NO_CREDENTIALS, type Authorizer } from '../../ports/upstream.ts';

export interface ControlPlaneOptions {
  /** Scheme, host and port; no path. */
  readonly origin: string;
  /** Signs for that origin. */
  readonly authorizer: Authorizer;
  readonly timeoutMs: number;
}

export interface ControlRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query as they go on the wire; the same bytes are signed. */
  readonly path: string;
  /** JSON; null: none. */
  readonly body: string | null;
  /** The largest answer that is read. */
  readonly answerBytesMax: number;
}

export interface ControlReply {
  readonly status: number;
  readonly text: string;
  /** What the header says that names AWS's error. */
  readonly errorType: string | null;
}

/** The reply, or a word for why there is none. Never rejects. */
export async function exchange(
  options: ControlPlaneOptions,
  request: ControlRequest,
): Promise<ControlReply | string> {
  const body = Buffer.from(request.body ?? '');
  let headers;
  try {
    headers = await options.authorizer.authorize({
      method: request.method,
      path: request.path,
      headers: {
        accept: 'application/json',
        ...(request.body === null ? {} : { 'content-type': 'application/json' }),
      },
      body,
    });
  } catch {
    return NO_CREDENTIALS;
  }
  return send(options, request, headers, body);
}

function send(
  { origin, timeoutMs }: ControlPlaneOptions,
  { method, path, answerBytesMax }: ControlRequest,
  headers: Record<string, string>,
  body: Buffer,
): Promise<ControlReply | string> {
  return new Promise((resolve) => {
    const { protocol, hostname, port } = new URL(origin);
    const request = protocol === 'https:' ? requestHttps : requestHttp;
    const signal = AbortSignal.timeout(timeoutMs);
    const failed = (): void => resolve(signal.aborted ? 'timeout' : 'unreachable');
    const length = method === 'GET' ? {} : { 'content-length': String(body.length) };
    const sent = request({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port === '' ? {} : { port }),
      path,
      method,
      headers: { ...headers, ...length, 'accept-encoding': 'identity' },
      agent: false,
      signal,
    });
    sent.on('error', failed);
    sent.on('response', (reply) => {
      reply.on('error', failed);
      collect(reply, answerBytesMax, resolve);
    });
    sent.end(method === 'GET' ? undefined : body);
  });
}

function collect(
  reply: IncomingMessage,
  bytesMax: number,
  resolve: (reply: ControlReply | string) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  reply.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= bytesMax) {
      chunks.push(chunk);
      return;
    }
    resolve('answer_too_large');
    reply.destroy();
  });
  reply.on('end', () => {
    const errorType = reply.headers['x-amzn-errortype'];
    resolve({
      status: reply.statusCode ?? 0,
      text: Buffer.concat(chunks).toString('utf8'),
      errorType: typeof errorType === 'string' ? errorType : null,
    });
  });
}

/** The JSON of a text; undefined: it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
