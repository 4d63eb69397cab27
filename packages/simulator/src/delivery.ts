/**
 * Delivery of a generation: whole, or frame by frame at a pace, up to its end or to the break that
 * a script asks for. The book is written before the last bytes leave, so that whoever has the
 * answer finds its row.
 */
import type { Outcome, Row } from './book.ts';
import { after, nowMs } from './clock.ts';
import type { Break } from './fault/script.ts';
import { type Chance, chanceFrom } from './generate/chance.ts';
import { type Generation, type Usage, writtenTokens } from './generate/generation.ts';
import { countTokens } from './generate/tokenizer.ts';
import type { AnswerHeaders, Exchange } from './http/exchange.ts';
import { type Dialect, type DialectEvent, guardrailMembers } from './model/dialect.ts';
import { traitsOf } from './model/family.ts';
import type { Operation } from './operation.ts';
import { encodeFrame, eventHeaders, exceptionHeaders, spoilChecksum } from './wire/event-stream.ts';

/** What is delivered, and to whom. */
export interface Order {
  readonly exchange: Exchange;
  readonly row: Row;
  readonly operation: Operation;
  readonly dialect: Dialect;
  readonly generation: Generation;
}

/** How it is delivered. */
export interface Pace {
  /** Milliseconds between content frames. */
  readonly paceMs: number;
  readonly breaks: Break | null;
}

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const BATCH_BYTES = 32_768;

/** Answers whole. A break comes after half of the body. */
export function deliverWhole(order: Order, pace: Pace): void {
  const { exchange, row, operation, generation } = order;
  const whole = order.dialect.whole(generation);
  const added = operation.converses ? {} : guardrailMembers(generation);
  const body = Buffer.from(JSON.stringify({ ...whole, ...added }));
  const headers = {
    ...servedHeaders(order),
    'content-type': 'application/json',
    ...(operation.converses ? {} : countHeaders(generation)),
  };
  row.status = 200;
  const breaks = pace.breaks?.kind;
  if (breaks === undefined || breaks === 'bad-crc' || breaks === 'exception') {
    settle(row, 'completed', generation);
    exchange.respond(200, headers, body);
    return;
  }
  settle(row, 'broken', generation);
  exchange.begin(200, { ...headers, 'content-length': String(body.length) });
  exchange.write(body.subarray(0, body.length >> 1));
  if (breaks !== 'hang') exchange.breakOff(breaks === 'truncate');
}

/** Answers frame by frame. */
export function deliverStream(order: Order, pace: Pace): void {
  const { exchange, row, operation } = order;
  row.status = 200;
  exchange.begin(200, {
    ...servedHeaders(order),
    'content-type': 'application/vnd.amazon.eventstream',
    ...(operation.converses ? {} : { 'x-amzn-bedrock-content-type': 'application/json' }),
  });
  new StreamDelivery(order, pace).advance();
}

/** One stream on its way. */
class StreamDelivery {
  readonly #order: Order;
  readonly #pace: Pace;
  readonly #events: readonly DialectEvent[];
  readonly #breakAt: number;
  readonly #padding: Chance;
  #next = 0;
  #generatedTokens = 0;

  constructor(order: Order, pace: Pace) {
    this.#order = order;
    this.#pace = pace;
    this.#events = eventsOf(order);
    // A break always happens: at the latest, the last frame, which carries the usage, is not sent.
    const last = this.#events.length - 1;
    this.#breakAt = pace.breaks === null ? Infinity : Math.min(pace.breaks.after, last);
    this.#padding = chanceFrom(order.generation.seed);
  }

