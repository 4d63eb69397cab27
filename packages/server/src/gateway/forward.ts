/**
 * Sends one attempt and sees it through to its end, whatever the client does meanwhile. Reply bytes
 * go out as they come in; a copy is read for its usage.
 *
 * A stream is relayed frame by frame: the bytes of an incomplete frame wait until the rest is
 * there, so that a stream which breaks off can still be ended with an exception frame that the
 * client can read. A reply that is not streamed is collected, and flushed but for its last chunk
 * when it grows large: its end waits for the settlement.
 */
import { rawHeader } from '../http/exchange.ts';
import type { Timer } from '../ports/clock.ts';
import type { UpstreamReply } from '../ports/upstream.ts';
import type { Attempt } from './attempt.ts';
import type { Gateway } from './gateway.ts';
import { relayedHeaders } from './reply-headers.ts';
import type { RunningCall } from './running-calls.ts';
import { upstreamHeaders } from './upstream-headers.ts';
import type { StreamReading } from './wire/reading.ts';
import { StreamMeter } from './wire/stream-meter.ts';

/** How an attempt ended. Times are milliseconds of the monotonic clock. */
export type Reply =
  /** It is certain that nothing was sent. */
  | { readonly kind: 'not_sent'; readonly reason: string }
  | {
      readonly kind: 'whole';
      readonly status: number;
      readonly rawHeaders: readonly string[];
      readonly body: Buffer;
      /** The part of the body that the client does not have yet. */
      readonly unsent: Buffer;
      readonly firstByteAt: number;
    }
  | {
      readonly kind: 'streamed';
      readonly rawHeaders: readonly string[];
      readonly reading: StreamReading;
      readonly firstByteAt: number | null;
    }
  /** The request may have been sent, and no whole reply came. */
  | { readonly kind: 'broken'; readonly reason: string };

/** Sends the attempt upstream. Resolves exactly once, when the upstream is done with it. */
export function forward(gateway: Gateway, attempt: Attempt): Promise<Reply> {
  return new Promise((resolve) => {
    const { call } = attempt;
    const headers = upstreamHeaders(call, {
      gatewayId: gateway.gatewayId,
      attemptId: attempt.attemptId,
      demo: gateway.settings.demo,
    });
    gateway.crash('before-send');
    gateway.upstream.send(
      { path: attempt.forwardPath, headers, body: attempt.body },
      new ReplyRelay(gateway, attempt, resolve),
    );
  });
}

class ReplyRelay implements RunningCall {
  readonly #gateway: Gateway;
  readonly #attempt: Attempt;
  readonly #resolve: (reply: Reply) => void;
  #reply: UpstreamReply | undefined;
  #meter: StreamMeter | undefined;
  #chunks: Uint8Array[] = [];
  /** Bytes collected, and how many chunks of them the client has. */
  #size = 0;
  #flushed = 0;
  /** The incomplete frame at the end of what a stream has brought so far. */
  #partialFrame: Uint8Array[] = [];
  #firstByteAt: number | null = null;
  #abandoned: string | undefined;
  #abort: (() => void) | undefined;
  /** Runs while the call goes on without its client. */
  #drainTimer: Timer | undefined;

  constructor(gateway: Gateway, attempt: Attempt, resolve: (reply: Reply) => void) {
    this.#gateway = gateway;
    this.#attempt = attempt;
    this.#resolve = resolve;
  }

  sent(abort: () => void): void {
    this.#abort = abort;
    const { exchange } = this.#attempt.call;
    this.#gateway.running.sent(this);
    exchange.whenGone(() => {
      const { clock, running } = this.#gateway;
      const giveUp = (): void => this.abandon('drain_time_reached');
      this.#drainTimer = clock.after(running.limits.drainMs, giveUp);
      running.drain(this);
      this.#reply?.resume();
    });
  }

  written(): void {
    this.#gateway.crash('after-send');
  }

