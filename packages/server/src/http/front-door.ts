/**
 * Where every request enters: inference paths go to the data plane, known by template, and so do
 * the doors, which are other systems' paths into the same pipeline; everything
 * else is the management API's. There is no third way: an unknown inference path is refused here.
 */
import { GUARDRAIL_MODEL_ID } from '@tollkeeper/core';
import { sendError } from '../gateway/answer.ts';
import { isPresigned, presigned } from '../gateway/authenticate.ts';
import { invocationIdOf, refused, type Refused } from '../gateway/call.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Door } from '../gateway/doors/door.ts';
import { callAt, doorAt, exchangeAt } from '../gateway/doors/doors.ts';
import { serveCall } from '../gateway/pipeline.ts';
import { GATEWAY_HEADER } from '../gateway/upstream-headers.ts';
import { matchModelPath, type PathMatch } from '../gateway/wire/path.ts';
import { CrossOrigin } from './cors.ts';
import type { Exchange, Request, Response } from './exchange.ts';
import { NodeExchange } from './node-exchange.ts';
import type { PlainExchange } from './plain-exchange.ts';

/** Serves what is no inference. */
export type ServeManagement = (request: Request, response: Response) => void;

/** Serves plain requests of the management API. */
export type ServePlainManagement = (exchange: PlainExchange) => void;

/** The handlers of every request on the port. */
export interface FrontDoor {
  /** Whatever Node has read. */
  readonly handle: (request: Request, response: Response) => void;
  /** A plain exchange: of a model operation, or of the cost keeper. */
  readonly handlePlain: (exchange: PlainExchange) => void;
}

/** What plain paths of models begin with. */
const MODELS = '/model/';

/** See the head of the file. */
export function frontDoor(
  gateway: Gateway,
  serveManagement: ServeManagement,
  servePlainManagement: ServePlainManagement,
  stagePrefixes: readonly string[] = [],
  corsOrigins: readonly string[] = [],
): FrontDoor {
  const matchPath = rememberingMatches();
  const crossOrigin = new CrossOrigin(corsOrigins);
  return {
    handle: (request, response) => {
      const received = request.url ?? '';
      if (stagePrefixes.length > 0) request.url = withoutStage(request.url ?? '', stagePrefixes);
      const target = request.url ?? '';
      const door = doorAt(target);
      if (crossOrigin.answers(request, response, target, door !== undefined)) return;
      if (door !== undefined) {
        serveDoor(gateway, door, new NodeExchange(request, response), received);
        return;
      }
      const match = matchPath(target);
      if (match.kind === 'not_inference') serveManagement(request, response);
      else serveInference(gateway, new NodeExchange(request, response), match, received);
    },
    handlePlain: (exchange) => {
      const { target } = exchange;
      if (target.startsWith(MODELS)) {
        serveInference(gateway, exchange, matchPath(target), target);
      } else servePlainManagement(exchange);
    },
  };
}

function serveInference(
  gateway: Gateway,
  exchange: Exchange,
  match: PathMatch,
  signedTarget: string,
): void {
  const requestId = gateway.ids.uuid();
  const refusal = refusalOf(gateway, exchange, match);
  if (refusal !== undefined || match.kind !== 'operation') {
    turnAway(gateway, exchange, requestId, refusal ?? unknownPath());
    return;
  }
  void serveCall(gateway, {
    exchange,
    signedTarget,
    operation: match.operation,
    // What names no model is billed in guardrail units.
    modelId: match.modelId ?? GUARDRAIL_MODEL_ID,
    guardrailId: match.guardrailId,
    forwardPath: match.forwardPath,
    requestId,
    startedAt: gateway.clock.now(),
    startedMonotonic: gateway.clock.monotonic(),
    invocationId: invocationIdOf(exchange),
  });
}

/** A request at a door: the same pipeline, by a call that is opened when its body is there. */
function serveDoor(gateway: Gateway, door: Door, received: Exchange, signedTarget: string): void {
  const requestId = gateway.ids.uuid();
  const exchange = exchangeAt(door, received);
  const refusal = isPresigned(received.target) ? presigned() : whyNoCall(gateway, received);
  if (refusal !== undefined) {
    turnAway(gateway, exchange, requestId, refusal);
    return;
  }
  const call = callAt(gateway, door, exchange, {
    signedTarget,
    requestId,
    startedAt: gateway.clock.now(),
    startedMonotonic: gateway.clock.monotonic(),
    invocationId: invocationIdOf(received),
  });
  void serveCall(gateway, call);
}

/** Refuses what is no call of anybody: it is counted, and no row tells of it. */
function turnAway(gateway: Gateway, exchange: Exchange, requestId: string, refusal: Refused): void {
  sendError(exchange, requestId, refusal);
  gateway.telemetry.refused({
    at: gateway.clock.now(),
    request_id: requestId,
    org_id: null,
    app_id: null,
    user_id: null,
    key_id: null,
    model_id: null,
    error: refusal.error,
    reason: refusal.reason,
  });
}

/** Clients call the same few models over and over; what is no model path is never remembered. */
const MATCHES_MAX = 1_000;

function rememberingMatches(): (target: string) => PathMatch {
  const known = new Map<string, PathMatch>();
  return (target) => {
    const before = known.get(target);
    if (before !== undefined) return before;
    const match = matchModelPath(target);
    if (match.kind === 'operation') {
      if (known.size >= MATCHES_MAX) known.clear();
      known.set(target, match);
    }
    return match;
  };
}

/** The target without the stage it was sent to: `/prod/model/...` is `/model/...`. */
function withoutStage(target: string, stagePrefixes: readonly string[]): string {
  const stage = stagePrefixes.find((prefix) => target.startsWith(`${prefix}/`));
  return stage === undefined ? target : target.slice(stage.length);
}

function refusalOf(gateway: Gateway, exchange: Exchange, match: PathMatch): Refused | undefined {
  if (match.kind === 'malformed') {
    if (isPresigned(exchange.target)) return presigned();
    return refused('ValidationException', 'path_malformed', match.message);
  }
  if (match.kind === 'known_unsupported') {
    return refused(
      'UnknownOperationException',
      'operation_unsupported',
      `${match.name} is not served by this gateway, so it was not sent.`,
    );
  }
  if (match.kind === 'unknown_inference') return unknownPath();
  return whyNoCall(gateway, exchange);
}

/** Why a request at a path of inference is no call; undefined when it may be one. */
function whyNoCall(gateway: Gateway, exchange: Exchange): Refused | undefined {
  if (exchange.method !== 'POST') {
    return refused('UnknownOperationException', 'method', 'Model operations are called with POST.');
  }
  if (exchange.header(GATEWAY_HEADER) === gateway.gatewayId) {
    return refused(
      'ValidationException',
      'upstream_is_itself',
      'The upstream of this gateway is the gateway itself. Set its upstream URL to Amazon Bedrock.',
    );
  }
  return undefined;
}

function unknownPath(): Refused {
  return refused(
    'UnknownOperationException',
    'path_unknown',
    'This is no operation that the gateway knows, so it was not sent. See the list at /.',
  );
}