  /** Sends what can be sent now and arranges for the rest. */
  advance(): void {
    const { exchange, row, generation } = this.#order;
    if (exchange.gone) return;
    let batch: Buffer[] = [];
    let bytes = 0;
    let pause = false;
    while (!pause && bytes < BATCH_BYTES && this.#next < this.#events.length) {
      if (this.#next >= this.#breakAt) break;
      const event = this.#events[this.#next++];
      if (event === undefined) break;
      const frame = this.#frameOf(event);
      batch.push(frame);
      bytes += frame.length;
      if (event.generated === undefined) continue;
      this.#generatedTokens += countTokens(event.generated, generation.tokens);
      pause = this.#pace.paceMs > 0;
    }
    const done = this.#next >= this.#events.length;
    const broken = this.#next >= this.#breakAt;
    if (done) settle(row, 'completed', generation);
    const flushed = batch.length === 0 || exchange.write(Buffer.concat(batch));
    batch = [];
    if (done) exchange.end();
    else if (pause) after(this.#pace.paceMs, () => this.advance());
    else if (broken) this.#break();
    else if (flushed) this.advance();
    else exchange.onDrain(() => this.advance());
  }

  #break(): void {
    const { exchange, row, generation } = this.#order;
    const breaks = this.#pace.breaks;
    if (this.#generatedTokens === 0) settleUnbilled(row);
    if (breaks?.kind === 'exception') {
      settle(row, 'broken', generation, this.#usageSoFar());
      exchange.end(encodeFrame(exceptionHeaders(breaks.name), exceptionBody(breaks.name)));
      return;
    }
    // Elsewhere only the way back breaks: the model generates to the end, and that is billed.
    if (breaks?.kind === 'hang') return;
    settle(row, 'broken', generation);
    const event = this.#events[this.#next];
    const frame = event === undefined ? Buffer.alloc(0) : this.#frameOf(event);
    if (breaks?.kind === 'reset') exchange.breakOff(false);
    else if (breaks?.kind === 'bad-crc') exchange.end(spoilChecksum(frame));
    else if (breaks?.kind === 'truncate' && breaks.inside) {
      exchange.end(frame.subarray(0, frame.length >> 1));
    } else exchange.end();
  }

  /** What a generation that stops here has consumed: the prompt and the output until now. */
  #usageSoFar(): Usage {
    const usage = this.#order.generation.usage;
    return { ...usage, output: Math.min(usage.output, this.#generatedTokens) };
  }

  #frameOf(event: DialectEvent): Buffer {
    const p = PADDING.slice(0, 1 + this.#padding.below(PADDING.length));
    if (this.#order.operation.converses) {
      return encodeFrame(eventHeaders(event.type), JSON.stringify({ ...event.payload, p }));
    }
    const bytes = Buffer.from(JSON.stringify(event.payload)).toString('base64');
    return encodeFrame(eventHeaders(event.type), `{"bytes":"${bytes}","p":"${p}"}`);
  }
}

function exceptionBody(name: string): string {
  const details =
    name === 'modelStreamErrorException'
      ? { originalStatusCode: 500, originalMessage: 'Scripted by the simulator.' }
      : {};
  const message = 'The stream was broken by a scripted fault.';
  return JSON.stringify({ message, ...details });
}

/** Writes the end of a call that broke before it gave any output: that is not billed. */
function settleUnbilled(row: Row): void {
  if (row.endedMs !== null) return;
  row.endedMs = nowMs();
  row.outcome = 'failed';
}

/** Writes the end of a call that generated. The first end counts. */
function settle(
  row: Row,
  outcome: Outcome,
  generation: Generation,
  usage: Usage = generation.usage,
): void {
  if (row.endedMs !== null) return;
  row.endedMs = nowMs();
  row.outcome = outcome;
  row.usage = usage;
  row.billed = generation.model.billsCalls;
}

/** The events of a stream. What a guardrail did stands in the last chunk of InvokeModel. */
function eventsOf({ dialect, generation, operation }: Order): readonly DialectEvent[] {
  const events = [...dialect.events(generation)];
  const last = events.at(-1);
  if (operation.converses || generation.guarded === null || last === undefined) return events;
  return events.with(-1, {
    ...last,
    payload: { ...last.payload, ...guardrailMembers(generation) },
  });
}

function servedHeaders({ row, operation, generation }: Order): AnswerHeaders {
  const { tier, latency } = generation;
  const id = { 'x-amzn-requestid': row.requestId };
  if (operation.converses) return id;
  return {
    ...id,
    ...(tier === null ? {} : { 'x-amzn-bedrock-service-tier': tier }),
    ...(latency === null ? {} : { 'x-amzn-bedrock-performanceconfig-latency': latency }),
  };
}

/** The counts that InvokeModel repeats in headers: input without cached tokens, as in Converse. */
function countHeaders(generation: Generation): AnswerHeaders {
  const latency = { 'x-amzn-bedrock-invocation-latency': String(generation.latencyMs) };
  const usage = generation.counted;
  const { counts } = traitsOf(generation.model.family);
  if (usage === null || counts === 'none') return latency;
  const input = { ...latency, 'x-amzn-bedrock-input-token-count': String(usage.input) };
  if (counts === 'input') return input;
  const both = { ...input, 'x-amzn-bedrock-output-token-count': String(usage.output) };
  const written = writtenTokens(usage);
  if (counts === 'both' && usage.cacheRead + written === 0) return both;
  return {
    ...both,
    'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheRead),
    'x-amzn-bedrock-cache-write-input-token-count': String(written),
  };
}
