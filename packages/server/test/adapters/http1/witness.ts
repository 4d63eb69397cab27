/**
 * An observer that holds an upstream to its law (sent? written? head? data* then end or failed,
 * once) and keeps what it was told. A breach is kept, and thrown wherever the test looks next.
 */
import {
  http1Upstream,
  type Http1UpstreamOptions,
} from '../../../src/adapters/http1/http1-upstream.ts';
import type {
  Upstream,
  UpstreamFailure,
  UpstreamObserver,
  UpstreamReply,
} from '../../../src/ports/upstream.ts';

const STEPS = ['nothing', 'sent', 'written', 'head', 'data', 'over'] as const;
type Step = (typeof STEPS)[number];

export type Outcome =
  | { readonly status: number; readonly body: string }
  | (UpstreamFailure & { readonly status: number | null; readonly body: string });

export class Witness implements UpstreamObserver {
  readonly steps: Step[] = [];
  reply: UpstreamReply | undefined;
  bytes = 0;
  abort: () => void = () => undefined;
  /** Called with each step after it was kept. */
  readonly #on: (step: Step, witness: Witness) => void;
  readonly #parts: Uint8Array[] = [];
  readonly #over = Promise.withResolvers<Outcome>();
  readonly #waits: { readonly step: Step; readonly resolve: () => void }[] = [];
  #last: Step = 'nothing';
  #breach: Error | undefined;

  constructor(on: (step: Step, witness: Witness) => void = () => undefined) {
    this.#on = on;
  }

  sent(abort: () => void): void {
    this.abort = abort;
    this.#step('sent', ['nothing']);
  }

  written(): void {
    this.#step('written', ['sent']);
  }

  head(reply: UpstreamReply): void {
    this.reply = reply;
    this.#step('head', ['written']);
  }

  data(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.bytes < 1_000_000) this.#parts.push(chunk);
    this.#step('data', ['head', 'data']);
  }

  end(): void {
    this.#step('over', ['head', 'data']);
    this.#over.resolve({ status: this.reply?.status ?? 0, body: this.#body() });
  }

  failed(failure: UpstreamFailure): void {
    // Nothing has left as long as `written` was not told.
    const allowed: Step[] =
      failure.kind === 'not_sent' ? ['nothing', 'sent'] : ['written', 'head', 'data'];
    this.#step('over', allowed);
    this.#over.resolve({ ...failure, status: this.reply?.status ?? null, body: this.#body() });
  }

  /** How it ended. */
  async outcome(): Promise<Outcome> {
    const outcome = await this.#over.promise;
    // Whatever was going to be told twice has been by the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#breach !== undefined) throw this.#breach;
    return outcome;
  }

  /** Resolves once a step has come. */
  reached(step: Step): Promise<void> {
    if (this.steps.includes(step)) return Promise.resolve();
    return new Promise((resolve) => this.#waits.push({ step, resolve }));
  }

  #step(step: Step, after: readonly Step[]): void {
    if (!after.includes(this.#last)) this.#breach ??= new Error(`${step} after ${this.#last}`);
    this.#last = step;
    this.steps.push(step);
    for (const wait of this.#waits) if (wait.step === step) wait.resolve();
    this.#on(step, this);
  }

  #body(): string {
    return Buffer.concat(this.#parts).toString('latin1');
  }
}

/** An upstream that needs no credentials; everything is patient unless told otherwise. */
export function openUpstream(
  origin: string,
  options: Partial<Omit<Http1UpstreamOptions, 'origin'>> = {},
): Upstream {
  return http1Upstream({
    origin,
    authorizer: { authorize: ({ headers }) => ({ ...headers }) },
    connectionsMax: 4,
    connectTimeoutMs: 60_000,
    headersTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    ...options,
  });
}

/** Sends a request and returns its witness. */
export function ask(
  upstream: Upstream,
  body: string | Uint8Array = '',
  on?: (step: Step, witness: Witness) => void,
): Witness {
  const witness = new Witness(on);
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  upstream.send({ path: '/model/m/converse', headers: { 'x-a': 'b' }, body: bytes }, witness);
  return witness;
}
