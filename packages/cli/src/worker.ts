/**
 * A process of several that serve one port. It is the gateway as always; the process that watches
 * over all of them tells it when to stop, and carries what the workers tell each other.
 */
import cluster from 'node:cluster';
import type { FellowAnswers, Fellows, News, Settings, WorkerMetrics } from '@tollkeeper/server';
import { runGateway, type RunAs } from './gateway-process.ts';
import type { FromWorker, Order, Pids, ToWorker } from './worker-messages.ts';

/** Serves until it is told to stop, or nobody is left who could. */
export async function runWorker(settings: Settings, as: RunAs): Promise<void> {
  // Else Node ends the process at once when the other is gone, in the middle of its calls.
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
  const channel = new Channel();
  const order = await channel.start();
  const { calls: port, metrics: metricsPort } = order.ports;
  try {
    await runGateway({ ...settings, port, metricsPort }, as, {
      fellows: channel.fellows(order),
      issuerKey: order.issuerKey,
      stopped: channel.stopped,
      preparing: channel.preparing,
      tell: channel.tell,
    });
  } catch (error) {
    // The channel would keep this process alive.
    process.removeAllListeners('disconnect');
    if (process.connected) process.disconnect();
    throw error;
  }
}

/** The channel to the process that watches. */
class Channel {
  readonly #started = Promise.withResolvers<Order>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #preparing = Promise.withResolvers<Pids>();
  readonly #asked = new Map<number, (workers: readonly WorkerMetrics[]) => void>();
  #questions = 0;
  #answers: FellowAnswers | undefined;
  #heard = false;
  /** Resolves when this process is to stop. */
  readonly stopped = this.#stopped.promise;
  /** Resolves when this process is to make what a demo needs. */
  readonly preparing = this.#preparing.promise;
  readonly tell = (message: FromWorker): void => {
    if (process.connected) process.send?.(message);
  };

  start(): Promise<Order> {
    process.on('message', (message) => this.#take(message as ToWorker));
    this.tell({ kind: 'up' });
    return this.#started.promise;
  }

  fellows({ worker }: Order): Fellows {
    const heard = (): boolean => this.#heard;
    return {
      worker,
      answer: (answers) => {
        this.#answers = answers;
      },
      metrics: () => this.#metrics(),
      listen: (wanted) => this.tell({ kind: 'listen', wanted }),
      get heard() {
        return heard();
      },
      tell: (news: News) => this.tell({ kind: 'news', news }),
    };
  }

  #metrics(): Promise<readonly WorkerMetrics[]> {
    const question = (this.#questions += 1);
    const { promise, resolve } = Promise.withResolvers<readonly WorkerMetrics[]>();
    this.#asked.set(question, resolve);
    this.tell({ kind: 'metrics_wanted', question });
    return promise;
  }

  #take(message: ToWorker): void {
    switch (message.kind) {
      case 'start':
        return this.#started.resolve(message.order);
      case 'stop':
        return this.#stopped.resolve();
      case 'prepare_demo':
        return this.#preparing.resolve(message.pids);
      case 'metrics_wanted':
        return this.#tellMetrics(message.question);
      case 'metrics':
        this.#asked.get(message.question)?.(message.workers);
        this.#asked.delete(message.question);
        return;
      case 'heard':
        this.#heard = message.heard;
        return;
      case 'news':
        return this.#answers?.news(message.news);
    }
  }

  #tellMetrics(question: number): void {
    const told = (text: string | null): void => this.tell({ kind: 'own_metrics', question, text });
    if (this.#answers === undefined) told(null);
    else this.#answers.metrics().then(told, () => told(null));
  }
}
