/** One request of a simulated client, and what it gets to see of the answer. */
import type { Exchange, RequestHead } from '@tollkeeper/server/inside';
import type { Life } from './life.ts';

/** What the client is told in the end. */
export interface Answer {
  readonly status: number;
  /** `x-amzn-errortype`, or the empty string. */
  readonly error: string;
  /** By which the gateway names the call. */
  readonly requestId: string;
  /** What an error says; the empty string without one. */
  readonly message: string;
}

/**
 * See the head of the file. `begun`: an answer begins, and names the call as the upstream does. The
 * body is there whole, as that of most requests.
 */
export class SimulatedExchange implements Exchange {
  readonly method = 'POST';
  readonly target: string;
  readonly request: RequestHead;
  readonly #body: Buffer;
  readonly #life: Life;
  readonly #answered: (answer: Answer) => void;
  readonly #begun: (upstreamId: string) => void;
  #head: { readonly status: number; readonly rawHeaders: readonly string[] } | undefined;
  #message = '';
  #over = false;
  #gone = false;
  #onGone: (() => void) | undefined;

  constructor(
    life: Life,
    sent: { readonly target: string; readonly headers: RequestHead['headers']; body: Buffer },
    answered: (answer: Answer) => void,
    begun: (upstreamId: string) => void = () => undefined,
  ) {
    this.#life = life;
    this.target = sent.target;
    this.request = { headers: sent.headers, httpVersionMajor: 1, complete: true };
    this.#body = sent.body;
    this.#answered = answered;
    this.#begun = begun;
  }

  get gone(): boolean {
    return this.#gone;
  }

  get headSent(): boolean {
    return this.#head !== undefined;
  }

  header(name: string): string | undefined {
    return this.request.headers[name] as string | undefined;
  }

  readBody(
    limits: Parameters<Exchange['readBody']>[0],
    buffered: Parameters<Exchange['readBody']>[1],
  ): ReturnType<Exchange['readBody']> {
    const { length } = this.#body;
    if (this.#gone) return { kind: 'incomplete' };
    if (length > limits.bodyBytesMax) return { kind: 'too_large', max: limits.bodyBytesMax };
    if (!buffered.take(length)) return { kind: 'crowded' };
    return { kind: 'read', body: this.#body, release: () => buffered.give(length) };
  }

  whenGone(then: (() => void) | undefined): void {
    this.#onGone = then;
    if (this.#gone) then?.();
  }

  whenDrained(): void {}

  writeHead(status: number, rawHeaders: readonly string[]): void {
    if (this.#head !== undefined) return;
    this.#head = { status, rawHeaders };
    const upstreamId = this.#told('x-amzn-requestid');
    if (status === 200 && upstreamId !== '' && !this.#gone) this.#begun(upstreamId);
  }

  write(): boolean {
    return true;
  }

  end(): void {
    if (this.#over || this.#gone || !this.#life.isAlive) return;
    this.#over = true;
    this.#answered({
      status: this.#head?.status ?? 0,
      error: this.#told('x-amzn-errortype'),
      requestId: this.#told('x-tollkeeper-request-id'),
      message: this.#message,
    });
  }

  endEarly(body: Uint8Array): void {
    this.#message = Buffer.from(body).toString();
    this.end();
  }

  destroy(): void {
    this.#head = { status: 0, rawHeaders: [] };
    this.end();
  }

  /** The client leaves. Called as something that reaches the process. */
  leave(): void {
    if (this.#over || this.#gone) return;
    this.#gone = true;
    this.#onGone?.();
  }

  /** A header of the answer; the empty string where there is none. */
  #told(name: string): string {
    const { rawHeaders } = this.#head ?? { rawHeaders: [] };
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      if (rawHeaders[i]?.toLowerCase() === name) return rawHeaders[i + 1] ?? '';
    }
    return '';
  }
}
