/**
 * The shape of Converse and ConverseStream. Usage is in the body's `usage`, or in the `metadata`
 * event after `messageStop`; besides the modelled members the real service sends un-modelled
 * duplicates, and so does this.
 */
import {
  type Generation,
  type GuardrailTrace,
  type Usage,
  writtenTokens,
} from '../generate/generation.ts';
import { invalid } from '../wire/failure.ts';
import { readConversation } from './conversation.ts';
import type { Dialect, DialectEvent } from './dialect.ts';
import { traitsOf } from './family.ts';

/** Converse, for every family that answers with text. */
export const converse: Dialect = {
  read(body, model) {
    if (traitsOf(model.family).answers !== 'text') {
      throw invalid(
        "This action doesn't support the model that you provided. " +
          'Try again with a supported text or chat model.',
      );
    }
    return readConversation(body, model);
  },

  whole(generation) {
    return {
      metrics: { latencyMs: generation.latencyMs },
      output: { message: { content: [contentOf(generation)], role: 'assistant' } },
      ...servedOf(generation),
      stopReason: generation.stopReason,
      ...traceOf(generation),
      ...(generation.reported === null ? {} : { usage: converseUsage(generation.reported) }),
    };
  },

  *events(generation): Iterable<DialectEvent> {
    yield { type: 'messageStart', payload: { role: 'assistant' } };
    const tool = generation.ask.forcedTool;
    if (tool !== null) {
      const toolUse = { name: tool, toolUseId: toolUseId(generation) };
      yield {
        type: 'contentBlockStart',
        payload: { contentBlockIndex: 0, start: { toolUse } },
      };
    }
    for (const generated of generation.parts) {
      const delta = tool === null ? { text: generated } : { toolUse: { input: generated } };
      yield { type: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta }, generated };
    }
    yield { type: 'contentBlockStop', payload: { contentBlockIndex: 0 } };
    yield { type: 'messageStop', payload: { stopReason: generation.stopReason } };
    if (generation.reported === null) return;
    yield {
      type: 'metadata',
      payload: {
        metrics: { latencyMs: generation.latencyMs },
        ...servedOf(generation),
        ...traceOf(generation),
        usage: converseUsage(generation.reported),
      },
    };
  },
};

/** The id of the one tool call that an answer makes. */
export function toolUseId(generation: Generation): string {
  return `tooluse_${generation.digest.slice(0, 22)}`;
}

/** The input of the forced tool; what was cut off by the output limit is an empty object. */
export function toolInput(generation: Generation): unknown {
  try {
    return JSON.parse(generation.text);
  } catch {
    return {};
  }
}

function contentOf(generation: Generation): unknown {
  const name = generation.ask.forcedTool;
  if (name === null) return { text: generation.text };
  return { toolUse: { input: toolInput(generation), name, toolUseId: toolUseId(generation) } };
}

function servedOf(generation: Generation): Readonly<Record<string, unknown>> {
  return {
    ...(generation.latency === null ? {} : { performanceConfig: { latency: generation.latency } }),
    ...(generation.tier === null ? {} : { serviceTier: { type: generation.tier } }),
  };
}

/** What a guardrail saw, where the request asks for it, and what a router chose. */
function traceOf({ guarded, model }: Generation): object {
  const seen = guarded?.trace ?? null;
  const guardrail = seen === null ? {} : { guardrail: guardrailTrace(seen) };
  const router =
    model.routedTo === null ? {} : { promptRouter: { invokedModelId: model.routedTo } };
  const trace = { ...guardrail, ...router };
  return Object.keys(trace).length === 0 ? {} : { trace };
}

function guardrailTrace(seen: GuardrailTrace): object {
  const { guardrailId, input, outputs, modelOutput } = seen;
  return {
    ...(modelOutput === null ? {} : { modelOutput: [modelOutput] }),
    inputAssessment: { [guardrailId]: input },
    ...(outputs.length === 0 ? {} : { outputAssessments: { [guardrailId]: outputs } }),
  };
}

/** `usage` as Converse spells it: longest times to live first, both spellings of the cache. */
export function converseUsage(usage: Usage): Readonly<Record<string, unknown>> {
  const written = writtenTokens(usage);
  const details = [
    ...(usage.cacheWrite1h > 0 ? [{ inputTokens: usage.cacheWrite1h, ttl: '1h' }] : []),
    ...(usage.cacheWrite30m > 0 ? [{ inputTokens: usage.cacheWrite30m, ttl: '30m' }] : []),
    ...(usage.cacheWrite5m > 0 ? [{ inputTokens: usage.cacheWrite5m, ttl: '5m' }] : []),
  ];
  return {
    cacheDetails: details,
    cacheReadInputTokenCount: usage.cacheRead,
    cacheReadInputTokens: usage.cacheRead,
    cacheWriteInputTokenCount: written,
    cacheWriteInputTokens: written,
    inputTokens: usage.input,
    outputTokens: usage.output,
    serverToolUsage: {},
    totalTokens: usage.input + usage.cacheRead + written + usage.output,
  };
}
