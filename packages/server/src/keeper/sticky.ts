/**
 * The sticky label: once a label of a chain is spent, the next one is active for the rest of the
 * organization's local day, for everybody of the scope. It is one document a scope, moved by
 * conditional writes: forward only, and the first writer wins. A document of another day counts for
 * nothing, so that the label clears at local midnight by itself.
 *
 * It is read from the store on every use and never kept: that is how all processes agree within one
 * call.
 */
import type { StickyPlace } from '@tollkeeper/core';
import { applicationDocument } from '../catalog/records.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import { StoreUnavailable } from '../ports/ledger-store.ts';
import type { EffectiveConfig } from './effective.ts';

/** Whose label it is. */
export interface StickyScope {
  readonly org_id: string;
  /** Null: the organization's, for all its applications. */
  readonly app_id: string | null;
  /** A change of the time zone changes what a day is. */
  readonly timezone: string;
}

/** Where the label stands. */
export interface StickyState extends StickyPlace {
  /** When it came there, milliseconds since the epoch. */
  readonly since: number;
}

/** The document. */
interface StickyRecord extends StickyState {
  /** Start of the local day that it is of, milliseconds since the epoch. */
  readonly day_start: number;
  readonly timezone: string;
}

/** How often a write is tried again because somebody else moved the label. */
const TRIES_MAX = 50;

/** The scope of a configuration: whose quotas count. */
export function stickyScopeOf(config: EffectiveConfig): StickyScope {
  const { org_id, app_id, quota_scope, timezone } = config;
  return { org_id, app_id: quota_scope === 'APP' ? app_id : null, timezone };
}

/** See the head of the file. It holds no state. */
export class StickyStates {
  readonly #catalog: CatalogStore;
  readonly #clock: Clock;

  constructor(parts: { readonly catalog: CatalogStore; readonly clock: Clock }) {
    this.#catalog = parts.catalog;
    this.#clock = parts.clock;
  }

  /** Where the label stands on the day that began at `dayStart`; undefined: it has not moved. */
  async read(scope: StickyScope, dayStart: number): Promise<StickyState | undefined> {
    const item = await this.#catalog.get<StickyRecord>('sticky', documentOf(scope));
    return ofDay(item?.value, scope, dayStart);
  }

  /**
   * Moves the label to `label`, which is one of `ordering`, unless it is there or further on. Gives
   * what is furthest then. On a day that is over for others already, nothing is written.
   */
  async advance(
    scope: StickyScope,
    dayStart: number,
    ordering: readonly string[],
    label: string,
  ): Promise<StickyState> {
    const index = ordering.indexOf(label);
    if (index < 0) throw new RangeError(`${label} is no label of the ordering`);
    const id = documentOf(scope);
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const item = await this.#catalog.get<StickyRecord>('sticky', id);
      const now = ofDay(item?.value, scope, dayStart);
      if (now !== undefined && placeOf(now, ordering) >= index) return now;
      const state: StickyState = { label, index, since: this.#clock.now() };
      if (isOver(item?.value, scope, dayStart)) return state;
      const value: StickyRecord = { ...state, day_start: dayStart, timezone: scope.timezone };
      const put = await this.#catalog.put({
        ...{ kind: 'sticky', id, parent: scope.org_id, value },
        expected: item?.revision ?? 0,
        // Nobody keeps it, so no cache has to learn of it.
        quiet: true,
      });
      if (put.kind === 'put') return state;
    }
    throw new StoreUnavailable('The sticky label was moved by too many at once.');
  }
}

function documentOf({ org_id, app_id }: StickyScope): string {
  return app_id === null ? org_id : applicationDocument(org_id, app_id);
}

function ofDay(
  record: StickyRecord | undefined,
  scope: StickyScope,
  dayStart: number,
): StickyState | undefined {
  if (record === undefined || record.timezone !== scope.timezone) return undefined;
  if (record.day_start !== dayStart) return undefined;
  const { label, index, since } = record;
  return { label, index, since };
}

/** Whether the document is of a later day: the caller has been slow over midnight. */
function isOver(record: StickyRecord | undefined, scope: StickyScope, dayStart: number): boolean {
  return record?.timezone === scope.timezone && record.day_start > dayStart;
}

function placeOf({ label, index }: StickyPlace, ordering: readonly string[]): number {
  const found = ordering.indexOf(label);
  return found >= 0 ? found : Math.min(index, ordering.length - 1);
}