  head(reply: UpstreamReply): void {
    this.#reply = reply;
    if (this.#abandoned !== undefined) return;
    const { call, streamed, inputTokensEstimate, model } = this.#attempt;
    this.#gateway.crash('before-first-byte');
    if (!streamed || reply.status !== 200) return;
    const header = (name: string): string | undefined => rawHeader(reply.rawHeaders, name);
    this.#meter = new StreamMeter(call.operation, model.family, inputTokensEstimate, header);
    call.exchange.writeHead(reply.status, relayedHeaders(reply.rawHeaders, this.#attempt));
  }

  data(chunk: Uint8Array): void {
    this.#firstByteAt ??= this.#gateway.clock.monotonic();
    if (this.#meter === undefined) this.#collect(chunk);
    else this.#relayFrames(this.#meter, chunk);
  }

  end(): void {
    this.#finish(() => this.#whole());
  }

  failed(failure: { kind: 'not_sent' | 'broken'; reason: string }): void {
    const reason = this.#abandoned ?? failure.reason;
    this.#finish(() =>
      failure.kind === 'not_sent' ? { kind: 'not_sent', reason } : this.#brokenOff(reason),
    );
  }

  abandon(reason: string): void {
    this.#abandoned ??= reason;
    this.#abort?.();
  }

  #finish(conclude: () => Reply): void {
    this.#gateway.running.ended(this);
    // A timer that is left running would keep the call, its body included, until it fires.
    this.#drainTimer?.cancel();
    const { exchange } = this.#attempt.call;
    exchange.whenGone(undefined);
    exchange.whenDrained(undefined);
    const reply = conclude();
    this.#gateway.crash('after-reply');
    this.#resolve(reply);
  }

  #whole(): Reply {
    const rawHeaders = this.#reply?.rawHeaders ?? [];
    if (this.#meter !== undefined) return this.#streamed(this.#meter, rawHeaders);
    const unsent = Buffer.concat(this.#chunks.slice(this.#flushed));
    return {
      kind: 'whole',
      status: this.#reply?.status ?? 0,
      rawHeaders,
      body: this.#flushed === 0 ? unsent : Buffer.concat(this.#chunks),
      unsent,
      firstByteAt: this.#firstByteAt ?? this.#gateway.clock.monotonic(),
    };
  }

  #brokenOff(reason: string): Reply {
    if (this.#meter === undefined) return { kind: 'broken', reason };
    return this.#streamed(this.#meter, this.#reply?.rawHeaders ?? []);
  }

  #streamed(meter: StreamMeter, rawHeaders: readonly string[]): Reply {
    return {
      kind: 'streamed',
      rawHeaders,
      reading: meter.finish(),
      firstByteAt: this.#firstByteAt,
    };
  }

  #relayFrames(meter: StreamMeter, chunk: Uint8Array): void {
    meter.push(chunk);
    const partial = meter.partialBytes;
    if (partial >= chunk.length && partial > 0) {
      this.#partialFrame.push(chunk);
      return;
    }
    for (const part of this.#partialFrame.splice(0)) this.#write(part);
    const complete = chunk.length - partial;
    this.#write(partial === 0 ? chunk : chunk.subarray(0, complete));
    if (partial > 0) this.#partialFrame.push(chunk.subarray(complete));
  }

  #collect(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#gateway.settings.replyBufferBytesMax) return;
    const { call } = this.#attempt;
    const reply = this.#reply;
    if (reply !== undefined && !call.exchange.headSent) {
      call.exchange.writeHead(reply.status, relayedHeaders(reply.rawHeaders, this.#attempt));
    }
    // All but the last chunk: the end of the reply waits for the settlement.
    while (this.#flushed < this.#chunks.length - 1) {
      const next = this.#chunks[this.#flushed];
      this.#flushed += 1;
      if (next !== undefined) this.#write(next);
    }
  }

  #write(bytes: Uint8Array): void {
    const { exchange } = this.#attempt.call;
    const reply = this.#reply;
    if (exchange.write(bytes) || reply === undefined) return;
    reply.pause();
    exchange.whenDrained(() => reply.resume());
  }
}
