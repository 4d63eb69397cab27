/**
 * Usage as it happens, for whoever listens at the moment. Nothing is kept for later: the ledger
 * has the entries. Listeners are few, and each has a queue with a bound; what does not fit is
 * counted, and the listener is told how many events it missed and where.
 */
import type { ApiResult } from '@tollkeeper/contract';
import { entryToJson, namesOfModel, type Entry, type EntryDraft } from '@tollkeeper/core';
import type { Fellows, News } from '../ports/fellows.ts';
import type { Refusal, Telemetry } from '../ports/telemetry.ts';
import type { Whose } from './access.ts';
import { toApiTime } from './time.ts';

/** One event in the words of the API. */
export type TailEvent = ApiResult<'tailUsage'> extends AsyncIterable<infer E> ? E : never;

/** What a listener hears; all members narrow. */
export interface TailFilter extends Whose {
  readonly model_id?: string;
  readonly kind?: 'entry' | 'refusal';
}

/** Listeners at once, and events that wait for one of them. */
export const LISTENERS_MAX = 64;
export const EVENTS_MAX = 1_000;
/** Of these listeners: those of one organization, and those that are kept for the operator. */
export const ORG_LISTENERS_MAX = 8;
export const OPERATOR_LISTENERS_MIN = 8;

/** Who and what an event is about. */
type About = Pick<Refusal, 'org_id' | 'app_id' | 'user_id' | 'key_id' | 'model_id'>;

export class LiveTail {
  /** With the organization whose key asked; null: the operator. */
  readonly #listeners = new Map<TailListener, string | null>();
  readonly #fellows: Pick<Fellows, 'heard' | 'listen' | 'tell'> | undefined;

  /** With fellows, what happens in each of the processes is heard in all. */
  constructor(fellows?: Pick<Fellows, 'heard' | 'listen' | 'tell'>) {
    this.#fellows = fellows;
  }

  /** Whether anybody listens: all that a call pays otherwise. */
  get heard(): boolean {
    return this.#listeners.size > 0 || this.#fellows?.heard === true;
  }

  /**
   * A listener, from now on until it is returned; undefined when there are too many. `orgId` is
   * whose key asks for it, and null for the operator: no organization can take it from others.
   */
  listen(filter: TailFilter, orgId: string | null = null): TailListener | undefined {
    if (!this.#hasRoom(orgId)) return undefined;
    const listener = new TailListener(filter, () => {
      const had = this.#listeners.delete(listener);
      if (had && this.#listeners.size === 0) this.#fellows?.listen(false);
    });
    this.#listeners.set(listener, orgId);
    if (this.#listeners.size === 1) this.#fellows?.listen(true);
    return listener;
  }

  #hasRoom(orgId: string | null): boolean {
    const { size } = this.#listeners;
    if (orgId === null) return size < LISTENERS_MAX;
    let own = 0;
    for (const each of this.#listeners.values()) if (each === orgId) own += 1;
    return own < ORG_LISTENERS_MAX && size < LISTENERS_MAX - OPERATOR_LISTENERS_MIN;
  }

  settled(entry: EntryDraft | Entry): void {
    this.#tellAll({ kind: 'settled', entry });
  }

  refused(refusal: Refusal): void {
    this.#tellAll({ kind: 'refused', refusal });
  }

  /** What happened here or in another process. */
  hear(news: News): void {
    if (news.kind === 'settled') {
      const { entry } = news;
      this.#tell(entry, 'entry', () => ({ type: 'entry', entry: toApiEntry(entry) }));
      return;
    }
    const { refusal } = news;
    this.#tell(refusal, 'refusal', () => ({
      type: 'refusal',
      refusal: { ...refusal, at: toApiTime(refusal.at) },
    }));
  }

  /** Ends every listener. */
  end(): void {
    for (const listener of this.#listeners.keys()) void listener.return();
  }

  #tellAll(news: News): void {
    this.hear(news);
    if (this.#fellows?.heard === true) this.#fellows.tell(news);
  }

  /** The event is built once, and only if somebody hears it. */
  #tell(about: About, kind: 'entry' | 'refusal', build: () => TailEvent): void {
    let event: TailEvent | undefined;
    for (const listener of this.#listeners.keys()) {
      if (listener.hears(about, kind)) listener.tell((event ??= build()));
    }
  }
}

/** Telemetry that is heard by a tail as well. */
export function tailing(telemetry: Telemetry, tail: LiveTail): Telemetry {
  return {
    ...telemetry,
    settled(entry, traceparent, through) {
      telemetry.settled(entry, traceparent, through);
      if (tail.heard) tail.settled(entry);
    },
    refused(refusal) {
      telemetry.refused(refusal);
      if (tail.heard) tail.refused(refusal);
    },
  };
}

/** One listener's events, in order. `return` ends it at once, also while it waits. */
export class TailListener implements AsyncIterableIterator<TailEvent, undefined> {
  readonly #filter: TailFilter;
  readonly #models: ReadonlySet<string> | undefined;
  readonly #left: () => void;
  #events: TailEvent[] = [];
  #missed = 0;
  #ended = false;
  #waiting: ((result: IteratorResult<TailEvent, undefined>) => void) | undefined;

  constructor(filter: TailFilter, left: () => void) {
    const { model_id } = filter;
    this.#filter = filter;
    this.#models = model_id === undefined ? undefined : new Set(namesOfModel(model_id));
    this.#left = left;
  }

  hears(about: About, kind: 'entry' | 'refusal'): boolean {
    const { org_id, app_id, user_id, key_id, kind: wanted } = this.#filter;
    return (
      (wanted === undefined || wanted === kind) &&
      (org_id === undefined || about.org_id === org_id) &&
      (app_id === undefined || about.app_id === app_id) &&
      (user_id === undefined || about.user_id === user_id) &&
      (key_id === undefined || about.key_id === key_id) &&
      (this.#models === undefined || this.#models.has(about.model_id ?? ''))
    );
  }

  tell(event: TailEvent): void {
    if (this.#events.length >= EVENTS_MAX) {
      this.#missed += 1;
      return;
    }
    if (this.#missed > 0) this.#tellMissed();
    if (this.#waiting === undefined) this.#events.push(event);
    else this.#hand({ value: event, done: false });
  }

  next(): Promise<IteratorResult<TailEvent, undefined>> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    if (this.#missed > 0) {
      this.#tellMissed();
      return this.next();
    }
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<TailEvent, undefined>> {
    this.#ended = true;
    this.#events = [];
    this.#left();
    this.#hand({ value: undefined, done: true });
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #tellMissed(): void {
    this.#events.push({ type: 'missed', missed: this.#missed });
    this.#missed = 0;
  }

  #hand(result: IteratorResult<TailEvent, undefined>): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(result);
  }
}

type ApiEntry = Extract<TailEvent, { type: 'entry' }>['entry'];

function toApiEntry(entry: EntryDraft | Entry): ApiEntry {
  const { writer_id, sequence, ...json } = entryToJson({ writer_id: '', sequence: 0, ...entry });
  void [writer_id, sequence];
  // The contract's schema of an entry is that of the core's JSON, which its tests compare.
  return structuredClone(json) as unknown as ApiEntry;
}
