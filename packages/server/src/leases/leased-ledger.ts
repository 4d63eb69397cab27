/**
 * The ledger of one process among several: holds come out of blocks that the process has leased
 * from the store behind, so that a busy budget is not written to with every call.
 */
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { LeasingLedger } from '../ports/leasing-ledger.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { LeaseCounts } from './lease-counts.ts';
import type { LeaseSettings } from './lease-settings.ts';

/** What a leased ledger is made of. */
export interface LeasedLedgerParts {
  readonly inner: LeasingLedger;
  /** In whose name it leases. Only holds of this process go through it. */
  readonly instanceId: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: LeaseSettings;
}

export class LeasedLedger implements LedgerStore {
  readonly #inner: LeasingLedger;
  /** What has happened to leases since the start, for telemetry. */
  readonly counts: LeaseCounts = { taken: 0, returned: 0, lost: 0, doubted: 0, direct: 0, tail: 0 };

  readonly reserve: LedgerStore['reserve'] = (command) => this.#inner.reserve(command);
  readonly release: LedgerStore['release'] = (id) => this.#inner.release(id);
  readonly settle: LedgerStore['settle'] = (command) => this.#inner.settle(command);
  readonly record: LedgerStore['record'] = (command) => this.#inner.record(command);
  readonly endLeases: LedgerStore['endLeases'] = (id) => this.#inner.endLeases(id);
  readonly putBudget: LedgerStore['putBudget'] = (command) => this.#inner.putBudget(command);
  readonly removeBudget: LedgerStore['removeBudget'] = (...a) => this.#inner.removeBudget(...a);
  readonly budgets: LedgerStore['budgets'] = (...a) => this.#inner.budgets(...a);
  readonly budgetStates: LedgerStore['budgetStates'] = (...a) => this.#inner.budgetStates(...a);
  readonly postedSince: LedgerStore['postedSince'] = (...a) => this.#inner.postedSince(...a);
  readonly holds: LedgerStore['holds'] = (id) => this.#inner.holds(id);
  readonly entries: LedgerStore['entries'] = (query) => this.#inner.entries(query);
  readonly summary: LedgerStore['summary'] = (query) => this.#inner.summary(query);
  readonly labelSums: LedgerStore['labelSums'] = (query) => this.#inner.labelSums(query);
  readonly entriesOfWriter: LedgerStore['entriesOfWriter'] = (...a) =>
    this.#inner.entriesOfWriter(...a);
  readonly correctionsOf: LedgerStore['correctionsOf'] = (ids) => this.#inner.correctionsOf(ids);
  readonly writers: LedgerStore['writers'] = () => this.#inner.writers();
  readonly copied: LedgerStore['copied'] = (place) => this.#inner.copied(place);
  readonly markCopied: LedgerStore['markCopied'] = (...a) => this.#inner.markCopied(...a);
  readonly forgetEntries: LedgerStore['forgetEntries'] = (c) => this.#inner.forgetEntries(c);
  readonly probe: LedgerStore['probe'] = () => this.#inner.probe();
  readonly close: LedgerStore['close'] = () => this.#inner.close();

  constructor({ inner }: LeasedLedgerParts) {
    this.#inner = inner;
  }
}
