/**
 * Plain requests of the cost keeper's clients: what they send over and over is served without the
 * framework, and what they send now and then goes through it without a connection of its own, so
 * that the connection stays plain. What anything means and how errors look is the same code.
 */
import { operation, parserOf } from '@tollkeeper/contract';
import type { FastifyInstance } from 'fastify';
import type { PlainExchange } from '../http/plain-exchange.ts';
import { limit } from '../keeper/request-limits.ts';
import { admit } from './access.ts';
import { isKnown } from './entity-tag.ts';
import { invalidRequest } from './fault.ts';
import { LaneAnswer } from './lane-answer.ts';
import { refuseLimited } from './rate-hook.ts';
import { selectionHandlers } from './selection.ts';
import { usageLane, type UsageLaneParts } from './usage-lane.ts';

/** What the lane is built from. */
export interface ClientLaneParts extends UsageLaneParts {
  /** The whole of the API, ready. */
  readonly app: FastifyInstance;
}

const SELECTION = /^\/api\/v1\/orgs\/([^/?]+)\/apps\/([^/?]+)\/model-selection(?:\?(.*))?$/;
const USAGE = /\/usage(\/batch)?$/;
/** Headers that belong to the connection: the exchange says its own. */
const OF_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'date']);

/** Serves one exchange to its end. Never throws. */
export function clientLane(parts: ClientLaneParts): (exchange: PlainExchange) => void {
  const serveUsage = usageLane(parts);
  const select = selectionLane(parts);
  return (exchange) => {
    const { method, target } = exchange;
    if (method === 'POST' && USAGE.test(target)) return serveUsage(exchange);
    const selection = method === 'GET' ? SELECTION.exec(target) : null;
    if (selection === null) return throughTheFramework(parts, exchange);
    return select(exchange, selection);
  };
}

type Selection = readonly (string | undefined)[];

function selectionLane(
  parts: ClientLaneParts,
): (exchange: PlainExchange, selection: Selection) => void {
  const { deps } = parts;
  const record = operation('selectModel');
  const parse = parserOf('selectModel');
  const { selectModel } = selectionHandlers(deps);
  const serve = async (
    exchange: PlainExchange,
    [, org_id = '', app_id = '', search]: Selection,
    answer: LaneAnswer,
  ): Promise<void> => {
    const params = { org_id, app_id };
    const who = await admit(deps, {
      ...{ operation: record, params, headers: exchange.request.headers },
    });
    if (who.kind !== 'client') throw new Error('Somebody else than a client was admitted.');
    const limited = await limit(deps, 'model_selection', who.client.client_id);
    Object.assign(answer.headers, limited.headers);
    refuseLimited(limited);
    const parsed = parse({ params, query: queryOf(search), body: undefined });
    if (parsed.kind === 'problems') throw invalidRequest(parsed.problems);
    const action = 'selectModel' as const;
    const origin = { action, request_id: answer.requestId, source_ip: exchange.address };
    const { status, headers = {}, body } = await selectModel(parsed.request, { ...who, origin });
    Object.assign(answer.headers, headers);
    if (isKnown(exchange.header('if-none-match'), headers['etag'])) answer.send(304);
    else answer.send(status, body);
  };
  return (exchange, selection) => {
    const answer = new LaneAnswer(deps, exchange);
    serve(exchange, selection, answer).catch((error: unknown) => answer.fail(error));
  };
}

/** By name; those that came more than once as lists. */
function queryOf(search: string | undefined): object {
  if (search === undefined) return {};
  const given = new URLSearchParams(search);
  return Object.fromEntries(
    [...new Set(given.keys())].map((name) => {
      const values = given.getAll(name);
      return [name, values.length === 1 ? values[0] : values];
    }),
  );
}

function throughTheFramework(parts: ClientLaneParts, exchange: PlainExchange): void {
  const { app, deps } = parts;
  const { method, target, address } = exchange;
  // The client has gone. What the framework would take for its address is this machine's own, whose
  // clients could be shut out by wrong secrets from elsewhere.
  if (address === null) return exchange.destroy();
  const body = exchange.wholeBody;
  app
    .inject({
      method,
      url: target,
      headers: exchange.request.headers,
      remoteAddress: address,
      ...(body.length === 0 ? {} : { payload: body }),
    })
    .then(({ statusCode, headers, rawPayload }) => {
      const raw: string[] = [];
      for (const [name, value] of Object.entries(headers)) {
        if (value === undefined || OF_CONNECTION.has(name)) continue;
        for (const each of Array.isArray(value) ? value : [value]) raw.push(name, String(each));
      }
      if (exchange.gone) return;
      exchange.writeHead(statusCode, raw);
      exchange.end(rawPayload);
    })
    .catch((error: unknown) => new LaneAnswer(deps, exchange).fail(error));
}
