/** How the model service answers: whole, or as a stream that may be cut anywhere. */
import type { UpstreamObserver } from '@tollkeeper/server/inside';
import { answerFrames, exceptionOf } from './event-frames.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';
import type { Billed } from './upstream.ts';

export type Fate =
  | { readonly kind: 'not_connected' }
  | { readonly kind: 'reset'; readonly billed: boolean }
  | { readonly kind: 'error'; readonly status: number }
  | { readonly kind: 'answer'; readonly usageShown: boolean }
  /** A stream that ends after so many of its parts, or in the middle of the next one. */
  | { readonly kind: 'cut'; readonly after: number; readonly inFrame: boolean }
  /** A stream in which a failure is named before there is any output, or after some. */
  | { readonly kind: 'exception'; readonly late: boolean };

/** What an observer is told, step by step, and whether the last one is that of all usage. */
export interface Course {
  readonly steps: readonly ((observer: UpstreamObserver) => void)[];
  readonly isTold: boolean;
}

/** Whether the service bills for a request that comes to this. */
export function isBilled(fate: Fate): boolean {
  switch (fate.kind) {
    case 'answer':
    case 'cut':
      return true;
    case 'reset':
      return fate.billed;
    case 'exception':
      return fate.late;
    default:
      return false;
  }
}

/** What is to be told of a request. */
export function courseOf(fate: Fate, billed: Billed, streams: boolean): Course {
  switch (fate.kind) {
    case 'not_connected':
      throw new Error('What was not connected has no answer.');
    case 'reset':
      return { steps: [(told) => told.failed(RESET)], isTold: false };
    case 'error':
      return { steps: [(told) => reply(told, fate.status, { message: 'No.' })], isTold: false };
    case 'answer':
      if (streams) return { steps: streamed(billed, fate.usageShown), isTold: fate.usageShown };
      return {
        steps: [(told) => reply(told, 200, answerOf(billed, fate.usageShown))],
        isTold: fate.usageShown,
      };
    case 'cut':
      return cutAfter(fate, billed);
    case 'exception':
      return { steps: namedFailure(billed, fate.late), isTold: false };
  }
}

/** Parts of a stream that is whole, for whoever chooses where to cut it. */
export function partsOfStream(random: Random): number {
  return random.below(STREAM_PARTS + 1);
}

const RESET = { kind: 'broken', reason: 'reset' } as const;
const TEXT = ['Hi', ' there', '.'];
/** Frames of a whole stream: text, its start and stop, the end of the message, usage. */
const STREAM_PARTS = TEXT.length + 4;

function streamed(billed: Billed, usageShown: boolean): Course['steps'] {
  const frames = answerFrames({ text: TEXT, usage: usageShown ? usageOf(billed) : null });
  return [streamHead(billed), ...frames.map(dataOf), (told) => told.end()];
}

function cutAfter({ after, inFrame }: Fate & { kind: 'cut' }, billed: Billed): Course {
  const frames = answerFrames({ text: TEXT, usage: usageOf(billed) });
  const whole = frames.slice(0, after);
  const next = inFrame ? frames[after]?.subarray(0, 10) : undefined;
  const told = next === undefined ? whole : [...whole, next];
  return {
    steps: [streamHead(billed), ...told.map(dataOf), (observer) => observer.failed(RESET)],
    isTold: after >= frames.length,
  };
}

function namedFailure(billed: Billed, late: boolean): Course['steps'] {
  const begun = late ? answerFrames({ text: TEXT, usage: usageOf(billed) }).slice(0, 3) : [];
  const frames = [...begun, exceptionOf('It failed.')];
  return [streamHead(billed), ...frames.map(dataOf), (told) => told.end()];
}

/** It names the call as the service does. */
function streamHead({ attempt_id }: Billed): (told: UpstreamObserver) => void {
  const type = ['content-type', 'application/vnd.amazon.eventstream'];
  const rawHeaders = [...type, 'x-amzn-requestid', `aws-${attempt_id}`];
  return (told) => {
    told.head({ status: 200, rawHeaders, pause: () => undefined, resume: () => undefined });
  };
}

function dataOf(frame: Uint8Array): (observer: UpstreamObserver) => void {
  return (observer) => observer.data(frame);
}

function answerOf(billed: Billed, usageShown: boolean): object {
  return {
    output: { message: { role: 'assistant', content: [{ text: 'Hi' }] } },
    stopReason: 'end_turn',
    metrics: { latencyMs: 1 },
    ...(usageShown ? { usage: usageOf(billed) } : {}),
  };
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

/**
 * One exchange as its observer is told of it: in the order in which it was told, also by a process
 * that stood still meanwhile, and nothing more once it has ended.
 */
export class Exchanged {
  readonly #life: Life;
  readonly #observer: UpstreamObserver;
  readonly #ended: () => void;
  readonly #queue: ((observer: UpstreamObserver) => void)[] = [];
  #isOver = false;

  /** `ended` is called when the observer is told the end, right before. */
  constructor(life: Life, observer: UpstreamObserver, ended: () => void) {
    this.#life = life;
    this.#observer = observer;
    this.#ended = ended;
  }

  abortedBy(abort: (reason: string) => void): void {
    this.#observer.sent(() => abort('aborted'));
    this.#observer.written();
  }

  tell(step: (observer: UpstreamObserver) => void): void {
    this.#queue.push(step);
    this.#life.deliver(`${this.#life.name} upstream tells`, () => {
      const next = this.#queue.shift();
      if (!this.#isOver) next?.(this.#observer);
    });
  }

  /** As `tell`, of what ends it. */
  end(step: (observer: UpstreamObserver) => void): void {
    this.tell((observer) => {
      this.#isOver = true;
      this.#ended();
      step(observer);
    });
  }
}
