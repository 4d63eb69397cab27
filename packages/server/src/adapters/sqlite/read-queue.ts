/**
 * Asks the reader and hands out its answers in order. Questions of one turn of the event loop go in
 * one message, and are answered by one: waking a thread costs more than a short question does.
 */
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import type { ReadAnswer, ReadQuestion } from './protocol.ts';
import type { WorkerThread } from './worker-thread.ts';

type Waiting = {
  readonly answered: (value: unknown) => void;
  readonly failed: (error: Error) => void;
};

export class ReadQueue {
  readonly #thread: WorkerThread<readonly ReadQuestion[] | 'close', readonly ReadAnswer[]>;
  readonly #waiting: Waiting[] = [];
  #batch: ReadQuestion[] = [];
  /** Questions of the batch that whoever comes before it is sent may share. */
  readonly #shared = new Map<ReadQuestion['op'], Promise<unknown>>();
  #broken: StoreUnavailable | undefined;

  constructor(thread: WorkerThread<readonly ReadQuestion[] | 'close', readonly ReadAnswer[]>) {
    this.#thread = thread;
    thread.onMessage = (answers) => {
      for (const answer of answers) this.#answer(answer);
    };
  }

  /** The value is what `reader.ts` answers to this question. */
  ask<T>(question: ReadQuestion): Promise<T> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ answered: (value) => resolve(value as T), failed: reject });
      if (this.#batch.push(question) === 1) setImmediate(() => this.#flush());
    });
  }

  /**
   * As `ask`, of a question without arguments: all that ask in one turn get the same answer, which
   * is read after the last of them has asked.
   */
  askTogether<T>(question: ReadQuestion): Promise<T> {
    const asked = this.#shared.get(question.op);
    if (asked !== undefined) return asked as Promise<T>;
    const asking = this.ask<T>(question);
    this.#shared.set(question.op, asking);
    return asking;
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#thread.close('close');
    this.fail(new StoreUnavailable('The store is closed.'));
  }

  /** Nothing will be answered any more. */
  fail(error: StoreUnavailable): void {
    this.#broken = error;
    for (const waiting of this.#waiting.splice(0)) waiting.failed(error);
  }

  #flush(): void {
    if (this.#batch.length === 0 || this.#broken !== undefined) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#shared.clear();
    this.#thread.post(batch);
  }

  #answer(answer: ReadAnswer): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new Error('The reader answered more than it was asked.');
    if (answer.kind === 'answer') waiting.answered(answer.value);
    else if (answer.unavailable) waiting.failed(new StoreUnavailable(answer.message));
    else waiting.failed(new Error(answer.message));
  }
}
