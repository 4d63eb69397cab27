/**
 * One generation: what a model says to a request and what that consumes. It follows from the
 * model, the body, the run's settings and - for cache counts in memory mode - from what was asked
 * before.
 */
import type { Ask, Units } from '../model/ask.ts';
import { traitsOf } from '../model/family.ts';
import type { Model } from '../model/model.ts';
import { invalid } from '../wire/failure.ts';
import { seedOf } from './chance.ts';
import type { CacheMode, PromptCache, PromptCounts } from './prompt-cache.ts';
import { textOf } from './text.ts';
import { charactersPerToken, countTokens, type TokenMode } from './tokenizer.ts';

/** Tokens by class, disjoint, and what is billed by the piece. */
export interface Usage extends PromptCounts {
  readonly output: number;
  readonly units: Units;
}

/** Nothing consumed. */
export const NO_USAGE: Usage = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite30m: 0,
  cacheWrite1h: 0,
  units: {},
};

/** Where an answer tells its usage: AWS's own counts, and those of the model's own shape. */
export interface UsagePlaces {
  /** Headers and `amazon-bedrock-invocationMetrics`. */
  readonly service: boolean;
  /** The body, or the events of the model's own stream. */
  readonly body: boolean;
}

/** Why the model stopped, in Converse's words. */
export type StopReason =
  'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use' | 'guardrail_intervened';

/** How answers are made, for one call. */
export interface GenerationSettings {
  readonly tokens: TokenMode;
  /**
   * Exact number of output tokens, within the request's limit; null: chosen by the request's hash.
   */
  readonly outputTokens: number | null;
  /** Output limit of a request that states none, within the model's own. */
  readonly defaultMaxTokens: number;
  readonly cache: CacheMode;
  readonly cacheTokensMin: number;
  readonly implicitTokens: number | null;
  /** Number of content frames of a stream; null: by `tokensPerFrame`. */
  readonly frames: number | null;
  readonly tokensPerFrame: number;
  /** Multiplies every count, to play an upstream that bills more than it should. */
  readonly usageTimes: number;
  readonly usagePlaces: UsagePlaces;
  /** Tier and latency that serve, in place of those asked for. */
  readonly servedTier: string | null;
  readonly servedLatency: string | null;
}

/** A finished generation, to be rendered whole or in frames. */
export interface Generation {
  readonly model: Model;
  readonly ask: Ask;
  /** SHA-256 of model and body; ids and padding are cut from it. */
  readonly digest: string;
  readonly seed: number;
  readonly text: string;
  /** The text, cut as the frames of a stream carry it. */
  readonly parts: readonly string[];
  readonly usage: Usage;
  /** The usage that the body tells; null when it is to be missing there. */
  readonly reported: Usage | null;
  /** The usage that AWS adds in headers and metrics; null when it is to be missing there. */
  readonly counted: Usage | null;
  /** What a guardrail did to this call; null without one. */
  readonly guarded: GuardedCall | null;
  readonly stopReason: StopReason;
  readonly stopSequence: string | null;
  readonly latencyMs: number;
  readonly firstByteMs: number;
  readonly tier: string | null;
  readonly latency: string | null;
  readonly tokens: TokenMode;
}

/** What a guardrail saw of a call, in the words of its trace. */
export interface GuardedCall {
  readonly intervened: boolean;
  /** The members of `trace.guardrail`; null when the request asked for no trace. */
  readonly trace: GuardrailTrace | null;
}

/** What a trace shows: assessments by guardrail, of the input and of the parts of the output. */
export interface GuardrailTrace {
  readonly guardrailId: string;
  readonly input: unknown;
  readonly outputs: readonly unknown[];
  /** What the model had said before it was blocked; null when it said nothing or was not. */
  readonly modelOutput: string | null;
}

const SHORTEST_ANSWER_TOKENS = 24;
const ANSWER_SPREAD_TOKENS = 200;
const TOOL_INPUT_OPEN = '{"text": "';
const TOOL_INPUT_CLOSE = '"}';

/** Generates. Throws a `ValidationException` when the prompt does not fit the model. */
export function generate(
  model: Model,
  ask: Ask,
  digest: string,
  settings: GenerationSettings,
  cache: PromptCache,
  nowMs: number,
): Generation {
  const counts = cache.count(model.id, ask.pieces, {
    tokens: settings.tokens,
    cache: cacheModeOf(model, settings.cache),
    tokensMin: settings.cacheTokensMin,
    implicitTokens: settings.implicitTokens,
    nowMs,
  });
  const prompt = counts.input + counts.cacheRead + writtenTokens(counts);
  checkFits(model, prompt);
  const seed = seedOf(digest);
  const spoken = speak(model, ask, seed, prompt, settings);
  const output = spoken.outputTokens * ask.items;
  const usage = multiply({ ...counts, output, units: ask.units }, settings.usageTimes);
  const firstByteMs = 180 + (seed % 120);
  return {
    model,
    ask,
    digest,
    seed,
    text: spoken.text,
    parts: cut(spoken.text, settings),
    usage,
    reported: settings.usagePlaces.body ? usage : null,
    counted: settings.usagePlaces.service ? usage : null,
    guarded: null,
    stopReason: spoken.stopReason,
    stopSequence: spoken.stopSequence,
    latencyMs: firstByteMs + spoken.outputTokens * 9,
    firstByteMs,
    tier: ask.tier === null ? settings.servedTier : (settings.servedTier ?? ask.tier),
    latency:
      ask.latency === null ? settings.servedLatency : (settings.servedLatency ?? ask.latency),
    tokens: settings.tokens,
  };
}

