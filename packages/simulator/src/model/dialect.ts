/**
 * What every request and answer shape offers: it reads a body into an `Ask` and renders a
 * generation, whole or as the events of a stream.
 */
import { type Generation, writtenTokens } from '../generate/generation.ts';
import { invalid } from '../wire/failure.ts';
import type { Ask } from './ask.ts';
import type { JsonObject } from './json.ts';
import type { Model } from './model.ts';

/** One event of a stream before it is put into a frame. */
export interface DialectEvent {
  /** The event type of Converse; the shapes of InvokeModel all travel as `chunk`. */
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The generated text that this event carries, if it carries any. */
  readonly generated?: string;
}

/** One shape of bodies. */
export interface Dialect {
  /** Reads and validates a request. Throws the `ValidationException` that AWS gives. */
  read(body: JsonObject, model: Model): Ask;
  /** The body of a non-streamed answer. */
  whole(generation: Generation): object;
  /** The events of a streamed answer, in order. */
  events(generation: Generation): Iterable<DialectEvent>;
}

/** An event of the shapes of InvokeModel. */
export function chunk(
  payload: Readonly<Record<string, unknown>>,
  generated?: string,
): DialectEvent {
  return { type: 'chunk', payload, ...(generated === undefined ? {} : { generated }) };
}

/** The events of a model that does not stream. Throws a `ValidationException`. */
export function noEvents(): never {
  throw invalid('The model is unsupported for streaming.');
}

/**
 * The member that Bedrock merges into the last chunk of an InvokeModel stream; empty without
 * usage.
 */
export function invocationMetrics(generation: Generation): Readonly<Record<string, unknown>> {
  const usage = generation.counted;
  if (usage === null) return {};
  const written = writtenTokens(usage);
  return {
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: usage.input,
      outputTokenCount: usage.output,
      invocationLatency: generation.latencyMs,
      firstByteLatency: generation.firstByteMs,
      ...(usage.cacheRead + written > 0
        ? { cacheReadInputTokenCount: usage.cacheRead, cacheWriteInputTokenCount: written }
        : {}),
    },
  };
}

/** What InvokeModel adds to the body, or the last chunk, of a call that a guardrail has read. */
export function guardrailMembers({ guarded }: Generation): Readonly<Record<string, unknown>> {
  if (guarded === null) return {};
  const action = guarded.intervened ? 'INTERVENED' : 'NONE';
  const { trace } = guarded;
  if (trace === null) return { 'amazon-bedrock-guardrailAction': action };
  const id = trace.guardrailId;
  const guardrail = {
    ...(trace.modelOutput === null ? {} : { modelOutput: [trace.modelOutput] }),
    input: { [id]: trace.input },
    outputs: trace.outputs.map((output) => ({ [id]: output })),
  };
  return {
    'amazon-bedrock-guardrailAction': action,
    'amazon-bedrock-trace': { guardrail },
  };
}
