/** What the process that watches over workers and each of the workers say to each other. */
import type { News, WorkerMetrics } from '@tollkeeper/server';

/** What a worker needs to know before it starts. */
export interface Order {
  /** Its number, from 1; whoever takes its place has the same. */
  readonly worker: number;
  readonly ports: Ports;
  /** The key of a demo's issuer, as PEM; null: this is no demo. */
  readonly issuerKey: string | null;
}

/** Where all of them listen. */
export interface Ports {
  readonly calls: number;
  /** Null: metrics have no port of their own. */
  readonly metrics: number | null;
}

export type ToWorker =
  | { readonly kind: 'start'; readonly order: Order }
  /** Make what a demo needs, and print it. */
  | { readonly kind: 'prepare_demo'; readonly pids: Pids }
  | { readonly kind: 'stop' }
  | { readonly kind: 'metrics_wanted'; readonly question: number }
  | {
      readonly kind: 'metrics';
      readonly question: number;
      readonly workers: readonly WorkerMetrics[];
    }
  /** Whether others want to hear what happens in this one. */
  | { readonly kind: 'heard'; readonly heard: boolean }
  | { readonly kind: 'news'; readonly news: News };

export type FromWorker =
  /** It hears: it may be told to start. */
  | { readonly kind: 'up' }
  | { readonly kind: 'ready'; readonly endpoint: string }
  | { readonly kind: 'demo_prepared' }
  | { readonly kind: 'metrics_wanted'; readonly question: number }
  | { readonly kind: 'own_metrics'; readonly question: number; readonly text: string | null }
  | { readonly kind: 'listen'; readonly wanted: boolean }
  | { readonly kind: 'news'; readonly news: News };

/** The process to which signals go, and those that serve. */
export interface Pids {
  readonly gateway: number;
  readonly workers: readonly number[];
  /** The engine that the demo keeps things in; null: none was started for it. */
  readonly store: number | null;
}
