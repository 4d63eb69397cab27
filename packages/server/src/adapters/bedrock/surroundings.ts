/** Looks around from where the gateway stands: identity, way to Bedrock, rights there, disk. */
import { statfs } from 'node:fs/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../../ports/clock.ts';
import type { Identity, Reached, Shown, Surroundings } from '../../ports/surroundings.ts';
import type { Authorizer } from '../../ports/upstream.ts';
import type { AwsCredentials } from './authorizer.ts';
import { TRIALS, type Trial } from './permissions.ts';

export interface SurroundingsOptions {
  readonly clock: Clock;
  readonly dataDir: string;
  /** Where each plane is, and who signs for it. */
  readonly runtime: { readonly origin: string; readonly authorizer: Authorizer };
  readonly control: { readonly origin: string; readonly authorizer: Authorizer };
  /** A Bedrock API key is used, or these credentials. */
  readonly identity:
    | { readonly kind: 'bearer' }
    | { readonly kind: 'fixed'; readonly accessKeyId: string }
    | { readonly kind: 'chain'; readonly provide: () => Promise<AwsCredentials> };
}

/** How long anything here may take. */
const WAIT_MS = 5_000;
/** More of an error than its name is ever needed. */
const ANSWER_BYTES_MAX = 16_384;

export function bedrockSurroundings(options: SurroundingsOptions): Surroundings {
  return {
    nodeVersion: process.versions.node,
    permissions: TRIALS,
    identity: () => identityOf(options.identity),
    reach: () => reach(options),
    async tryOut({ name }) {
      const trial = TRIALS.find((each) => each.name === name);
      return trial === undefined ? notKnown('it is not one of those') : tryOut(options, trial);
    },
    async freeDiskBytes() {
      const { bavail, bsize } = await statfs(options.dataDir);
      return bavail * bsize;
    },
  };
}

async function identityOf(identity: SurroundingsOptions['identity']): Promise<Identity> {
  if (identity.kind === 'bearer') return { kind: 'found', what: 'Bedrock API key', hint: null };
  if (identity.kind === 'fixed') {
    return { kind: 'found', what: 'credentials of the demo', hint: endOf(identity.accessKeyId) };
  }
  try {
    const found = await inTime(identity.provide());
    // Access key ids of temporary credentials begin with ASIA, those of IAM users with AKIA.
    const kind = found.sessionToken === undefined ? 'long-term' : 'temporary';
    const what = `${kind} AWS credentials from ${sourceOf(found)}`;
    return { kind: 'found', what, hint: endOf(found.accessKeyId) };
  } catch (error) {
    return { kind: 'missing', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The SDK notes where credentials came from, as `CREDENTIALS_ENV_VARS` and the like. */
function sourceOf(found: AwsCredentials & { readonly $source?: object }): string {
  const sources = Object.keys(found.$source ?? {}).map((name) =>
    name
      .replace(/^CREDENTIALS_/, '')
      .toLowerCase()
      .replaceAll('_', ' '),
  );
  return sources.length === 0 ? 'the default chain' : sources.join(', ');
}

function endOf(accessKeyId: string): string {
  return `...${accessKeyId.slice(-4)}`;
}

async function reach({ clock, runtime }: SurroundingsOptions): Promise<Reached> {
  const began = clock.monotonic();
  try {
    const { date } = await send(runtime.origin, {
      method: 'GET',
      path: '/',
      headers: {},
      body: '',
    });
    const latencyMs = Math.round(clock.monotonic() - began);
    const at = date === undefined ? Number.NaN : Date.parse(date);
    // The header is cut to the second: on average it is half a second behind.
    const skewMs = Number.isNaN(at) ? null : at + 500 - (clock.now() - Math.round(latencyMs / 2));
    return { kind: 'reached', latencyMs, skewMs };
  } catch (error) {
    return { kind: 'unreachable', reason: reasonOf(error) };
  }
}

async function tryOut(options: SurroundingsOptions, trial: Trial): Promise<Shown> {
  const { origin, authorizer } = options[trial.plane];
  const { method, path } = trial;
  try {
    const headers = await inTime(
      Promise.resolve(
        authorizer.authorize({
          ...(method === 'GET' ? { method } : {}),
          path,
          headers: { accept: 'application/json', 'content-type': 'application/json' },
          body: Buffer.from(trial.body),
        }),
      ),
    );
    const { status, error } = await send(origin, { method, path, headers, body: trial.body });
    return meaningOf(status, error);
  } catch (error) {
    return notKnown(reasonOf(error));
  }
}

/** Errors that say that the identity itself was not accepted, whatever its rights. */
const NOT_ACCEPTED: readonly string[] = [
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'MissingAuthenticationTokenException',
];

function meaningOf(status: number, error: string): Shown {
  if (status === 403 && NOT_ACCEPTED.includes(error)) {
    return { kind: 'refuted', reason: `the credentials are not accepted (${error})` };
  }
  if (status === 401 || status === 403) {
    return { kind: 'refuted', reason: `${status} ${error}`.trim() };
  }
  if (status === 400 || status === 404) return { kind: 'proven' };
  if (status >= 200 && status < 300) return { kind: 'proven' };
  return notKnown(`${status} ${error}`.trim());
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly date: string | undefined;
  /** Name of the error, as AWS states it. */
  readonly error: string;
}

function send(origin: string, { method, path, headers, body }: Sent): Promise<Answer> {
  const { protocol, hostname, port } = new URL(origin);
  const request = protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      ...(port === '' ? {} : { port }),
      method,
      path,
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        ...(method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      agent: false,
      signal: AbortSignal.timeout(WAIT_MS),
    });
    sent.on('error', reject);
    sent.on('response', (reply) => {
      reply.on('error', reject);
      read(reply, resolve);
    });
    sent.end(method === 'GET' ? undefined : body);
  });
}

function read(reply: IncomingMessage, resolve: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const answer = (): void => {
    const header = reply.headers['x-amzn-errortype'];
    const named = typeof header === 'string' ? header : typeIn(Buffer.concat(chunks).toString());
    const error = (named.split(/[:#]/).find((part) => /^[A-Z]\w+$/.test(part)) ?? '').slice(0, 80);
    resolve({ status: reply.statusCode ?? 0, date: reply.headers.date, error });
  };
  reply.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= ANSWER_BYTES_MAX) chunks.push(chunk);
    else reply.destroy();
  });
  reply.on('close', answer);
}

/** `__type` of an AWS error body. */
function typeIn(text: string): string {
  return /"__type"\s*:\s*"([^"]{1,200})"/.exec(text)?.[1] ?? '';
}

function inTime<T>(work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    const signal = AbortSignal.timeout(WAIT_MS);
    signal.addEventListener('abort', () => reject(new Error('no answer in time')));
  });
  return Promise.race([work, late]);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'no answer in time';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function notKnown(reason: string): Shown {
  return { kind: 'not_known', reason };
}
