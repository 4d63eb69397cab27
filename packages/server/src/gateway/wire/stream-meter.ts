/**
 * Meters one response stream from a copy of its bytes. It never holds the stream back and never
 * changes it; when the stream ended, however it ended, it says what is known of its usage.
 */
import type { BodyFamily, UsageReading } from '@tollkeeper/core';
import { chunkBytes, parseJson } from './chunk-payload.ts';
import { EventStreamDecoder } from './event-stream.ts';
import type { Frame } from './event-stream.ts';
import type { OperationPath, StreamReading } from './reading.ts';
import { mattersInConverse, noteConverse } from './converse-events.ts';
import { noteChunk } from './stream-dialects.ts';
import { noNotes, noteText } from './stream-notes.ts';
import { anthropicTextBytes, converseTextBytes } from './text-delta.ts';
import { bookTier } from './tier.ts';
import {
  addUnits,
  hasUndatedWrites,
  isObject,
  readingOf,
  splitPrompt,
  usageFrom,
} from './usage-counts.ts';
import type { Counts } from './usage-counts.ts';

/**
 * Generated text is estimated at one token per this many UTF-8 bytes, and at least one per delta.
 */
const bytesPerToken = 4;

/** One stream: push every chunk in order, then ask once it ended. */
export class StreamMeter {
  readonly #converse: boolean;
  readonly #family: BodyFamily;
  readonly #inputTokensEstimate: number | null;
  readonly #headers: (name: string) => string | undefined;
  readonly #decoder = new EventStreamDecoder((frame) => this.#note(frame));
  readonly #notes = noNotes();

  /**
   * `inputTokensEstimate` stands for the input of a stream that breaks after output and before it
   * reports its input; without it the usage of such a stream is unknown. `headers` are those of the
   * response. `cachedTwice`: the streams of this model count cached tokens in their input as well,
   * in a total that adds up, so that nothing in the stream itself can tell it.
   */
  constructor(
    operation: OperationPath,
    family: BodyFamily,
    inputTokensEstimate: number | null = null,
    headers: (name: string) => string | undefined = () => undefined,
    cachedTwice = false,
  ) {
    this.#converse = operation === 'converse-stream' || operation === 'converse';
    this.#family = family;
    this.#inputTokensEstimate = inputTokensEstimate;
    this.#headers = headers;
    this.#notes.cachedTwice = cachedTwice;
    // Models of this shape write to their cache for half an hour.
    if (family === 'openai_chat') this.#notes.counts.unsplit = '30m';
  }

  /**
   * Bytes of a frame that has begun and not ended: a frame may be added to the stream only at 0. It
   * is 0 too once a frame was malformed, since nothing after it can be told apart any more.
   */
  get partialBytes(): number {
    return this.#decoder.broken === null ? this.#decoder.partialBytes : 0;
  }

  /** Whether any generated output was seen. */
  get outputSeen(): boolean {
    return this.#notes.deltas > 0;
  }

  /** Reads the next chunk. Never throws and keeps no reference to the chunk. */
  push(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
  }

  /** What is known now that the stream has ended. It may be asked again. */
  finish(): StreamReading {
    const notes = this.#notes;
    const end = this.#end();
    const merged = mergeMetrics(notes.counts, notes.metrics, notes.outputFinal);
    addGuarded(merged, notes.guardedInput);
    addGuarded(merged, notes.guardedOutput);
    const tier = notes.tier ?? this.#headers('x-amzn-bedrock-service-tier');
    const latency = notes.latency ?? this.#headers('x-amzn-bedrock-performanceconfig-latency');
    return {
      end,
      output_seen: this.outputSeen,
      usage: this.#usage(end, merged),
      served_tier: bookTier(tier, latency),
      invoked_model_id: notes.invokedModel,
      ...(merged.guardrail === undefined ? {} : { guardrail_units: merged.guardrail }),
      ...(hasUndatedWrites(merged) ? { undated_writes: true } : {}),
      ...(merged.warnings === undefined ? {} : { warnings: merged.warnings }),
    };
  }

