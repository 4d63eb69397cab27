/** Asks the reader and hands out its answers in order. */
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import type { ReadAnswer, ReadQuestion } from './protocol.ts';
import type { WorkerThread } from './worker-thread.ts';

type Waiting = {
  readonly answered: (value: unknown) => void;
  readonly failed: (error: Error) => void;
};

export class ReadQueue {
  readonly #thread: WorkerThread<ReadQuestion | 'close', ReadAnswer>;
  readonly #waiting: Waiting[] = [];
  #broken: StoreUnavailable | undefined;

  constructor(thread: WorkerThread<ReadQuestion | 'close', ReadAnswer>) {
    this.#thread = thread;
    thread.onMessage = (answer) => this.#answer(answer);
  }

  /** The value is what `reader.ts` answers to this question. */
  ask<T>(question: ReadQuestion): Promise<T> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ answered: (value) => resolve(value as T), failed: reject });
      this.#thread.post(question);
    });
  }

  async close(): Promise<void> {
    await this.#thread.close('close');
    this.fail(new StoreUnavailable('The store is closed.'));
  }

  /** Nothing will be answered any more. */
  fail(error: StoreUnavailable): void {
    this.#broken = error;
    for (const waiting of this.#waiting.splice(0)) waiting.failed(error);
  }

  #answer(answer: ReadAnswer): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new Error('The reader answered more than it was asked.');
    if (answer.kind === 'answer') waiting.answered(answer.value);
    else if (answer.unavailable) waiting.failed(new StoreUnavailable(answer.message));
    else waiting.failed(new Error(answer.message));
  }
}