/** Scripted modes are for models that can cache in that way; others do not cache at all. */
function cacheModeOf(model: Model, mode: CacheMode): CacheMode {
  const known =
    mode === 'implicit' ? traitsOf(model.family).cachesByItself : model.cacheTtls.length > 0;
  return known ? mode : 'memory';
}

/** Tokens written to the prompt cache, for whatever time to live. */
export function writtenTokens(counts: PromptCounts): number {
  return counts.cacheWrite5m + counts.cacheWrite30m + counts.cacheWrite1h;
}

function checkFits(model: Model, prompt: number): void {
  const most = model.contextTokensMax;
  if (most === null || prompt <= most) return;
  if (model.family === 'titan_embed' || model.family === 'titan_embed_image') {
    throw invalid(
      `400 Bad Request: Too many input tokens. Max input tokens: ${most}, ` +
        `request input token count: ${prompt} `,
    );
  }
  if (model.family === 'anthropic') {
    throw invalid(
      'The model returned the following errors: ' +
        `prompt is too long: ${prompt} tokens > ${most} maximum`,
    );
  }
  throw invalid('Input is too long for requested model.');
}

interface Spoken {
  readonly text: string;
  readonly outputTokens: number;
  readonly stopReason: StopReason;
  readonly stopSequence: string | null;
}

function speak(
  model: Model,
  ask: Ask,
  seed: number,
  prompt: number,
  settings: GenerationSettings,
): Spoken {
  if (traitsOf(model.family).answers !== 'text') {
    return { text: '', outputTokens: 0, stopReason: 'end_turn', stopSequence: null };
  }
  const limit = outputLimit(model, ask, prompt, settings);
  const wanted =
    settings.outputTokens ??
    (settings.tokens === 'worst' ? limit : SHORTEST_ANSWER_TOKENS + (seed % ANSWER_SPREAD_TOKENS));
  const outputTokens = Math.min(wanted, limit);
  const stopReason = outputTokens === limit ? 'max_tokens' : 'end_turn';
  const text = textOf(outputTokens, settings.tokens, seed);
  if (ask.forcedTool !== null) return speakToolInput(text, outputTokens, stopReason);
  if (settings.tokens !== 'worst') {
    for (const stopSequence of ask.stopSequences) {
      const at = stopSequence === '' ? -1 : text.indexOf(stopSequence);
      if (at >= 0) {
        const kept = text.slice(0, at);
        const tokens = countTokens(kept, settings.tokens);
        return { text: kept, outputTokens: tokens, stopReason: 'stop_sequence', stopSequence };
      }
    }
  }
  return { text, outputTokens, stopReason, stopSequence: null };
}

function outputLimit(model: Model, ask: Ask, prompt: number, settings: GenerationSettings): number {
  const own = model.outputTokensMax ?? Number.MAX_SAFE_INTEGER;
  const unset = Math.min(model.outputTokensDefault ?? own, settings.defaultMaxTokens);
  const room = (model.contextTokensMax ?? Number.MAX_SAFE_INTEGER) - prompt;
  return Math.max(1, Math.min(ask.outputTokensMax ?? unset, own, room));
}

/** The same number of characters, as the JSON input of a tool; cut off when it does not fit. */
function speakToolInput(text: string, outputTokens: number, stopReason: StopReason): Spoken {
  const wrap = TOOL_INPUT_OPEN.length + TOOL_INPUT_CLOSE.length;
  const whole = text.length > wrap;
  const input = whole
    ? TOOL_INPUT_OPEN + text.slice(0, text.length - wrap) + TOOL_INPUT_CLOSE
    : '{}';
  return {
    text: input,
    outputTokens,
    stopReason: whole ? 'tool_use' : stopReason,
    stopSequence: null,
  };
}

/** Cuts a text as the content frames of a stream carry it. */
function cut(text: string, settings: GenerationSettings): readonly string[] {
  if (text === '') return [];
  const size =
    settings.frames === null
      ? settings.tokensPerFrame * charactersPerToken(settings.tokens)
      : Math.ceil(text.length / Math.max(1, settings.frames));
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += size) parts.push(text.slice(at, at + size));
  return parts;
}

function multiply(usage: Usage, times: number): Usage {
  if (times === 1) return usage;
  return {
    input: Math.ceil(usage.input * times),
    output: Math.ceil(usage.output * times),
    cacheRead: Math.ceil(usage.cacheRead * times),
    cacheWrite5m: Math.ceil(usage.cacheWrite5m * times),
    cacheWrite30m: Math.ceil(usage.cacheWrite30m * times),
    cacheWrite1h: Math.ceil(usage.cacheWrite1h * times),
    units: Object.fromEntries(
      Object.entries(usage.units).map(([name, count]) => [name, Math.ceil(count * times)]),
    ),
  };
}
