/**
 * Submissions of usage, without the framework that serves the rest of the API: they are what a busy
 * client sends most, plain requests bring their bodies along, and nothing of a framework is needed
 * to answer them. What they mean, who may send them and how errors look is the same code.
 *
 * The client is taken from memory; the ledger says `stale` when any process has changed something
 * since, and everything but a good answer is given only by what holds now. So a revoked token ends
 * with the next request here too.
 */
import { operation, type ClientScope } from '@tollkeeper/contract';
import type { Exchange } from '../http/exchange.ts';
import type { BufferedBytes } from '../http/body.ts';
import type { ClientAnswer } from '../credentials/tokens/token-authority.ts';
import { limit } from '../keeper/request-limits.ts';
import { submit, submitBatch, type Submitter } from '../keeper/submission.ts';
import { allowedClient, bearerOf, NEEDS_TOKEN } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { BODY_BYTES_MAX } from './error-answer.ts';
import { Fault } from './fault.ts';
import { LaneAnswer } from './lane-answer.ts';
import { refuseLimited } from './rate-hook.ts';

/** What the lane is built from. */
export interface UsageLaneParts {
  readonly deps: AdminDependencies;
  readonly buffered: BufferedBytes;
  readonly bodyTimeoutMs: number;
}

const PATH = /^\/api\/v1\/orgs\/([^/?]+)\/apps\/([^/?]+)\/usage(\/batch)?$/;
/** How often a submission is tried again because the catalogue moved on. */
const TRIES_MAX = 5;

/** Serves one exchange to its end. Never throws. */
export function usageLane(parts: UsageLaneParts): (exchange: Exchange) => void {
  return (exchange) => {
    const answer = new LaneAnswer(parts.deps, exchange);
    serve(parts, exchange, answer).catch((error: unknown) => answer.fail(error));
  };
}

async function serve(parts: UsageLaneParts, exchange: Exchange, answer: LaneAnswer): Promise<void> {
  const { deps } = parts;
  const asked = askedOf(exchange.target);
  const token = bearerOf(exchange.request.headers);
  if (token === undefined) throw new Fault('UNAUTHORIZED', NEEDS_TOKEN);
  const { tokens } = deps.oauth;
  const known = tokens.peek(token);
  const first = known?.kind === 'client' ? known : await tokens.resolve(token);
  const client = allowedClient(asked, first);
  const limited = await limit(deps, asked.rate, client.client_id);
  Object.assign(answer.headers, limited.headers);
  refuseLimited(limited);
  const reading = exchange.readBody(
    { bodyBytesMax: BODY_BYTES_MAX, bodyTimeoutMs: parts.bodyTimeoutMs },
    parts.buffered,
    deps.clock,
  );
  const received = reading instanceof Promise ? await reading : reading;
  if (received.kind === 'incomplete') return;
  if (received.kind !== 'read') throw notReceived(received.kind);
  try {
    const body = jsonOf(received.body);
    answer.send(asked.status, await submitted(parts, asked, token, first, body));
  } finally {
    received.release();
  }
}

interface Asked {
  readonly operation: ReturnType<typeof operation>;
  readonly rate: 'usage' | 'usage_batch';
  readonly status: number;
  readonly params: { readonly org_id: string; readonly app_id: string };
}

const ONE = { operation: operation('submitUsage'), rate: 'usage', status: 202 } as const;
const MANY = {
  operation: operation('submitUsageBatch'),
  rate: 'usage_batch',
  status: 207,
} as const;

function askedOf(target: string): Asked {
  const [, org_id, app_id, batch] = PATH.exec(target) ?? [];
  if (org_id === undefined || app_id === undefined) {
    throw new Fault('NOT_FOUND', 'There is no such path and method. See /openapi.json.');
  }
  return {
    ...(batch === undefined ? ONE : MANY),
    params: { org_id: org_id.toLowerCase(), app_id },
  };
}

/** Asks until the answer is by the catalogue as it is now. Throws a `Fault` for every refusal. */
async function submitted(
  { deps }: UsageLaneParts,
  asked: Asked,
  token: string,
  first: ClientAnswer,
  body: unknown,
): Promise<unknown> {
  let answer = first;
  let read = false;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const who = submitterOf(answer, allowedClient(asked, answer));
    const ask = asked.rate === 'usage' ? submit : submitBatch;
    const result = await ask(deps.submissions, who, asked.params, body);
    if (result.kind === 'accepted') return result.body;
    // Nothing of a batch that is refused whole came to the ledger, which knows who is still let in.
    if (result.kind === 'answered' && (read || result.body.accepted > 0)) return result.body;
    if (result.kind === 'refused' && read) {
      throw new Fault(result.code, result.message, result.details);
    }
    if (result.kind === 'stale') deps.oauth.tokens.refresh(result.catalog_revision);
    // A refusal of somebody who is no longer let in would tell what is no longer theirs.
    answer = await deps.oauth.tokens.resolve(token);
    read = true;
  }
  throw new Fault('SERVICE_UNAVAILABLE', 'The configuration changes all the time. Try again.');
}

function submitterOf(
  answer: ClientAnswer,
  client: {
    readonly org_id: string;
    readonly app_id: string | null;
    readonly scopes: readonly ClientScope[];
  },
): Submitter {
  const revision = answer.kind === 'client' ? answer.revision : 0;
  return { org_id: client.org_id, app_id: client.app_id, scopes: client.scopes, revision };
}

function jsonOf(body: Buffer): unknown {
  try {
    return body.length === 0 ? undefined : JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's own message may quote the body.
    throw new Fault('INVALID_REQUEST', 'The body is not valid JSON.');
  }
}

function notReceived(kind: 'too_large' | 'crowded' | 'too_slow'): Fault {
  switch (kind) {
    case 'too_large':
      return new Fault('INVALID_REQUEST', `The body is larger than ${BODY_BYTES_MAX} bytes.`);
    case 'crowded':
      return new Fault('SERVICE_UNAVAILABLE', 'There are too many request bodies at once.');
    case 'too_slow':
      return new Fault('INVALID_REQUEST', 'The body did not arrive in time.');
  }
}
