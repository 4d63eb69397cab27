/**
 * Re-rating a period: every entry is priced again under one version of the book, and what differs
 * is appended as corrections. How far it has come is a document, so that a process that dies leaves
 * work that the next one takes up; and a correction can be made only once, so that it does not
 * matter where it is taken up.
 */
import type { Entry } from '@tollkeeper/core';
import type { AuditRecord } from '../ports/audit.ts';
import type { CatalogItem, CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { PriceHome } from '../prices/price-home.ts';
import { rerateEntry, type Rerated } from './rerate-entry.ts';
import { RerateSums, type RerateFigures } from './rerate-sums.ts';

export interface RerateParts {
  readonly instanceId: string;
  readonly ledger: LedgerStore;
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Telemetry['log'];
  readonly prices: PriceHome;
}

/** A re-rating and how far it has come. Times are RFC 3339, UTC. */
export interface RerateRecord extends RerateFigures {
  readonly rerate_id: string;
  readonly status: 'running' | 'done' | 'failed' | 'cancelled';
  readonly from: string;
  readonly to: string;
  readonly org_id: string | null;
  readonly price_version: string;
  readonly dry_run: boolean;
  readonly total_entries: number;
  /** Where the next page begins; null at the start. */
  readonly cursor: string | null;
  readonly error: string | null;
  readonly created_at: string;
  readonly ended_at: string | null;
  /** Who works at it, and until when that is believed without a sign of life. */
  readonly instance_id: string;
  readonly lease_until: number;
}

/** What is asked for. */
export interface RerateOrder {
  readonly from: number;
  readonly to: number;
  readonly org_id: string | null;
  readonly price_version: string;
  readonly dry_run: boolean;
}

/** Parents of the documents: whoever looks for work does not read what has ended. */
const RUNNING = 'running';
const ENDED = 'ended';
/** The one document by which re-ratings take turns. */
const TURN = 'turn';

interface Turn {
  readonly rerate_id: string;
  /** Milliseconds, UTC. */
  readonly taken_at: number;
}

/** Entries of one page: each page ends with its corrections and the progress being durable. */
const PAGE_ENTRIES = 200;
/** Longer than any page takes. */
const LEASE_MS = 5_000;
const LOOK_EVERY_MS = 1_000;
const PAGE_RERATES = 1000;

/** See the head of the file. One per process. */
export class Rerates {
  readonly #parts: RerateParts;
  readonly #running = new Set<string>();
  #stopped = false;

  constructor(parts: RerateParts) {
    this.#parts = parts;
  }

  /** Notes down what is asked for and begins with it. Undefined: another one is still running. */
  async start(
    order: RerateOrder,
    audit?: (record: RerateRecord) => AuditRecord,
  ): Promise<RerateRecord | undefined> {
    const { ledger, catalog, clock, ids } = this.#parts;
    const rerate_id = ids.uuid();
    if (!order.dry_run && !(await this.#takeTurn(rerate_id))) return undefined;
    const { from, to, org_id } = order;
    const period = { from, to, ...(org_id === null ? {} : { org_id }) };
    const { total } = await ledger.summary({ ...period, group_by: [] });
    const now = clock.now();
    const record: RerateRecord = {
      rerate_id,
      status: 'running',
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      org_id,
      price_version: order.price_version,
      dry_run: order.dry_run,
      total_entries: total.requests,
      scanned_entries: 0,
      corrected_entries: 0,
      unknown_entries: 0,
      unpriced_entries: 0,
      groups: [],
      cursor: null,
      error: null,
      created_at: new Date(now).toISOString(),
      ended_at: null,
      instance_id: this.#parts.instanceId,
      lease_until: now + LEASE_MS,
    };
    const id = record.rerate_id;
    await catalog.put({
      kind: 'rerate',
      id,
      parent: RUNNING,
      value: record,
      expected: 0,
      quiet: true,
      ...(audit === undefined ? {} : { audit: audit(record) }),
    });
    this.#work(record, 1);
    return record;
  }

  /** Whether it is this one's turn: of two that begin at once, in any processes, one gets it. */
  async #takeTurn(rerateId: string): Promise<boolean> {
    const { catalog, clock } = this.#parts;
    const before = await catalog.get<Turn>('rerate_turn', TURN);
    const running = await this.#listRunning();
    if (running.some(({ value }) => !value.dry_run)) return false;
    const now = clock.now();
    if (before !== undefined && (await this.#isBeginning(before.value, now))) return false;
    const put = await catalog.put({
      kind: 'rerate_turn',
      id: TURN,
      parent: RUNNING,
      value: { rerate_id: rerateId, taken_at: now } satisfies Turn,
      expected: before?.revision ?? 0,
      quiet: true,
    });
    return put.kind === 'put';
  }

  /** Whose turn it is has not noted itself down yet, unless it died before it could. */
  async #isBeginning({ rerate_id, taken_at }: Turn, now: number): Promise<boolean> {
    return now - taken_at < LEASE_MS && (await this.get(rerate_id)) === undefined;
  }

  async get(rerateId: string): Promise<RerateRecord | undefined> {
    return (await this.#parts.catalog.get<RerateRecord>('rerate', rerateId))?.value;
  }

  /** Oldest first: ids are ordered by time. */
  async list(): Promise<readonly RerateRecord[]> {
    const limit = PAGE_RERATES;
    const { items } = await this.#parts.catalog.list<RerateRecord>('rerate', { limit });
    return items.map(({ value }) => value);
  }

  /** Stops a running one; what it has appended stays. False: there is none that runs. */
  async cancel(
    rerateId: string,
    audit?: (before: RerateRecord, after: RerateRecord) => AuditRecord,
  ): Promise<boolean> {
    const { catalog, clock } = this.#parts;
    for (;;) {
      const item = await catalog.get<RerateRecord>('rerate', rerateId);
      if (item === undefined || item.value.status !== 'running') return false;
      const ended_at = new Date(clock.now()).toISOString();
      const record: RerateRecord = { ...item.value, status: 'cancelled', ended_at };
      const kept = audit?.(item.value, record);
      if (await this.#put(record, item.revision, kept)) return true;
    }
  }

  /** Takes up what dead processes left, now and again and again until `stop`. */
  watch(): void {
    const look = (): void => {
      if (this.#stopped) return;
      this.takeUp()
        .catch((error: unknown) =>
          this.#parts.log('warn', 'Re-ratings could not be looked for.', {
            cause: messageOf(error),
          }),
        )
        .finally(() => this.#parts.clock.after(LOOK_EVERY_MS, look));
    };
    look();
  }

  /** No page begins after this. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes up every running re-rating that nobody works at. */
  async takeUp(): Promise<void> {
    const { clock, instanceId, log } = this.#parts;
    for (const { value, revision } of await this.#listRunning()) {
      const { rerate_id, lease_until } = value;
      if (this.#running.has(rerate_id)) continue;
      if (lease_until > clock.now()) continue;
      const lease = clock.now() + LEASE_MS;
      const mine = { ...value, instance_id: instanceId, lease_until: lease };
      if (!(await this.#put(mine, revision))) continue;
      log('info', 'A re-rating is taken up where it was left.', { rerate_id });
      this.#work(mine, revision + 1);
    }
  }

  async #listRunning(): Promise<readonly CatalogItem<RerateRecord>[]> {
    const options = { parent: RUNNING, limit: PAGE_RERATES };
    return (await this.#parts.catalog.list<RerateRecord>('rerate', options)).items;
  }

  #work(record: RerateRecord, revision: number): void {
    const { rerate_id } = record;
    this.#running.add(rerate_id);
    this.#toEnd(record, revision)
      .catch((error: unknown) =>
        this.#parts.log('error', 'A re-rating stopped; it will be taken up again.', {
          rerate_id,
          cause: messageOf(error),
        }),
      )
      .finally(() => this.#running.delete(rerate_id));
  }

  async #toEnd(first: RerateRecord, firstRevision: number): Promise<void> {
    const { prices } = this.#parts;
    let record = first;
    let revision = firstRevision;
    const book = await prices.book(record.price_version);
    if (book === undefined) {
      const error = `There is no price version ${record.price_version}.`;
      await this.#put({ ...this.#ended(record, 'failed'), error }, revision);
      return;
    }
    while (!this.#stopped) {
      const { page, done } = await this.#page(record, (entry, corrections) =>
        rerateEntry(entry, corrections, book, {
          rerateId: record.rerate_id,
          instanceId: this.#parts.instanceId,
          now: this.#parts.clock.now(),
        }),
      );
      const next = done ? this.#ended(page, 'done') : page;
      // Somebody has cancelled it, or has taken it up meanwhile: then it is theirs.
      if (!(await this.#put(next, revision))) return;
      if (done) return;
      record = next;
      revision += 1;
    }
  }

  async #page(
    record: RerateRecord,
    rate: (entry: Entry, corrections: readonly Entry[]) => Rerated,
  ): Promise<{ page: RerateRecord; done: boolean }> {
    const { ledger } = this.#parts;
    const { entries, next_cursor } = await ledger.entries({
      from: Date.parse(record.from),
      to: Date.parse(record.to),
      limit: PAGE_ENTRIES,
      ...(record.org_id === null ? {} : { org_id: record.org_id }),
      ...(record.cursor === null ? {} : { cursor: record.cursor }),
    });
    const originals = entries.filter(({ entry_type }) => entry_type !== 'correction');
    const corrections = await this.#correctionsOf(originals);
    const sums = new RerateSums(record);
    const appended: Promise<boolean>[] = [];
    for (const entry of originals) {
      const rated = rate(entry, corrections.get(entry.entry_id) ?? []);
      sums.add(entry, rated);
      if (record.dry_run || rated.kind !== 'priced' || rated.correction === null) continue;
      appended.push(this.#append(entry, rated, rate));
    }
    await Promise.all(appended);
    const page = {
      ...record,
      ...sums.figures(!record.dry_run),
      cursor: next_cursor ?? record.cursor,
      lease_until: this.#parts.clock.now() + LEASE_MS,
    };
    return { page, done: next_cursor === null };
  }

  /** Appends a correction. When another one has come first, it is looked at again. */
  async #append(
    entry: Entry,
    first: Extract<Rerated, { kind: 'priced' }>,
    rate: (entry: Entry, corrections: readonly Entry[]) => Rerated,
  ): Promise<boolean> {
    let rated: Rerated = first;
    while (rated.kind === 'priced' && rated.correction !== null) {
      const recorded = await this.#parts.ledger.record(rated.correction);
      if (recorded.kind === 'recorded') return true;
      rated = rate(entry, await this.#parts.ledger.correctionsOf([entry.entry_id]));
    }
    return false;
  }

  async #correctionsOf(entries: readonly Entry[]): Promise<ReadonlyMap<string, Entry[]>> {
    const ids = entries.map(({ entry_id }) => entry_id);
    const byEntry = new Map<string, Entry[]>();
    for (const correction of await this.#parts.ledger.correctionsOf(ids)) {
      const id = correction.corrects_entry_id ?? '';
      byEntry.set(id, [...(byEntry.get(id) ?? []), correction]);
    }
    return byEntry;
  }

  #ended(record: RerateRecord, status: 'done' | 'failed'): RerateRecord {
    return { ...record, status, ended_at: new Date(this.#parts.clock.now()).toISOString() };
  }

  async #put(record: RerateRecord, expected: number, audit?: AuditRecord): Promise<boolean> {
    const result: Awaited<ReturnType<CatalogStore['put']>> = await this.#parts.catalog.put({
      kind: 'rerate',
      id: record.rerate_id,
      parent: record.status === 'running' ? RUNNING : ENDED,
      value: record,
      expected,
      quiet: true,
      ...(audit === undefined ? {} : { audit }),
    });
    return result.kind === 'put';
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
