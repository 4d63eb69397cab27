/**
 * What the tests of the simulator share: one that runs, clients of the real AWS SDK for it, plain
 * requests, and its book.
 */
import { createHash, createHmac } from 'node:crypto';
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ConverseCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach } from 'vitest';
import {
  DEFAULT_BEARER_TOKEN,
  DEFAULT_CREDENTIALS,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../src/index.ts';

export const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
export const NOVA = 'amazon.nova-lite-v1:0';
export const TITAN = 'amazon.titan-text-express-v1';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts a simulator that ends with the test. */
export async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  cleanups.push(() => simulator.close());
  return simulator;
}

/** How a client of the SDK speaks. */
export interface Manner {
  readonly http1?: boolean;
  readonly bearer?: string;
  readonly config?: BedrockRuntimeClientConfig;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of the real SDK: HTTP/2 and SigV4 unless told otherwise; it never retries. */
export function client(simulator: Simulator, manner: Manner = {}): BedrockRuntimeClient {
  const made = new BedrockRuntimeClient({
    endpoint: simulator.url,
    region: 'us-east-1',
    maxAttempts: 1,
    ...(manner.http1 === true ? { requestHandler: new NodeHttpHandler() } : {}),
    ...(manner.bearer === undefined
      ? { credentials: DEFAULT_CREDENTIALS }
      : { token: { token: manner.bearer }, authSchemePreference: ['httpBearerAuth'] }),
    ...manner.config,
  });
  const headers = manner.headers ?? {};
  made.middlewareStack.add(
    (next) => (args) => {
      Object.assign((args.request as { headers: Record<string, string> }).headers, headers);
      return next(args);
    },
    { step: 'build' },
  );
  cleanups.push(() => made.destroy());
  return made;
}

/** The four ways to speak to it that every operation is tried in. */
export const MANNERS: ReadonlyArray<readonly [string, Manner]> = [
  ['HTTP/2 and SigV4', {}],
  ['HTTP/2 and bearer', { bearer: DEFAULT_BEARER_TOKEN }],
  ['HTTP/1.1 and SigV4', { http1: true }],
  ['HTTP/1.1 and bearer', { http1: true, bearer: DEFAULT_BEARER_TOKEN }],
];

/** A Converse request with one user message. */
export function question(modelId: string, text = 'What is a ledger?'): ConverseCommandInput {
  return { modelId, messages: [{ role: 'user', content: [{ text }] }] };
}

/** A plain POST to an operation, bearer by default. */
export function post(
  simulator: Simulator,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(simulator.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${DEFAULT_BEARER_TOKEN}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** A plain POST that scripts a fault and asks a Nova model something. */
export function ask(simulator: Simulator, operation: string, fault: string): Promise<Response> {
  const { messages } = question(NOVA);
  const headers = fault === '' ? {} : { 'x-simulator-fault': fault };
  return post(simulator, `/model/${encodeURIComponent(NOVA)}/${operation}`, { messages }, headers);
}

/** Usage as it is in the book. */
export interface BookUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_write_5m_input_tokens: number;
  readonly cache_write_30m_input_tokens: number;
  readonly cache_write_1h_input_tokens: number;
  readonly units: Readonly<Record<string, number>>;
}

/** A row of the book as it is in JSON. */
export interface BookRow {
  readonly attempt_id: string | null;
  readonly request_id: string;
  readonly invocation_id: string | null;
  readonly operation: string;
  readonly model_id: string;
  readonly invoked_model_id: string | null;
  readonly served_tier: string | null;
  readonly served_latency: string | null;
  readonly stream: boolean;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly outcome: string | null;
  readonly client_gone: boolean;
  readonly usage: BookUsage | null;
  readonly billed: boolean;
  readonly fault: string | null;
  readonly status: number | null;
}

/** The rows of the book. */
export async function book(simulator: Simulator, query = ''): Promise<readonly BookRow[]> {
  const answer = await fetch(`${simulator.url}/_simulator/book${query}`);
  return ((await answer.json()) as { calls: BookRow[] }).calls;
}

/** The only row of the book, once it meets a condition. */
export async function onlyRow(
  simulator: Simulator,
  until: (row: BookRow) => boolean = () => true,
): Promise<BookRow> {
  for (;;) {
    const [row, ...others] = await book(simulator);
    if (row !== undefined && others.length > 0) throw new Error('more than one row');
    if (row !== undefined && until(row)) return row;
  }
}

/** A frame as another library reads it. */
export interface DecodedFrame {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text),
);

/** Decodes whole frames with the codec of the AWS SDK, which checks lengths and checksums. */
export function decodeFrames(bytes: Uint8Array): readonly DecodedFrame[] {
  const frames: DecodedFrame[] = [];
  const view = Buffer.from(bytes);
  for (let at = 0; at < view.length;) {
    const length = view.readUInt32BE(at);
    const { headers, body } = codec.decode(view.subarray(at, at + length));
    frames.push({
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, header]) => [name, String(header.value)]),
      ),
      payload: JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>,
    });
    at += length;
  }
  return frames;
}