  #end(): StreamReading['end'] {
    if (this.#notes.failed) return 'exception';
    const cut = this.#decoder.broken !== null || this.#decoder.partialBytes > 0;
    return this.#notes.complete && !cut ? 'complete' : 'truncated';
  }

  #usage(end: StreamReading['end'], merged: Counts): UsageReading {
    const reading = readingOf(merged);
    if (reading.source === 'reported' || end === 'complete' || merged.wrong !== undefined) {
      return reading;
    }
    const why = this.#decoder.broken ?? (end === 'exception' ? 'ended by an exception' : 'cut off');
    if (!this.outputSeen) return { source: 'unknown', reason: `${why} before any output` };
    const input = merged.input ?? this.#inputTokensEstimate;
    if (input === null) return { source: 'unknown', reason: `${why}; the input is not known` };
    const { deltas, deltaBytes, counts } = this.#notes;
    const output = Math.max(deltas, Math.ceil(deltaBytes / bytesPerToken), counts.output ?? 0);
    const usage = usageFrom(merged, input, output);
    return { source: 'estimated', usage, reason: `${why} after output` };
  }

  #note(frame: Frame): void {
    const notes = this.#notes;
    if (notes.failed) return;
    if (frame.messageType === 'exception' || frame.messageType === 'error') {
      notes.failed = true;
    } else if (frame.messageType !== 'event') {
      return;
    } else if (this.#converse) {
      this.#noteConverse(frame);
    } else if (frame.type === 'chunk') {
      this.#noteChunk(frame.payload);
    }
  }

  #noteConverse({ type, payload }: Frame): void {
    if (!mattersInConverse(type)) return;
    const textBytes = type === 'contentBlockDelta' ? converseTextBytes(payload) : null;
    if (textBytes === null) noteConverse(type, parseJson(payload), this.#notes);
    else noteText(this.#notes, textBytes);
  }

  #noteChunk(payload: Buffer): void {
    const inner = chunkBytes(payload);
    if (inner === null) return;
    const textBytes = this.#family === 'anthropic' ? anthropicTextBytes(inner) : null;
    if (textBytes !== null) {
      noteText(this.#notes, textBytes);
      return;
    }
    const value = parseJson(inner);
    if (isObject(value)) noteChunk(this.#family, value, inner.length, this.#notes);
    else if (this.#family === 'unknown') noteText(this.#notes, inner.length);
  }
}

/**
 * The dialect's own counts completed by the invocation metrics. The metrics know no time to live
 * and leave cache counts out at times, so they add to what the dialect says and never replace it.
 * Where both state a count the larger one stands: both are cumulative, and the smaller one is the
 * older.
 */
function mergeMetrics(own: Counts, metrics: Counts, outputFinal: boolean): Counts {
  const merged: Counts = { ...own };
  if (!outputFinal) delete merged.output;
  const wrong = own.wrong ?? metrics.wrong;
  if (wrong !== undefined) merged.wrong = wrong;
  for (const name of ['output', 'cacheRead', 'cacheWrite'] as const) {
    const stated = metrics[name];
    if (stated !== undefined) merged[name] = Math.max(stated, merged[name] ?? 0);
  }
  const cached = (merged.cacheRead ?? 0) + (merged.cacheWrite ?? 0);
  const told = own.cacheRead !== undefined || own.cacheWrite !== undefined;
  splitPrompt(merged, told, metrics.input);
  if (metrics.input === undefined || metrics.input <= (own.prompt ?? -1)) return merged;
  if (own.input === undefined) merged.input = metrics.input;
  // A metric that equals all input together counts the cached tokens again; the own count is
  // disjoint.
  else if (metrics.input !== own.input + cached) merged.input = Math.max(own.input, metrics.input);
  return merged;
}

/** Adds the units that the trace of a guardrail stated. */
function addGuarded(merged: Counts, guarded: Counts | null): void {
  if (guarded === null) return;
  if (guarded.wrong !== undefined) merged.wrong ??= guarded.wrong;
  if (guarded.units === undefined) return;
  merged.units = { ...merged.units };
  for (const [unit, count] of Object.entries(guarded.units)) addUnits(merged, unit, count);
}
