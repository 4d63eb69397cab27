/**
 * The store of rate limits over a SQLite file that all processes of a data directory share. What
 * is asked in one turn of the event loop goes to the thread as one message and is one transaction;
 * one message is on its way at a time, and everything else waits to be in the next.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { WindowRule } from '@tollkeeper/core';
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import type {
  Counted,
  FinishRates,
  RateStore,
  TakenRates,
  TakeRates,
} from '../../ports/rate-store.ts';
import { ANSWERED } from './protocol.ts';
import type { FromRates, RateAnswer, RateCommand, ToRates } from './protocol.ts';
import { prepareRatesFile } from './rates-file.ts';

/** Where and how to open. The directory of `path` exists. */
export interface SqliteRatesOptions {
  readonly path: string;
  /** The thread ended by itself, which only a defect brings about. */
  readonly onFatal: (error: Error) => void;
  /** How long an answer may take before the store counts as failing. */
  readonly answerMsMax?: number;
  /** How long a group waits for another process that writes; shorter than `answerMsMax`. */
  readonly busyTimeoutMs?: number;
}

const ANSWER_MS_MAX = 2_000;
const BUSY_TIMEOUT_MS = 1_500;
/** When what has to be carried out is tried again after a failure. */
const AGAIN_MS = 250;
/** Requests that may wait; the next one is told that the store does not keep up. */
const WAITING_MAX = 20_000;

/** Opens the store; the file is made when it is missing or broken. Rejects when it cannot be. */
export async function openSqliteRates(options: SqliteRatesOptions): Promise<RateStore> {
  const file = { path: options.path, busyTimeoutMs: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS };
  prepareRatesFile(file);
  const entry = new URL(`./rates-worker${EXTENSION}`, import.meta.url);
  const worker = new Worker(entry, { workerData: file, name: 'tollkeeper-rates' });
  // Its start is no answer that takes too long.
  await once(worker, 'message');
  return new SqliteRates(worker, options);
}

interface WaitingCount {
  readonly resolve: (counted: Counted) => void;
  readonly reject: (error: Error) => void;
}

interface WaitingCommand {
  readonly command: RateCommand;
  readonly resolve: (answer: RateAnswer) => void;
  /** Null: it has to be carried out, however late. */
  readonly reject: ((error: Error) => void) | null;
}

interface Sent {
  readonly counts: readonly WaitingCount[];
  readonly commands: readonly WaitingCommand[];
}