/** An answer of InvokeModel: its body, its headers, and the row that it left. */
export interface Invoked {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** A header of Bedrock's by the end of its name, such as `input-token-count`; null: not there. */
  readonly header: (name: string) => string | null;
  readonly row: BookRow;
}

/** InvokeModel with a fresh simulator: one token per byte, answers of nine tokens. */
export async function invokeOnce(
  modelId: string,
  body: object,
  options: {
    readonly fault?: string;
    readonly settings?: SimulatorOptions['settings'];
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Invoked> {
  const { simulator, answer } = await sendOnce(modelId, 'invoke', body, options);
  const text = await answer.text();
  return {
    status: answer.status,
    body: JSON.parse(text) as Invoked['body'],
    header: (name) => answer.headers.get(`x-amzn-bedrock-${name}`),
    row: await onlyRow(simulator),
  };
}

/** The decoded chunks of InvokeModelWithResponseStream, in two or more content chunks. */
export async function streamOnce(
  modelId: string,
  body: object,
  fault = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly chunks: readonly Invoked['body'][]; readonly row: BookRow }> {
  const settings = { tokens: 'worst', output_tokens: 9, tokens_per_frame: 4 } as const;
  const options = { fault, settings, headers };
  const { simulator, answer } = await sendOnce(
    modelId,
    'invoke-with-response-stream',
    body,
    options,
  );
  const chunks = decodeFrames(await answer.bytes()).map(
    ({ payload }) =>
      JSON.parse(Buffer.from(String(payload['bytes']), 'base64').toString()) as Invoked['body'],
  );
  return { chunks, row: await onlyRow(simulator) };
}

async function sendOnce(
  modelId: string,
  operation: string,
  body: object,
  {
    fault = '',
    settings = { tokens: 'worst', output_tokens: 9 },
    headers = {},
  }: NonNullable<Parameters<typeof invokeOnce>[2]>,
): Promise<{ readonly simulator: Simulator; readonly answer: Response }> {
  const simulator = await start({ settings });
  const path = `/model/${encodeURIComponent(modelId)}/${operation}`;
  const script = fault === '' ? {} : { 'x-simulator-fault': fault };
  return { simulator, answer: await post(simulator, path, body, { ...headers, ...script }) };
}

/** Usage of the book with nothing but what is given. */
export function usage(given: Partial<BookUsage>): BookUsage {
  return {
    input_tokens: 0,
    output_tokens: 0,
    cache_read_input_tokens: 0,
    cache_write_5m_input_tokens: 0,
    cache_write_30m_input_tokens: 0,
    cache_write_1h_input_tokens: 0,
    units: {},
    ...given,
  };
}

/** The member that Bedrock adds to the last chunk of a stream. */
export const METRICS = 'amazon-bedrock-invocationMetrics';

/** The AWS SDK's interface to a hash, over Node's own. */
export class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' ? secret : Buffer.from((secret ?? []) as Uint8Array);
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {
    throw new Error('a hash of this test is used once');
  }
}
