/**
 * The path of a call: route, open its row in the book, read the body, authenticate, and hand over
 * to the operation. Every step may throw a `Failure`; it is answered in one place.
 */
import { resolveModel } from './account/resolve.ts';
import { authenticate } from './auth/authenticate.ts';
import type { Row } from './book.ts';
import { newRequestId, nowMs } from './clock.ts';
import { controlRouteOf } from './control-plane/route.ts';
import { serveControlPlane } from './control-plane/serve.ts';
import { countTokensOf } from './count-tokens.ts';
import { endUsed, refuse } from './ending.ts';
import { parseScript } from './fault/script.ts';
import { NO_USAGE } from './generate/generation.ts';
import { applyGuardrail, invokeGuardrailChecks } from './guardrail/apply.ts';
import type { Exchange } from './http/exchange.ts';
import { failInstead, scriptOf, serveModel } from './inference.ts';
import type { Units } from './model/ask.ts';
import { type Route, routeOf } from './operation.ts';
import { parseModelled } from './request-body.ts';
import type { Run } from './run.ts';

const BODY_BYTES_MAX = 25_000_000;

/** Serves one call from its first byte to its last. Never rejects. */
export async function serveCall(run: Run, exchange: Exchange): Promise<void> {
  const requestId = newRequestId();
  let row: Row | null = null;
  try {
    const control = controlRouteOf(exchange.method, exchange.target);
    if (control !== null) {
      const asked = await exchange.body(BODY_BYTES_MAX);
      allow(run, exchange, asked);
      serveControlPlane(run, exchange, requestId, control, asked);
      return;
    }
    const route = routeOf(exchange.method, exchange.target);
    row = openRow(run, exchange, requestId, route);
    const body = await exchange.body(BODY_BYTES_MAX);
    allow(run, exchange, body);
    serve(run, exchange, row, route, body);
  } catch (error) {
    refuse(exchange, row, requestId, error);
  }
}

function allow(run: Run, exchange: Exchange, body: Buffer): void {
  authenticate(
    {
      method: exchange.method,
      target: exchange.target,
      header: (name) => exchange.header(name),
      body,
    },
    { ...run.callers, nowMs: nowMs(), skewMs: run.settings.signature_skew_ms },
  );
}

function serve(run: Run, exchange: Exchange, row: Row, route: Route, body: Buffer): void {
  if (route.kind === 'model') {
    serveModel(run, exchange, row, route.operation, route.modelId, body);
    return;
  }
  const script = scriptOf(run, exchange, false);
  if (failInstead(run, exchange, row, script)) return;
  if (route.kind === 'count_tokens') {
    const own = parseScript(exchange.header('x-simulator-fault') ?? '');
    const model = resolveModel(route.modelId, body, run.account.fixtures, own.routerPick ?? null);
    const mode = script.tokens ?? run.settings.tokens;
    const inputTokens = countTokensOf(parseModelled(body), model, mode);
    endWhole(exchange, row, { inputTokens }, null);
    return;
  }
  const parsed = parseModelled(body);
  const { body: answer, units } =
    route.kind === 'guardrail'
      ? applyGuardrail(route.identifier, route.version, parsed, run.account.fixtures)
      : invokeGuardrailChecks(parsed);
  endWhole(exchange, row, answer, units);
}

/** Answers an operation without a model; `units` null: it is free. */
function endWhole(exchange: Exchange, row: Row, body: object, units: Units | null): void {
  row.status = 200;
  endUsed(row, units === null ? null : { ...NO_USAGE, units }, units !== null);
  respond(exchange, row.requestId, body);
}

function respond(exchange: Exchange, requestId: string, body: object): void {
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
  exchange.respond(200, headers, JSON.stringify(body));
}

const NAME_OF: Readonly<Record<Exclude<Route['kind'], 'model'>, string>> = {
  count_tokens: 'CountTokens',
  guardrail: 'ApplyGuardrail',
  guardrail_checks: 'InvokeGuardrailChecks',
};

function openRow(run: Run, exchange: Exchange, requestId: string, route: Route): Row {
  const named = route.kind === 'model' || route.kind === 'count_tokens' ? route.modelId : '';
  return run.book.open({
    attemptId: exchange.header('x-tollkeeper-attempt-id') ?? null,
    requestId,
    invocationId: exchange.header('amz-sdk-invocation-id') ?? null,
    operation: route.kind === 'model' ? route.operation.name : NAME_OF[route.kind],
    modelId: route.kind === 'guardrail' ? route.identifier : named,
    invokedModelId: null,
    streamed: route.kind === 'model' && route.operation.streamed,
    startedMs: nowMs(),
    servedTier: null,
    servedLatency: null,
    endedMs: null,
    outcome: null,
    clientGone: false,
    usage: null,
    billed: false,
    fault: null,
    status: null,
  });
}