/** Sources run as they are; what is packed for users is compiled. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

class SqliteRates implements RateStore {
  readonly #worker: Worker;
  readonly #answerMsMax: number;
  #asked: (string | number)[] = [];
  #counts: WaitingCount[] = [];
  #commands: WaitingCommand[] = [];
  /** What the message holds that is on its way; undefined: none is. */
  #sent: Sent | undefined;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  /** The message that is on its way takes too long. */
  #stalled = false;
  #closing = false;
  #broken: StoreUnavailable | undefined;
  #onIdle: (() => void) | undefined;

  constructor(worker: Worker, { onFatal, answerMsMax = ANSWER_MS_MAX }: SqliteRatesOptions) {
    this.#answerMsMax = answerMsMax;
    this.#worker = worker;
    const fail = (error: Error): void => {
      if (this.#broken !== undefined) return;
      this.#fail(new StoreUnavailable('The store of rates has failed.', { cause: error }));
      if (!this.#closing) onFatal(error);
    };
    this.#worker.on('message', (message: FromRates) => this.#answer(message));
    this.#worker.on('error', (error: unknown) =>
      fail(error instanceof Error ? error : new Error(String(error))),
    );
    this.#worker.on('exit', (code) => fail(new Error(`The rates thread ended with code ${code}.`)));
  }

  count(key: string, { limit, length_ms }: WindowRule, at: number): Promise<Counted> {
    const refused = this.#refused();
    if (refused !== undefined) return Promise.reject(refused);
    return new Promise((resolve, reject) => {
      this.#asked.push(key, limit, length_ms, at);
      this.#counts.push({ resolve, reject });
      this.#schedule();
    });
  }

  take(command: TakeRates): Promise<TakenRates> {
    return this.#ask({ op: 'take', command }) as Promise<TakenRates>;
  }

  finish(command: FinishRates): void {
    if (this.#broken !== undefined) return;
    const resolve = (): void => undefined;
    this.#commands.push({ command: { op: 'finish', command }, resolve, reject: null });
    this.#schedule();
  }

  instances(): Promise<readonly string[]> {
    return this.#ask({ op: 'instances' }) as Promise<readonly string[]>;
  }

  async endInstance(instanceId: string): Promise<void> {
    await this.#ask({ op: 'end_instance', instanceId });
  }

  async close(): Promise<void> {
    if (this.#closing || this.#broken !== undefined) return;
    this.#closing = true;
    await this.#idle();
    const ended = once(this.#worker, 'exit');
    this.#worker.postMessage('close' satisfies ToRates);
    await ended;
  }

  #ask(command: RateCommand): Promise<RateAnswer> {
    const refused = this.#refused();
    if (refused !== undefined) return Promise.reject(refused);
    return new Promise((resolve, reject) => {
      this.#commands.push({ command, resolve, reject });
      this.#schedule();
    });
  }

  #refused(): StoreUnavailable | undefined {
    if (this.#broken !== undefined) return this.#broken;
    if (this.#closing) return new StoreUnavailable('The store of rates is closed.');
    if (this.#stalled) return tooSlow();
    const full = this.#counts.length + this.#commands.length >= WAITING_MAX;
    return full ? new StoreUnavailable('The store of rates does not keep up.') : undefined;
  }

  /** At the end of this turn of the event loop, with whatever else comes in it. */
  #schedule(): void {
    if (this.#scheduled || this.#sent !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#sent !== undefined || this.#broken !== undefined) return;
    const [counts, commands] = [this.#counts, this.#commands];
    if (counts.length === 0 && commands.length === 0) return this.#onIdle?.();
    const sent = { counts, commands };
    this.#sent = sent;
    this.#worker.postMessage({
      counts: this.#asked,
      commands: commands.map(({ command }) => command),
    } satisfies ToRates);
    [this.#asked, this.#counts, this.#commands] = [[], [], []];
    // An answer that is there already, and only waits for a busy event loop, comes first.
    const late = (): void => void setImmediate(() => this.#stall(sent));
    this.#timer = setTimeout(late, this.#answerMsMax);
    this.#timer.unref();
  }

  #answer(message: FromRates): void {
    clearTimeout(this.#timer);
    this.#stalled = false;
    const sent = this.#sent;
    this.#sent = undefined;
    if (sent === undefined) throw new Error('The rates thread answered more than it was asked.');
    if (message.kind === 'failed') return this.#failed(sent, message.message);
    let at = 0;
    for (const { resolve } of sent.counts) {
      const { counts } = message;
      resolve({
        admitted: counts[at] === 1,
        remaining: counts[at + 1] ?? 0,
        ends_at: counts[at + 2] ?? 0,
      });
      at += ANSWERED;
    }
    for (const [index, { resolve }] of sent.commands.entries()) {
      resolve(message.answers[index] ?? null);
    }
    if (this.#counts.length > 0 || this.#commands.length > 0) this.#schedule();
    else this.#onIdle?.();
  }

  /** Nothing of the message was carried out. What has to be is put in front of what came since. */
  #failed(sent: Sent, message: string): void {
    const error = new StoreUnavailable(`The store of rates fails: ${message}`);
    for (const { reject } of sent.counts) reject(error);
    for (const { reject } of sent.commands) reject?.(error);
    this.#commands.unshift(...sent.commands.filter(({ reject }) => reject === null));
    if (this.#closing) return this.#onIdle?.();
    setTimeout(() => this.#send(), AGAIN_MS).unref();
    if (this.#counts.length > 0) this.#schedule();
  }

  /** Nobody waits any longer; what is admitted after all is given back. */
  #stall(sent: Sent): void {
    if (sent !== this.#sent) return;
    this.#stalled = true;
    const error = tooSlow();
    for (const { reject } of [...sent.counts, ...this.#counts]) reject(error);
    for (const { reject } of [...sent.commands, ...this.#commands]) reject?.(error);
    this.#asked = [];
    this.#counts = [];
    this.#commands = this.#commands.filter(({ reject }) => reject === null);
    const commands = sent.commands.map((waiting) => ({
      ...waiting,
      resolve: (answer: RateAnswer) => this.#giveBack(waiting.command, answer),
    }));
    this.#sent = { counts: sent.counts, commands };
    if (this.#closing) this.#onIdle?.();
  }

  #giveBack(command: RateCommand, answer: RateAnswer): void {
    if (command.op !== 'take' || answer === null || !('kind' in answer)) return;
    if (answer.kind !== 'admitted') return;
    const { instance_id, parties, at } = command.command;
    this.finish({ instance_id, parties, charged: answer.charged, used: 'none', at });
  }

  /** When nothing waits and nothing is on its way, or nothing of it will be answered. */
  async #idle(): Promise<void> {
    if (this.#sent === undefined && this.#counts.length + this.#commands.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #fail(error: StoreUnavailable): void {
    this.#broken = error;
    clearTimeout(this.#timer);
    for (const { reject } of [...(this.#sent?.counts ?? []), ...this.#counts]) reject(error);
    for (const { reject } of [...(this.#sent?.commands ?? []), ...this.#commands]) reject?.(error);
    this.#sent = undefined;
    this.#counts = [];
    this.#commands = [];
    this.#onIdle?.();
  }
}

function tooSlow(): StoreUnavailable {
  return new StoreUnavailable('The store of rates does not answer.');
}
