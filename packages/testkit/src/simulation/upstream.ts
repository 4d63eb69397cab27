/**
 * The model service: it bills what reaches it, whatever becomes of the answer, and keeps a book of
 * it by attempt id. It knows nothing of budgets, holds or entries, which is why the auditor may
 * believe it.
 */
import {
  ATTEMPT_HEADER,
  type Upstream,
  type UpstreamObserver,
  type UpstreamRequest,
} from '@tollkeeper/server/inside';
import { outputMaximumOf } from './catalogue.ts';
import type { Life } from './life.ts';
import type { World } from './world.ts';

/** What was billed for one attempt. */
export interface Billed {
  readonly attempt_id: string;
  readonly model_id: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  /** More output than the request had asked for at most. */
  readonly overBound: boolean;
}

const CONNECT_MS = 2;
const HANGS_MS = 25_000;
const STATUSES = [400, 403, 429, 500, 503, 424];

type Fate =
  | { readonly kind: 'not_connected' }
  | { readonly kind: 'reset'; readonly billed: boolean }
  | { readonly kind: 'error'; readonly status: number }
  | { readonly kind: 'answer'; readonly usageShown: boolean };

/** See the head of the file. One for the whole world. */
export class SimulatedUpstream {
  readonly #world: World;
  /** By attempt id; one that was billed twice is a violation and stays here twice. */
  readonly book: Billed[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** The port of one life. */
  portOf(life: Life): Upstream {
    let closed = false;
    return {
      send: (request, observer) => {
        if (closed) observer.failed({ kind: 'not_sent', reason: 'closed' });
        else this.#send(life, request, observer);
      },
      close: async () => {
        closed = true;
      },
    };
  }

  #send(life: Life, request: UpstreamRequest, observer: UpstreamObserver): void {
    if (!life.isAlive) return;
    const { timeline, auditor, trace } = this.#world;
    const attempt = request.headers[ATTEMPT_HEADER] ?? '';
    const fate = this.#drawFate();
    const running = new Exchanged(life, observer);
    trace.tell(() => `${life.name} sends ${attempt}: ${JSON.stringify(fate)}`);
    if (fate.kind === 'not_connected') {
      timeline.after(CONNECT_MS, `${life.name} upstream not connected`, () =>
        running.tell((told) => told.failed({ kind: 'not_sent', reason: 'connection_refused' })),
      );
      return;
    }
    // From here on bytes leave the process: what is not durable now never may have been needed.
    auditor.dispatched(attempt, life.name);
    running.abortedBy((reason) => {
      timeline.after(1, `${life.name} upstream aborted`, () =>
        running.tell((told) => told.failed({ kind: 'broken', reason })),
      );
    });
    const { model, maxTokens, textBytes } = readRequest(request);
    const billed = this.#use(attempt, model, maxTokens, textBytes);
    // The request reaches the service although its sender may die on the way.
    timeline.after(CONNECT_MS, `upstream gets ${attempt}`, () => {
      if (fate.kind === 'answer' || (fate.kind === 'reset' && fate.billed)) this.#bill(billed);
    });
    const ms = this.#latency();
    timeline.after(ms, `${life.name} upstream ends`, () =>
      running.tell((told) => answer(told, fate, billed)),
    );
  }

  #drawFate(): Fate {
    const { random, weather, isCalm, tally } = this.#world;
    if (isCalm) return { kind: 'answer', usageShown: true };
    if (random.chance(weather.notConnected)) {
      tally.count('not_connected');
      return { kind: 'not_connected' };
    }
    if (random.chance(weather.reset)) {
      const billed = random.chance(0.5);
      tally.count(billed ? 'reset_after_read' : 'reset_before_read');
      return { kind: 'reset', billed };
    }
    if (random.chance(weather.upstreamError)) {
      tally.count('upstream_error');
      return { kind: 'error', status: random.pick(STATUSES) };
    }
    const hidden = random.chance(weather.hiddenUsage);
    if (hidden) tally.count('hidden_usage');
    return { kind: 'answer', usageShown: !hidden };
  }

  #use(attempt_id: string, model_id: string, maxTokens: number, textBytes: number): Billed {
    const { random, weather, isCalm } = this.#world;
    const overBound = !isCalm && random.chance(weather.overBound);
    const worst = weather.worstTokens || random.chance(0.1);
    const output = worst ? maxTokens : 1 + random.below(maxTokens);
    return {
      attempt_id,
      model_id,
      input_tokens: worst ? textBytes : 1 + random.below(textBytes),
      output_tokens: overBound ? maxTokens + 1 + random.below(5 * maxTokens) : output,
      overBound,
    };
  }

  #bill(billed: Billed): void {
    if (billed.overBound) this.#world.tally.count('over_bound');
    this.book.push(billed);
    this.#world.trace.tell(() => `billed ${JSON.stringify(billed)}`);
  }

  #latency(): number {
    const { random, isCalm } = this.#world;
    if (isCalm) return 20;
    const draw = random.next();
    if (draw < 0.02) return HANGS_MS;
    return draw < 0.1 ? random.between(1_000, 15_000) : 5 + random.exponential(700);
  }
}

/** One exchange as its observer is told of it: once ended, nothing more is told. */
class Exchanged {
  readonly #life: Life;
  readonly #observer: UpstreamObserver;
  #ended = false;

  constructor(life: Life, observer: UpstreamObserver) {
    this.#life = life;
    this.#observer = observer;
  }

  abortedBy(abort: (reason: string) => void): void {
    this.#observer.sent(() => abort('aborted'));
    this.#observer.written();
  }

  tell(end: (observer: UpstreamObserver) => void): void {
    this.#life.deliver(`${this.#life.name} upstream tells`, () => {
      if (this.#ended) return;
      this.#ended = true;
      end(this.#observer);
    });
  }
}

function answer(told: UpstreamObserver, fate: Fate, billed: Billed): void {
  switch (fate.kind) {
    case 'not_connected':
      throw new Error('What was not connected has no answer.');
    case 'reset':
      told.failed({ kind: 'broken', reason: 'reset' });
      return;
    case 'error':
      reply(told, fate.status, { message: 'No.' });
      return;
    case 'answer':
      reply(told, 200, {
        output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
        stopReason: 'end_turn',
        metrics: { latencyMs: 1 },
        ...(fate.usageShown ? { usage: usageOf(billed) } : {}),
      });
  }
}

function usageOf({ input_tokens, output_tokens }: Billed): object {
  const totalTokens = input_tokens + output_tokens;
  return { inputTokens: input_tokens, outputTokens: output_tokens, totalTokens };
}

function reply(told: UpstreamObserver, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  const rawHeaders = ['content-type', 'application/json', 'content-length', String(bytes.length)];
  told.head({ status, rawHeaders, pause: () => undefined, resume: () => undefined });
  told.data(bytes);
  told.end();
}

function readRequest({ path, body }: UpstreamRequest): {
  model: string;
  maxTokens: number;
  textBytes: number;
} {
  const model = decodeURIComponent(/^\/model\/([^/]+)\//.exec(path)?.[1] ?? '');
  const parsed = JSON.parse(Buffer.from(body).toString()) as {
    messages: { content: { text: string }[] }[];
    inferenceConfig?: { maxTokens?: number };
  };
  return {
    model,
    maxTokens: parsed.inferenceConfig?.maxTokens ?? outputMaximumOf(model),
    textBytes: parsed.messages[0]?.content[0]?.text.length ?? 1,
  };
}
