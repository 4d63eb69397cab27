/**
 * Carries reports from the spool to the service in the background: in batches, in order, each until
 * the service has it or refuses it for good. What fails is tried again for as long as it takes.
 */
import { ApiError, type ApiResult } from '@tollkeeper/contract';
import { askedMs, waitMs } from './back-off.ts';
import { NotAuthorised } from './tokens.ts';
import type { Outside } from './outside.ts';
import { wordsOf, type OnProblem } from './problem.ts';
import type { Submission } from './reports.ts';
import type { DeadLetter } from './spool/dead-letters.ts';
import type { Spool, Spooled } from './spool/spool.ts';
import { isAboutContent, verdictsOf } from './verdict.ts';

export interface DelivererOptions {
  readonly spool: Spool;
  readonly send: (reports: readonly Submission[]) => Promise<ApiResult<'submitUsageBatch'>>;
  readonly outside: Outside;
  readonly onProblem: OnProblem;
  /** Reports of one batch, at most. */
  readonly batchMax: number;
  /** How long the first report waits for others to go with it. */
  readonly lingerMs: number;
}

/** Why it does nothing at the moment. */
type Rest = 'idle' | 'lingering' | 'backing_off';

/** Thrown through what is left to do when the end has come. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #running: Promise<void>;
  #resting: { readonly rest: Rest; readonly wake: () => void } | undefined;
  /** How many wait for the spool to be empty. */
  #hurry = 0;
  #failures = 0;
  #stopped = false;
  #whenEmpty: (() => void)[] = [];
  #problem: string | null = null;
  /** Whether a report came since the spool was read last. */
  #poked = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** What the last attempt failed with; null when it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  /** A report was added to the spool. */
  poke(): void {
    const { spool, batchMax } = this.#options;
    const rest = this.#resting?.rest;
    this.#poked = true;
    if (rest === 'idle' || (rest === 'lingering' && spool.pending >= batchMax)) this.#wake();
  }

  /** Delivers without waiting for company. True once nothing is left, false after `withinMs`. */
  async flush(withinMs: number): Promise<boolean> {
    const { spool, outside } = this.#options;
    if (spool.pending === 0) return true;
    this.#hurry += 1;
    this.#wake();
    let callOff = (): void => {};
    const empty = new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
    const late = new Promise<void>((resolve) => {
      callOff = outside.after(withinMs, resolve, true);
    });
    await Promise.race([empty, late]);
    callOff();
    this.#hurry -= 1;
    return spool.pending === 0;
  }

  /** Ends: what is under way is left, to be sent again by the next one. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await this.#running;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#step();
      } catch (error) {
        if (!(error instanceof Stopped)) await this.#backOff(error);
      }
    }
    this.#tellEmpty();
  }

  async #step(): Promise<void> {
    const { spool, batchMax, lingerMs } = this.#options;
    this.#poked = false;
    const read = await spool.read(batchMax);
    const last = read.at(-1);
    if (last === undefined) {
      this.#tellEmpty();
      if (!this.#poked) await this.#rest('idle', null);
      const alone = this.#hurry === 0 && spool.pending < batchMax;
      if (alone) await this.#rest('lingering', lingerMs);
      return;
    }
    await this.#deliver(read);
    await spool.acknowledge(last.behind, read.length);
  }

  async #deliver(read: readonly Spooled[]): Promise<void> {
    const reports = read.flatMap(({ line }) =>
      // Every line was checked when it was written, and its sum when it was read.
      line.kind === 'record' ? [line.value as Submission] : [],
    );
    const damaged = read.flatMap(({ line }) => (line.kind === 'damaged' ? [line.text] : []));
    const message = 'It was damaged on disk.';
    await this.#setAside(damaged.map((record) => ({ code: 'DAMAGED', message, record })));
    await this.#deliverReports(reports);
  }

  /** Resolves once each is delivered or set aside. Rejects when stopped, or the disk fails. */
  async #deliverReports(reports: readonly Submission[]): Promise<void> {
    let left = reports;
    for (let answers = 0; left.length > 0;) {
      if (this.#stopped) throw new Stopped();
      try {
        const answer = await this.#options.send(left);
        left = await this.#sort(left, answer, (answers += 1));
        if (left.length > 0) continue;
        this.#failures = 0;
        this.#problem = null;
      } catch (error) {
        if (isAboutContent(error)) left = await this.#withoutSpoiling(left, error);
        else await this.#backOff(error);
      }
    }
  }

  /** One of them spoils the batch: by halves it is found, and the others go on. */
  async #withoutSpoiling(reports: readonly Submission[], error: ApiError): Promise<readonly []> {
    if (reports.length > 1) {
      const middle = Math.ceil(reports.length / 2);
      await this.#deliverReports(reports.slice(0, middle));
      await this.#deliverReports(reports.slice(middle));
      return [];
    }
    const { message } = error;
    const code = error.code ?? `HTTP_${error.status}`;
    await this.#setAside(reports.map((record) => ({ code, message, record })));
    return [];
  }

  /** Sets aside what was refused and returns what is to be sent again, after a while. */
  async #sort(
    reports: readonly Submission[],
    answer: ApiResult<'submitUsageBatch'>,
    answers: number,
  ): Promise<readonly Submission[]> {
    const verdicts = verdictsOf(reports, answer, answers);
    const refused: Omit<DeadLetter, 'at'>[] = [];
    const again: Submission[] = [];
    let why = '';
    for (const [i, record] of reports.entries()) {
      const verdict = verdicts[i];
      if (verdict === undefined || verdict.kind === 'accepted') continue;
      const { code, message } = verdict;
      if (verdict.kind === 'refused') refused.push({ code, message, record });
      else {
        again.push(record);
        why = `${code}: ${message}`;
      }
    }
    await this.#setAside(refused);
    if (again.length > 0) {
      await this.#backOff(new Error(`${again.length} of ${reports.length} not taken yet: ${why}`));
    }
    return again;
  }

  async #setAside(letters: readonly Omit<DeadLetter, 'at'>[]): Promise<void> {
    if (letters.length === 0) return;
    const { spool, outside, onProblem } = this.#options;
    const at = new Date(outside.now()).toISOString();
    await spool.setAside(letters.map((letter) => ({ at, ...letter })));
    const [first] = letters;
    const file = spool.deadLetterFile;
    const why = `the first: ${first?.code}: ${first?.message}`;
    const message = `${letters.length} reports of usage were refused and are in ${file}; ${why}`;
    onProblem({ kind: 'set_aside', message });
  }

  async #backOff(error: unknown): Promise<void> {
    if (this.#stopped) return;
    const { outside, onProblem, spool } = this.#options;
    this.#failures += 1;
    this.#problem = wordsOf(error);
    if (this.#failures === 1) {
      const message = `${spool.pending} reports of usage wait on disk: ${this.#problem}`;
      onProblem({ kind: 'delivery', message, error });
    }
    const asked = askedMs(retryAfterOf(error), outside.now());
    await this.#rest('backing_off', waitMs(this.#failures, outside.random(), asked));
  }

  /** Until `ms` have passed, or something wakes it. */
  async #rest(rest: Rest, ms: number | null): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const callOff = ms === null ? () => {} : this.#options.outside.after(ms, resolve);
      this.#resting = {
        rest,
        wake: () => {
          callOff();
          resolve();
        },
      };
    });
    this.#resting = undefined;
  }

  #wake(): void {
    this.#resting?.wake();
  }

  #tellEmpty(): void {
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

function retryAfterOf(error: unknown): string | null {
  return error instanceof ApiError || error instanceof NotAuthorised ? error.retryAfter : null;
}
