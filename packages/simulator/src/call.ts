/**
 * The path of a call: route, open its row in the book, read the body, authenticate, validate, meet
 * the scripted fault or generate, answer. Every step may throw a `Failure`; it is answered in one
 * place.
 */
import { authenticate, type Callers } from './auth/authenticate.ts';
import type { Book, Row } from './book.ts';
import { after, newRequestId, nowMs } from './clock.ts';
import { deliverStream, deliverWhole } from './delivery.ts';
import type { FaultMix } from './fault/mix.ts';
import { overlay, parseScript, type Script } from './fault/script.ts';
import { digestOf } from './generate/chance.ts';
import { generate, type Generation, type GenerationSettings } from './generate/generation.ts';
import type { PromptCache } from './generate/prompt-cache.ts';
import { BodyTooLarge, type Exchange, RequestCutShort } from './http/exchange.ts';
import type { Ask } from './model/ask.ts';
import { asObject, type JsonObject } from './model/json.ts';
import { findModel, type Model } from './model/model.ts';
import { dialectOf, type Operation, routeOf } from './operation.ts';
import type { RunSettings } from './settings.ts';
import { Failure, invalid, scriptedFailure } from './wire/failure.ts';

/** What lives as long as a simulator. */
export interface Run {
  settings: RunSettings;
  mix: FaultMix;
  /** The script of `settings.fault`. */
  fault: Script;
  readonly callers: Omit<Callers, 'nowMs' | 'skewMs'>;
  readonly cache: PromptCache;
  readonly book: Book;
}

const BODY_BYTES_MAX = 25_000_000;
/** Statuses by which a call is turned away before a model has begun. */
const REFUSALS: ReadonlySet<number> = new Set([400, 403, 404, 413, 429]);
const TIERS: ReadonlySet<string> = new Set(['default', 'priority', 'flex', 'reserved']);

/** Serves one call from its first byte to its last. Never rejects. */
export async function serveCall(run: Run, exchange: Exchange): Promise<void> {
  const requestId = newRequestId();
  let row: Row | null = null;
  try {
    const { operation, modelId } = routeOf(exchange.method, exchange.target);
    row = openRow(run, exchange, requestId, operation, modelId);
    const body = await exchange.body(BODY_BYTES_MAX);
    authenticate(
      {
        method: exchange.method,
        target: exchange.target,
        header: (name) => exchange.header(name),
        body,
      },
      { ...run.callers, nowMs: nowMs(), skewMs: run.settings.signature_skew_ms },
    );
    const model = findModel(modelId);
    const ask = readAsk(exchange, operation, model, body);
    const script = scriptOf(run, exchange, operation);
    const digest = digestOf(model.id, body);
    answer(run, exchange, row, operation, model, ask, script, digest);
  } catch (error) {
    refuse(exchange, row, requestId, error);
  }
}

