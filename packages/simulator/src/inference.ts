/**
 * A call of a model: read what is asked, find who answers, meet the scripted fault or generate,
 * pass the guardrail, deliver.
 */
import { resolveModel } from './account/resolve.ts';
import type { Row } from './book.ts';
import { later, nowMs } from './clock.ts';
import { deliverStream, deliverWhole, type Pace } from './delivery.ts';
import { endBilled, endRow, refuse } from './ending.ts';
import { overlay, parseScript, type Script } from './fault/script.ts';
import { digestOf } from './generate/chance.ts';
import { generate, type Generation, type GenerationSettings } from './generate/generation.ts';
import { PromptCache } from './generate/prompt-cache.ts';
import { findGuardrail } from './guardrail/assess.ts';
import { assessInput, blockInput, type Guard, guardOutput } from './guardrail/inline.ts';
import type { Exchange } from './http/exchange.ts';
import type { Ask } from './model/ask.ts';
import { traitsOf } from './model/family.ts';
import { guardrailAsk } from './model/guarded.ts';
import type { Model } from './model/model.ts';
import { checkTier } from './model/tier.ts';
import { dialectOf, type Operation } from './operation.ts';
import { parseModelled, parseOpaque } from './request-body.ts';
import type { Run } from './run.ts';
import type { RunSettings } from './settings.ts';
import { type Failure, invalid, scriptedFailure } from './wire/failure.ts';

/** Serves a call of a model. Throws a `Failure` for what AWS refuses. */
export function serveModel(
  run: Run,
  exchange: Exchange,
  row: Row,
  operation: Operation,
  modelId: string,
  body: Buffer,
): void {
  const own = parseScript(exchange.header('x-simulator-fault') ?? '');
  const stated = overlay(run.fault, own);
  run.account.checkServes(modelId);
  const model = resolveModel(modelId, body, run.account.fixtures, stated.routerPick ?? null);
  const ask = readAsk(exchange, operation, model, body);
  checkTier(ask, model, stated.servedTier ?? null);
  const guard = guardOf(run, ask, model, stated);
  const script = scriptOf(run, exchange, operation.streamed);
  if (failInstead(run, exchange, row, script, operation.streamed)) return;
  const digest = digestOf(model.id, body);
  const settings = generationSettings(run.settings, script);
  const generation = generateGuarded(run, model, ask, guard, digest, settings);
  row.invokedModelId = model.invokedId;
  row.servedTier = generation.tier ?? 'default';
  row.servedLatency = generation.latency ?? 'standard';
  const order = { exchange, row, operation, dialect: dialectOf(operation, model), generation };
  const pace: Pace = {
    paceMs: script.paceMs ?? run.settings.pace_ms,
    breaks: script.breaks ?? null,
  };
  exchange.onGone(() => endBilled(row, generation, true));
  later(script.slowMs ?? run.settings.slow_ms, () => {
    if (exchange.gone) return;
    if (operation.streamed) deliverStream(order, pace);
    else deliverWhole(order, pace);
  });
}

function readAsk(exchange: Exchange, operation: Operation, model: Model, body: Buffer): Ask {
  const parsed = operation.converses ? parseModelled(body) : parseOpaque(body);
  const ask = dialectOf(operation, model).read(parsed, model);
  if (operation.streamed && !traitsOf(model.family).streams) {
    throw invalid('The model is unsupported for streaming.');
  }
  if (operation.converses) return ask;
  const header = (name: string): string | null => exchange.header(`x-amzn-bedrock-${name}`) ?? null;
  const trace = header('trace')?.toUpperCase() ?? 'DISABLED';
  return {
    ...ask,
    tier: header('service-tier'),
    latency: header('performanceconfig-latency'),
    guardrail: guardrailAsk(
      header('guardrailidentifier'),
      header('guardrailversion'),
      trace !== 'DISABLED',
    ),
  };
}

/** The guardrail that the request names. Throws when the account has none such. */
function guardOf(run: Run, ask: Ask, model: Model, script: Script): Guard | null {
  if (ask.guardrail === null) return null;
  const { identifier, version, traced } = ask.guardrail;
  const guardrail = findGuardrail(run.account.fixtures, identifier, version);
  if (guardrail === null) {
    throw invalid('The guardrail identifier or version provided in the request does not exist.');
  }
  if (traitsOf(model.family).answers !== 'text') {
    throw invalid('Guardrails are not supported for this model.');
  }
  return { guardrail, traced, blocks: script.guardrailBlocks ?? null };
}

function generateGuarded(
  run: Run,
  model: Model,
  ask: Ask,
  guard: Guard | null,
  digest: string,
  settings: GenerationSettings,
): Generation {
  if (guard === null) return generate(model, ask, digest, settings, run.cache, nowMs());
  const input = assessInput(guard, ask);
  // A blocked prompt never reaches the model, so that nothing is written to its cache.
  const cache = input.intervened ? new PromptCache() : run.cache;
  const generation = generate(model, ask, digest, settings, cache, nowMs());
  return input.intervened
    ? blockInput(generation, guard, input)
    : guardOutput(generation, guard, input);
}

/** The run's fault, a random one over it, the call's own over both. */
export function scriptOf(run: Run, exchange: Exchange, streamed: boolean): Script {
  const own = parseScript(exchange.header('x-simulator-fault') ?? '');
  const random = run.mix.draw(streamed);
  return overlay(overlay(run.fault, own.fault === null ? random : run.fault), own);
}

/** Fails a call as its script says; false when the script lets it go on. */
export function failInstead(
  run: Run,
  exchange: Exchange,
  row: Row,
  script: Script,
  streamed = false,
): boolean {
  row.fault = script.fault;
  if (script.silence === 'hang') {
    exchange.onGone(() => endRow(row, 'silent', true));
    return true;
  }
  const failure = failureOf(script, streamed);
  if (script.silence !== 'reset' && failure === null) return false;
  later(script.slowMs ?? run.settings.slow_ms, () => {
    if (failure !== null) {
      refuse(exchange, row, row.requestId, failure);
      return;
    }
    endRow(row, 'silent', false);
    exchange.breakOff(false);
  });
  return true;
}

/**
 * The error that a script answers with. A whole answer gets the error of an exception frame's
 * name.
 */
function failureOf(script: Script, streamed: boolean): Failure | null {
  if (script.failure !== undefined) return scriptedFailure(script.failure);
  if (streamed || script.breaks?.kind !== 'exception') return null;
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

function generationSettings(settings: RunSettings, script: Script): GenerationSettings {
  const missing = script.usageMissing ?? null;
  return {
    tokens: script.tokens ?? settings.tokens,
    outputTokens: script.outputTokens ?? settings.output_tokens,
    defaultMaxTokens: settings.default_max_tokens,
    cache: script.cache ?? settings.cache,
    cacheTokensMin: settings.cache_tokens_min,
    implicitTokens: script.implicitTokens ?? null,
    frames: script.frames ?? settings.frames,
    tokensPerFrame: settings.tokens_per_frame,
    usageTimes: script.usageTimes ?? 1,
    usagePlaces: {
      service: missing === null || missing === 'body',
      body: missing === null || missing === 'headers',
    },
    servedTier: script.servedTier ?? null,
    servedLatency: script.servedLatency ?? null,
  };
}
