/** What the processes of a run keep their ledger in. */
import type { Budget } from '@tollkeeper/core';
import type {
  CatalogPut,
  Clock,
  Ids,
  InstanceLocks,
  RateStore,
  Stores,
} from '@tollkeeper/server/inside';
import type { LedgerFacts } from './auditor.ts';
import type { Key } from './catalogue.ts';
import type { Life } from './life.ts';
import type { Link } from './link.ts';
import type { World } from './world.ts';

/** What a life has when it opens its stores. */
export interface Opening {
  readonly life: Life;
  readonly instanceId: string;
  readonly link: Link;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: (level: string, message: string, fields?: object) => void;
}

export interface Opened {
  readonly stores: Stores;
  readonly locks: InstanceLocks;
  readonly rates: RateStore;
  /** As a process ends that ends in good order. */
  readonly end: (left: 'settled' | 'unsettled') => Promise<void>;
}

/** What happened to leases, over all processes. */
export interface LeaseFigures {
  readonly taken: number;
  readonly returned: number;
  readonly lost: number;
}

export interface Engine {
  readonly name: string;
  /** Makes the store, with what is in it before anything begins. Nothing fails yet. */
  found(documents: readonly CatalogPut[], budgets: readonly Budget[]): Promise<void>;
  /** Rejects when the store does not answer: then the process ends, and is started again. */
  open(opening: Opening): Promise<Opened>;
  /** A life has ended for good, as its machine knows. */
  ended(instanceId: string): void;
  /** What must be true now: after every event. */
  check(): void;
  /** What is in the store, read past all that can fail. */
  facts(): Promise<LedgerFacts>;
  /** Whether a small call would fit into all budgets; undefined: nobody but the store knows. */
  fits(key: Key, at: number): boolean | undefined;
  /** Removes what has expired by then, as far as `takes` says so; answers how much that is. */
  expire(at: number, takes: () => boolean): number;
  leases(): LeaseFigures;
  /** Whatever else is worth counting, by name. */
  figures(): Readonly<Record<string, number>>;
}

/** Makes the engine of one run. */
export type MakeEngine = (world: World) => Engine;
