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
import { courseOf, Exchanged, isBilled, partsOfStream, type Fate } from './upstream-answer.ts';
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
    const { model, maxTokens, textBytes, streams } = readRequest(request);
    const fate = this.#drawFate(streams);
    const running = new Exchanged(life, observer, () => auditor.ended(attempt));
    trace.tell(() => `${life.name} sends ${attempt}: ${JSON.stringify(fate)}`);
    if (fate.kind === 'not_connected') {
      timeline.after(CONNECT_MS, `${life.name} upstream not connected`, () =>
        running.end((told) => told.failed({ kind: 'not_sent', reason: 'connection_refused' })),
      );
      return;
    }
    // From here on bytes leave the process: what is not durable now never may have been needed.
    auditor.dispatched(attempt, life);
    running.abortedBy((reason) => {
      timeline.after(1, `${life.name} upstream aborted`, () =>
        running.end((told) => told.failed({ kind: 'broken', reason })),
      );
    });
    const billed = this.#use(attempt, model, maxTokens, textBytes);
    // The request reaches the service although its sender may die on the way.
    timeline.after(CONNECT_MS, `upstream gets ${attempt}`, () => {
      if (isBilled(fate)) this.#bill(billed);
    });
    const ms = this.#latency();
    const { steps, isTold } = courseOf(fate, billed, streams);
    for (const [index, step] of steps.entries()) {
      const isLast = index === steps.length - 1;
      // The first half of the time passes before there is anything.
      const at = isLast ? ms : (ms * (1 + index / steps.length)) / 2;
      timeline.after(at, `${life.name} upstream ${isLast ? 'ends' : 'goes on'}`, () => {
        if (!isLast) running.tell(step);
        else {
          running.end((told) => {
            step(told);
            if (isTold) auditor.told(attempt, life);
          });
        }
      });
    }
  }

  #drawFate(streams: boolean): Fate {
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
    if (streams && random.chance(weather.streamCut)) {
      if (random.chance(0.3)) {
        tally.count('stream_exception');
        return { kind: 'exception', late: random.chance(0.6) };
      }
      tally.count('stream_cut');
      return { kind: 'cut', after: partsOfStream(random), inFrame: random.chance(0.5) };
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

function readRequest({ path, body }: UpstreamRequest): {
  model: string;
  maxTokens: number;
  textBytes: number;
  streams: boolean;
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
    streams: path.endsWith('/converse-stream'),
  };
}
