/**
 * Gathers commands into messages to the writer, and hands out its answers in the order of the
 * commands.
 *
 * A message costs far more than a command in it: it is cloned, it wakes a thread, and where cores
 * are few the woken thread takes the core away. So one message is on its way at a time, and
 * everything else waits to be in the next: the busier it gets, the larger the groups.
 */
import type { BudgetState } from '../../ports/ledger-store.ts';
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import type { Committed, ToWriter, WriteAnswer, WriteCommand } from './protocol.ts';
import type { WorkerThread } from './worker-thread.ts';

/** Takes the answer to one command, with the states that its indexes point into. */
type Waiting = {
  readonly answered: (answer: WriteAnswer, states: readonly BudgetState[]) => void;
  readonly failed: (error: Error) => void;
};

/** Commands on their way beyond which no new call is taken on. */
const WAITING_MAX = 20_000;

/** Commands of one message: in a long turn the writer begins while others are added. */
const BATCH_MAX = 128;

export class WriteQueue {
  readonly #thread: WorkerThread<ToWriter, Committed>;
  #batch: WriteCommand[] = [];
  #waiting: Waiting[] = [];
  /** Index of the oldest in `#waiting` that is not answered. */
  #head = 0;
  #scheduled = false;
  /** Commands of the message that is on its way; 0: none is. */
  #sent = 0;
  #broken: StoreUnavailable | undefined;
  readonly #onCommitted: (commands: number) => void;

  constructor(thread: WorkerThread<ToWriter, Committed>, onCommitted: (commands: number) => void) {
    this.#thread = thread;
    this.#onCommitted = onCommitted;
    thread.onMessage = (committed) => this.#answer(committed);
  }

  /** Whether so much is on its way that new calls are better refused. */
  get full(): boolean {
    return this.#waiting.length - this.#head >= WAITING_MAX;
  }

  /** Sends a command. Never refuses for fullness: a settlement has to get through. */
  send<T>(
    command: WriteCommand,
    read: (answer: WriteAnswer, states: readonly BudgetState[]) => T,
  ): Promise<T> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise<T>((resolve, reject) => {
      this.#batch.push(command);
      this.#waiting.push({
        answered: (answer, states) => resolve(read(answer, states)),
        failed: reject,
      });
      if (this.#sent > 0) return;
      if (this.#batch.length >= BATCH_MAX) this.#flush();
      else this.#flushAfterThisTurn();
    });
  }

  /** Between the groups that surround it. */
  restartLog(): void {
    this.#flush();
    this.#thread.post({ control: 'restart_log' });
  }

  /** Sends what has gathered; then the thread ends after its last commit. */
  async close(): Promise<void> {
    this.#flush();
    await this.#thread.close({ control: 'close' });
    this.fail(new StoreUnavailable('The store is closed.'));
  }

  /** Nothing will be answered any more. */
  fail(error: StoreUnavailable): void {
    this.#broken = error;
    for (const waiting of this.#waiting.slice(this.#head)) waiting.failed(error);
    this.#waiting = [];
    this.#head = 0;
  }

  #flush(): void {
    if (this.#batch.length === 0 || this.#broken !== undefined) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#sent += batch.length;
    this.#thread.post(batch);
  }

  #flushAfterThisTurn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#sent === 0) this.#flush();
    });
  }

  #answer({ states, answers }: Committed): void {
    for (const answer of answers) {
      const waiting = this.#waiting[this.#head];
      if (waiting === undefined) throw new Error('The writer answered more than it was asked.');
      this.#head += 1;
      if ('kind' in answer && answer.kind === 'failed') {
        const Failure = answer.unavailable ? StoreUnavailable : Error;
        waiting.failed(new Failure(answer.message));
      } else waiting.answered(answer, states);
    }
    if (this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    this.#sent -= answers.length;
    if (this.#batch.length > 0) this.#flushAfterThisTurn();
    this.#onCommitted(answers.length);
  }
}
