/**
 * One generation: what a model says to a request and what that consumes. It follows from the
 * model, the body, the run's settings and - for cache counts in memory mode - from what was asked
 * before.
 */
import type { Ask } from '../model/ask.ts';
import type { Model } from '../model/model.ts';
import { invalid } from '../wire/failure.ts';
import { seedOf } from './chance.ts';
import type { CacheMode, PromptCache, PromptCounts } from './prompt-cache.ts';
import { textOf } from './text.ts';
import { charactersPerToken, countTokens, type TokenMode } from './tokenizer.ts';

/** Tokens by class, disjoint. */
export interface Usage extends PromptCounts {
  readonly output: number;
}

/** Why the model stopped, in Converse's words. */
export type StopReason = 'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use';

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
  /** Number of content frames of a stream; null: by `tokensPerFrame`. */
  readonly frames: number | null;
  readonly tokensPerFrame: number;
  /** Multiplies every count, to play an upstream that bills more than it should. */
  readonly usageTimes: number;
  /** Whether the answer carries its usage. */
  readonly reportsUsage: boolean;
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
  /** The usage that the answer tells; null when it is to be missing. */
  readonly reported: Usage | null;
  readonly stopReason: StopReason;
  readonly stopSequence: string | null;
  readonly latencyMs: number;
  readonly firstByteMs: number;
  readonly tier: string | null;
  readonly latency: string | null;
  readonly tokens: TokenMode;
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
    cache: model.family === 'anthropic' || model.family === 'nova' ? settings.cache : 'memory',
    tokensMin: settings.cacheTokensMin,
    nowMs,
  });
  const prompt = counts.input + counts.cacheRead + counts.cacheWrite5m + counts.cacheWrite1h;
  checkFits(model, prompt);
  const seed = seedOf(digest);
  const spoken = speak(model, ask, seed, prompt, settings);
  const usage = multiply({ ...counts, output: spoken.outputTokens }, settings.usageTimes);
  const firstByteMs = 180 + (seed % 120);
  return {
    model,
    ask,
    digest,
    seed,
    text: spoken.text,
    parts: cut(spoken.text, settings),
    usage,
    reported: settings.reportsUsage ? usage : null,
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

function checkFits(model: Model, prompt: number): void {
  const most = model.contextTokensMax;
  if (most === null || prompt <= most) return;
  if (model.family === 'titan_embed') {
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
  if (model.family === 'titan_embed') {
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
    cacheWrite1h: Math.ceil(usage.cacheWrite1h * times),
  };
}