function openRow(
  run: Run,
  exchange: Exchange,
  requestId: string,
  operation: Operation,
  modelId: string,
): Row {
  return run.book.open({
    attemptId: exchange.header('x-tollkeeper-attempt-id') ?? null,
    requestId,
    invocationId: exchange.header('amz-sdk-invocation-id') ?? null,
    operation: operation.name,
    modelId,
    streamed: operation.streamed,
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

function readAsk(exchange: Exchange, operation: Operation, model: Model, body: Buffer): Ask {
  const ask = dialectOf(operation, model).read(parseBody(operation, body), model);
  if (operation.streamed && model.family === 'titan_embed') {
    throw invalid('The model is unsupported for streaming.');
  }
  const served = operation.converses
    ? ask
    : {
        ...ask,
        tier: exchange.header('x-amzn-bedrock-service-tier') ?? null,
        latency: exchange.header('x-amzn-bedrock-performanceconfig-latency') ?? null,
      };
  checkTier(served, model);
  return served;
}

function parseBody(operation: Operation, body: Buffer): JsonObject {
  try {
    const parsed = asObject(JSON.parse(body.toString('utf8')));
    if (parsed !== null) return parsed;
  } catch {
    // Answered below, in the words of the operation.
  }
  if (operation.converses) {
    throw new Failure('SerializationException', 'The request body is not a valid JSON object.');
  }
  throw invalid('Malformed input request, please reformat your input and try again.');
}

function checkTier(ask: Ask, model: Model): void {
  if (ask.latency !== null && ask.latency !== 'standard' && ask.latency !== 'optimized') {
    throw invalid(
      `1 validation error detected: Value '${ask.latency}' at 'performanceConfig.latency' failed ` +
        'to satisfy constraint: Member must satisfy enum value set: [standard, optimized]',
    );
  }
  if (ask.tier === null || ask.tier === 'default') return;
  if (!TIERS.has(ask.tier)) {
    throw invalid(
      `1 validation error detected: Value '${ask.tier}' at 'serviceTier.type' failed to satisfy ` +
        'constraint: Member must satisfy enum value set: [priority, default, flex, reserved]',
    );
  }
  if (ask.tier === 'reserved') throw invalid('Reservation not found.');
  if (model.family !== 'nova') {
    throw invalid(`The service tier ${ask.tier} is not supported for this model.`);
  }
}

/** The run's fault, a random one over it, the call's own over both. */
function scriptOf(run: Run, exchange: Exchange, operation: Operation): Script {
  const own = parseScript(exchange.header('x-simulator-fault') ?? '');
  const random = run.mix.draw(operation.streamed);
  return overlay(overlay(run.fault, own.fault === null ? random : run.fault), own);
}

function answer(
  run: Run,
  exchange: Exchange,
  row: Row,
  operation: Operation,
  model: Model,
  ask: Ask,
  script: Script,
  digest: string,
): void {
  row.fault = script.fault;
  if (script.silence === 'hang') {
    exchange.onGone(() => endRow(row, 'silent', true));
    return;
  }
  const slowMs = script.slowMs ?? run.settings.slow_ms;
  if (script.silence === 'reset' || failureOf(script, operation) !== null) {
    later(slowMs, () => fail(exchange, row, script, operation));
    return;
  }
  const generation = generate(
    model,
    ask,
    digest,
    generationSettings(run.settings, script),
    run.cache,
    nowMs(),
  );
  row.servedTier = generation.tier ?? 'default';
  row.servedLatency = generation.latency ?? 'standard';
  const order = { exchange, row, operation, dialect: dialectOf(operation, model), generation };
  const pace = { paceMs: script.paceMs ?? run.settings.pace_ms, breaks: script.breaks ?? null };
  exchange.onGone(() => endBilled(row, generation, true));
  later(slowMs, () => {
    if (exchange.gone) return;
    if (operation.streamed) deliverStream(order, pace);
    else deliverWhole(order, pace);
  });
}

/**
 * The error that a script answers with. A whole answer gets the error of an exception frame's
 * name.
 */
function failureOf(script: Script, operation: Operation): Failure | null {
  if (script.failure !== undefined) return scriptedFailure(script.failure);
  if (operation.streamed || script.breaks?.kind !== 'exception') return null;
  const name = script.breaks.name;
  return scriptedFailure(EXCEPTION_OF_FRAME.get(name) ?? 'InternalServerException');
}

const EXCEPTION_OF_FRAME: ReadonlyMap<string, Failure['name']> = new Map([
  ['internalServerException', 'InternalServerException'],
  ['modelStreamErrorException', 'ModelErrorException'],
  ['modelTimeoutException', 'ModelTimeoutException'],
  ['serviceUnavailableException', 'ServiceUnavailableException'],
  ['throttlingException', 'ThrottlingException'],
  ['validationException', 'ValidationException'],
]);

function fail(exchange: Exchange, row: Row, script: Script, operation: Operation): void {
  const failure = failureOf(script, operation);
  if (failure === null) {
    endRow(row, 'silent', false);
    exchange.breakOff(false);
    return;
  }
  row.status = failure.status;
  endRow(row, REFUSALS.has(failure.status) ? 'refused' : 'failed', exchange.gone);
  respondFailure(exchange, row.requestId, failure);
}

function later(ms: number, then: () => void): void {
  if (ms === 0) then();
  else after(ms, then);
}

function generationSettings(settings: RunSettings, script: Script): GenerationSettings {
  return {
    tokens: script.tokens ?? settings.tokens,
    outputTokens: script.outputTokens ?? settings.output_tokens,
    defaultMaxTokens: settings.default_max_tokens,
    cache: script.cache ?? settings.cache,
    cacheTokensMin: settings.cache_tokens_min,
    frames: script.frames ?? settings.frames,
    tokensPerFrame: settings.tokens_per_frame,
    usageTimes: script.usageTimes ?? 1,
    reportsUsage: script.reportsUsage ?? true,
    servedTier: script.servedTier ?? null,
    servedLatency: script.servedLatency ?? null,
  };
}

/** Ends a row that nothing is billed for. The first end counts. */
function endRow(
  row: Row,
  outcome: 'silent' | 'failed' | 'refused' | 'incomplete',
  gone: boolean,
): void {
  if (gone) row.clientGone = true;
  if (row.endedMs !== null) return;
  row.endedMs = nowMs();
  row.outcome = outcome;
}

/** AWS generates to the end, and bills it, whether or not the client is still there. */
function endBilled(row: Row, generation: Generation, gone: boolean): void {
  if (gone) row.clientGone = true;
  if (row.endedMs !== null) return;
  row.endedMs = nowMs();
  row.outcome = 'completed';
  row.usage = generation.usage;
  row.billed = true;
}

function refuse(exchange: Exchange, row: Row | null, requestId: string, error: unknown): void {
  if (error instanceof RequestCutShort) {
    if (row !== null) endRow(row, 'incomplete', true);
    return;
  }
  const failure = asFailure(error);
  if (row !== null) {
    row.status = failure.status;
    endRow(row, REFUSALS.has(failure.status) ? 'refused' : 'failed', exchange.gone);
  }
  respondFailure(exchange, requestId, failure);
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof BodyTooLarge) {
    return new Failure('RequestEntityTooLargeException', 'The request body is too large.');
  }
  process.stderr.write(`simulator: ${error instanceof Error ? error.stack : String(error)}\n`);
  return new Failure('InternalServerException', 'The simulator itself failed.');
}

function respondFailure(exchange: Exchange, requestId: string, failure: Failure): void {
  exchange.respond(
    failure.status,
    {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amzn-errortype': failure.errorType,
    },
    failure.body,
  );
}
