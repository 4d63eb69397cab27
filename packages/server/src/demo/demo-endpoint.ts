/**
 * The demo's issuer over HTTP: discovery, keys, and tokens for whoever asks. Only whoever names
 * this machine by a loopback address is answered, so that no web page reaches it under a name of
 * its own (DNS rebinding); and no page of another origin can read an answer, since none allows it.
 */
import { NodeExchange } from '../http/node-exchange.ts';
import type { BufferedBytes } from '../http/body.ts';
import type { Exchange, Request, Response } from '../http/exchange.ts';
import type { Clock } from '../ports/clock.ts';
import { DEMO_ISSUER_PATH, DEMO_PEOPLE, type DemoIssuer, type DemoPerson } from './demo-issuer.ts';

const BODY_BYTES_MAX = 4_096;
const BODY_TIMEOUT_MS = 10_000;
const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::(\d{1,5}))?$/i;

export interface DemoEndpointParts {
  readonly issuer: DemoIssuer;
  readonly clock: Clock;
  readonly buffered: BufferedBytes;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Whether a request is for the issuer. */
export function isForDemoIssuer(target: string): boolean {
  return target === DEMO_ISSUER_PATH || target.startsWith(`${DEMO_ISSUER_PATH}/`);
}

/** The handler of everything under `DEMO_ISSUER_PATH`. */
export function demoEndpoint(
  parts: DemoEndpointParts,
): (request: Request, response: Response) => void {
  return (request, response) => {
    const exchange = new NodeExchange(request, response);
    answerOf(parts, exchange).then(
      (answer) => send(exchange, answer),
      () => send(exchange, problem(500, 'server_error', 'The demo issuer failed.')),
    );
  };
}

async function answerOf(parts: DemoEndpointParts, exchange: Exchange): Promise<Answer> {
  const { issuer } = parts;
  if (!namesThisMachine(exchange, new URL(issuer.issuer))) {
    return problem(403, 'invalid_host', 'The demo issuer answers to loopback addresses alone.');
  }
  const path = exchange.target.slice(DEMO_ISSUER_PATH.length).replace(/\?.*$/, '');
  const asked = `${exchange.method} ${path}`;
  switch (asked) {
    case 'GET /.well-known/openid-configuration':
      return { status: 200, body: issuer.discovery() };
    case 'GET /.well-known/jwks.json':
      return { status: 200, body: await issuer.jwks() };
    case 'POST /demo-token':
      return tokenFor(parts, exchange);
    default:
      return problem(404, 'not_found', 'POST {"tenant": "tenant-1"} to demo-token for tokens.');
  }
}

async function tokenFor(parts: DemoEndpointParts, exchange: Exchange): Promise<Answer> {
  const limits = { bodyBytesMax: BODY_BYTES_MAX, bodyTimeoutMs: BODY_TIMEOUT_MS };
  const read = await exchange.readBody(limits, parts.buffered, parts.clock);
  if (read.kind !== 'read') return problem(400, 'invalid_request', 'The body cannot be read.');
  const text = read.body.toString('utf8');
  read.release();
  const { tenant, use } = membersOf(text);
  if (!isPerson(tenant)) {
    const people = DEMO_PEOPLE.join(', ');
    return problem(400, 'invalid_request', `"tenant" must be one of ${people}.`);
  }
  if (use !== undefined && use !== 'id' && use !== 'access') {
    return problem(400, 'invalid_request', '"use" must be id or access, if it is there.');
  }
  const tokens = await parts.issuer.tokens(tenant);
  if (use === undefined) return { status: 200, body: tokens };
  return { status: 200, body: { ...tokens, token: tokens[`${use}_token`] } };
}

function membersOf(text: string): { readonly tenant?: unknown; readonly use?: unknown } {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

function isPerson(tenant: unknown): tenant is DemoPerson {
  return (DEMO_PEOPLE as readonly unknown[]).includes(tenant);
}

/** Whether the request names a loopback address, and the port of the demo. */
function namesThisMachine(exchange: Exchange, own: URL): boolean {
  const host = exchange.header(':authority') ?? exchange.header('host') ?? '';
  const match = LOOPBACK.exec(host);
  if (match === null) return false;
  const usual = own.protocol === 'https:' ? '443' : '80';
  return (match[2] ?? usual) === (own.port === '' ? usual : own.port);
}

function problem(status: number, error: string, message: string): Answer {
  return { status, body: { error, message } };
}

function send(exchange: Exchange, { status, body }: Answer): void {
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store'];
  exchange.writeHead(status, headers);
  exchange.endEarly(Buffer.from(`${JSON.stringify(body)}\n`));
}
