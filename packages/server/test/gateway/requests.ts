/** Calls as plain HTTP, so that a test sees exactly what is on the wire. */
import { EventStreamCodec } from '@smithy/core/event-streams';
import type { RunningProduct } from '@tollkeeper/testkit';

export interface CallOptions {
  readonly model?: string;
  readonly operation?: 'converse' | 'converse-stream';
  readonly path?: string;
  /** Null: none is sent. */
  readonly key?: string | null;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fault?: string;
  readonly signal?: AbortSignal;
  /** Aborts this as soon as the first bytes of the reply are there. */
  readonly leaveAfterFirstChunk?: AbortController;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly requestId: string;
  /** `x-amzn-errortype`, or the empty string. */
  readonly error: string;
  readonly message: string;
  readonly body: Buffer;
  /** Event and exception types of a stream, in order. */
  readonly frames: readonly string[];
}

const NOVA = 'amazon.nova-micro-v1:0';
const PATIENCE_MS = 20_000;
const PAUSE_MS = 10;

/** A Converse body with one message; `maxTokens` undefined states no maximum. */
export function converseBody(text: string, maxTokens: number | undefined = 64): string {
  return JSON.stringify({
    messages: [{ role: 'user', content: [{ text }] }],
    ...(maxTokens === undefined ? {} : { inferenceConfig: { maxTokens } }),
  });
}

/** Sends one call and reads its answer to the end (or to its first bytes, if it leaves then). */
export async function call(product: RunningProduct, options: CallOptions): Promise<Answer> {
  const operation = options.operation ?? 'converse';
  const path = options.path ?? `/model/${encodeURIComponent(options.model ?? NOVA)}/${operation}`;
  const key = options.key === undefined ? product.apiKey : options.key;
  const answer = await send(`${product.endpoint}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(options.fault === undefined ? {} : { 'x-simulator-fault': options.fault }),
      ...options.headers,
    },
    body: options.body ?? converseBody('Hello'),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const body = await readAll(answer, options.leaveAfterFirstChunk);
  const streamed = answer.headers.get('content-type')?.includes('eventstream') === true;
  return {
    status: answer.status,
    headers: answer.headers,
    requestId: answer.headers.get('x-tollkeeper-request-id') ?? '',
    // AWS appends a namespace to the name at times; SDKs drop it, too.
    error: (answer.headers.get('x-amzn-errortype') ?? '').replace(/:.*/, ''),
    message: streamed ? '' : messageOf(body),
    body,
    frames: streamed ? framesOf(body) : [],
  };
}

/** Entries of one request, oldest first. */
export async function entriesOf(product: RunningProduct, requestId: string) {
  const page = await product.client.listEntries({ query: { request_id: requestId } });
  return page.entries;
}

/** Asks until there is an answer; the last resort for what happens in its own time. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let waited = 0; waited < PATIENCE_MS; waited += PAUSE_MS) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`it did not happen within ${PATIENCE_MS} ms`);
}

/** `fetch` normalises dotted paths away, so that those go over a plain socket. */
async function send(url: string, init: RequestInit & { headers: Record<string, string> }) {
  const path = url.slice(new URL(url).origin.length);
  if (new URL(url).pathname === path) return fetch(url, init);
  const { request } = await import('node:http');
  return new Promise<Response>((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path, method: 'POST', headers: init.headers });
    sent.on('error', reject);
    sent.on('response', (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => {
        const headers = Object.entries(reply.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]);
        resolve(new Response(Buffer.concat(chunks), { status: reply.statusCode ?? 0, headers }));
      });
    });
    sent.end(init.body as string);
  });
}

async function readAll(answer: Response, leave: AbortController | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of answer.body ?? []) {
      chunks.push(chunk as Uint8Array);
      leave?.abort();
    }
  } catch (error) {
    if (leave === undefined) throw error;
  }
  return Buffer.concat(chunks);
}

function messageOf(body: Buffer): string {
  try {
    const parsed = JSON.parse(body.toString()) as { message?: string };
    return parsed.message ?? '';
  } catch {
    return '';
  }
}

function framesOf(body: Buffer): string[] {
  const codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString(),
    (text) => Buffer.from(text),
  );
  const frames: string[] = [];
  for (let at = 0; at + 4 <= body.length;) {
    const length = body.readUInt32BE(at);
    if (length < 16 || at + length > body.length) break;
    const { headers } = codec.decode(body.subarray(at, at + length));
    frames.push(String((headers[':event-type'] ?? headers[':exception-type'])?.value));
    at += length;
  }
  return frames;
}
