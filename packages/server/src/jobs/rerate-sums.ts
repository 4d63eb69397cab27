/** What a re-rating has found so far: how many entries of each kind, and the differences. */
import { formatUsd, parseUsd, type Entry } from '@tollkeeper/core';
import type { Rerated } from './rerate-entry.ts';

/** Differences of one organization and model. Money as exact decimal strings of USD. */
export interface RerateGroupRecord {
  readonly org_id: string;
  readonly model_id: string;
  readonly entries: number;
  readonly before_usd: string;
  readonly after_usd: string;
}

/** The part of a re-rating's record that its pages add to. */
export interface RerateFigures {
  readonly scanned_entries: number;
  readonly corrected_entries: number;
  readonly unknown_entries: number;
  /** Absent from records of earlier processes, which counted these as unknown. */
  readonly unlisted_entries?: number;
  readonly unpriced_entries: number;
  readonly groups: readonly RerateGroupRecord[];
}

/** The figures of a re-rating as its pages add to them. */
export class RerateSums {
  readonly #groups = new Map<
    string,
    { record: RerateGroupRecord; before: bigint; after: bigint }
  >();
  #scanned: number;
  #differing: number;
  #unknown: number;
  #unlisted: number;
  #unpriced: number;

  constructor(record: RerateFigures) {
    this.#scanned = record.scanned_entries;
    this.#differing = record.groups.reduce((sum, group) => sum + group.entries, 0);
    this.#unknown = record.unknown_entries;
    this.#unlisted = record.unlisted_entries ?? 0;
    this.#unpriced = record.unpriced_entries;
    for (const group of record.groups) {
      this.#groups.set(`${group.org_id} ${group.model_id}`, {
        record: group,
        before: parseUsd(group.before_usd) ?? 0n,
        after: parseUsd(group.after_usd) ?? 0n,
      });
    }
  }

  /** Counts one entry and what was found out about it. */
  add({ org_id, model_id }: Pick<Entry, 'org_id' | 'model_id'>, rated: Rerated): void {
    this.#scanned += 1;
    if (rated.kind === 'unknown') this.#unknown += 1;
    if (rated.kind === 'not_listed') this.#unlisted += 1;
    if (rated.kind === 'unpriced') this.#unpriced += 1;
    if (rated.kind !== 'priced' || rated.before === rated.after) return;
    this.#differing += 1;
    const key = `${org_id} ${model_id}`;
    const group = this.#groups.get(key) ?? {
      record: { org_id, model_id, entries: 0, before_usd: '0', after_usd: '0' },
      before: 0n,
      after: 0n,
    };
    const before = group.before + rated.before;
    const after = group.after + rated.after;
    const record = {
      ...group.record,
      entries: group.record.entries + 1,
      before_usd: formatUsd(before),
      after_usd: formatUsd(after),
    };
    this.#groups.set(key, { record, before, after });
  }

  /** The sums as a record states them. `appending`: whether what differs was corrected. */
  figures(appending: boolean): RerateFigures {
    return {
      scanned_entries: this.#scanned,
      corrected_entries: appending ? this.#differing : 0,
      unknown_entries: this.#unknown,
      unlisted_entries: this.#unlisted,
      unpriced_entries: this.#unpriced,
      groups: [...this.#groups.values()].map(({ record }) => record),
    };
  }
}
