/**
 * The processes of one machine that serve a port together, as one of them knows the others. Nothing
 * that has to be right depends on it: that is in the stores. It is for being watched as one.
 */
import type { Entry, EntryDraft } from '@tollkeeper/core';
import type { Refusal } from './telemetry.ts';

/** Something that happened in one of the processes. */
export type News =
  | { readonly kind: 'settled'; readonly entry: EntryDraft | Entry }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What one process tells of itself in Prometheus' text format; null: it did not answer in time. */
export interface WorkerMetrics {
  readonly worker: number;
  readonly text: string | null;
}

/** What the process does when others ask. */
export interface FellowAnswers {
  readonly metrics: () => Promise<string>;
  /** Something happened in another process, which is told only while `listen(true)` holds. */
  readonly news: (news: News) => void;
}

export interface Fellows {
  /** The number of this process, from 1; whoever takes its place has the same. */
  readonly worker: number;
  /** From now on others are answered by these. */
  answer(answers: FellowAnswers): void;
  /** The metrics of every process, this one included, in the order of their numbers. */
  metrics(): Promise<readonly WorkerMetrics[]>;
  /** Whether this process wants to hear what happens in the others. */
  listen(wanted: boolean): void;
  /** Whether any other wants to hear what happens here. */
  readonly heard: boolean;
  tell(news: News): void;
}
