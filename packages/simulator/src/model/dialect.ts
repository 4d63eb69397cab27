/**
 * What every request and answer shape offers: it reads a body into an `Ask` and renders a
 * generation, whole or as the events of a stream.
 */
import type { Generation } from '../generate/generation.ts';
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
  whole(generation: Generation): unknown;
  /** The events of a streamed answer, in order. */
  events(generation: Generation): Iterable<DialectEvent>;
}

/**
 * The member that Bedrock merges into the last chunk of an InvokeModel stream; empty without
 * usage.
 */
export function invocationMetrics(generation: Generation): Readonly<Record<string, unknown>> {
  const usage = generation.reported;
  if (usage === null) return {};
  const written = usage.cacheWrite5m + usage.cacheWrite1h;
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
