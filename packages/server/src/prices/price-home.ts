/**
 * Where prices live while the product runs. The effective book is the shipped list, the rows that
 * were imported above it, and the operator's layers over both; every change is a new, immutable
 * version in the store. Every process on the store sees it: the catalogue's revision tells that
 * something has changed, and what it is, is read from the versions themselves.
 *
 * A process does not go back: a release that ships a list which the store has already had (an older
 * one, started again) takes the versions as they are.
 */
import type { PriceBook, PriceLayer, PriceRow } from '@tollkeeper/core';
import type { AuditRecord } from '../ports/audit.ts';
import type { CatalogStore } from '../ports/catalog-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { BookBuilder, type ShippedList } from './book-builder.ts';
import { PriceHistory } from './price-history.ts';
import {
  rowKey,
  versionDocument,
  type LayerChange,
  type PriceVersionRecord,
  type RowsReference,
  type VersionCounts,
} from './price-records.ts';
import { planImport, type ImportPlan } from './import-plan.ts';
import { contentId, dropPieces, writeRows } from './stored-rows.ts';
import { isLater, nextVersion } from './version-id.ts';

export interface PriceHomeParts {
  readonly catalog: CatalogStore;
  readonly clock: Clock;
  readonly log: Telemetry['log'];
  /** The book that this release came with. */
  readonly shipped: PriceBook;
}

/** What a version says of itself beside what it changes. */
export interface ChangeHeading {
  readonly reason: PriceVersionRecord['reason'];
  readonly note: string | null;
  readonly createdBy: string;
  /** The record of the change, kept in the same step; absent for changes by the product itself. */
  readonly audit?: (made: PriceVersionRecord) => AuditRecord;
}

/** Whether AWS's price list could be had when it was last asked. */
export interface RefreshState {
  readonly failing: boolean;
}

/** What became of an import. `version` is null when it would change nothing, or was only tried. */
export interface ImportOutcome {
  readonly plan: ImportPlan;
  readonly version: PriceVersionRecord | null;
}

/** How often a change is tried again because another process made one first. */
const TRIES_MAX = 20;
const NO_COUNTS: VersionCounts = { added: 0, changed: 0, removed: 0, layers: 0 };

/** Too many processes change prices at once. */
export class PriceChangeCrowded extends Error {
  override readonly name = 'PriceChangeCrowded';
}

/** See the head of the file. One per process. */
export class PriceHome {
  readonly #catalog: CatalogStore;
  readonly #clock: Clock;
  readonly #log: Telemetry['log'];
  readonly #shipped: ShippedList;
  readonly #history: PriceHistory;
  readonly #builder: BookBuilder;
  #current: PriceBook;
  #refresh: RefreshState = { failing: false };
  /** Number of the version that the present book is; 0 before the first. */
  #number = 0;
  #revision = -1;
  #advancing: Promise<void> | undefined;
  /** The last look: all calls that have learnt of the same revision share it. */
  #refreshing: { readonly revision: number; readonly done: Promise<void> } | undefined;

  private constructor(parts: PriceHomeParts) {
    this.#catalog = parts.catalog;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#shipped = { book: parts.shipped, id: contentId(parts.shipped.rows()) };
    this.#history = new PriceHistory(parts.catalog);
    this.#builder = new BookBuilder({ ...parts, shipped: this.#shipped });
    this.#current = parts.shipped;
  }

  /** Reads what the store has, and puts the shipped list there if it never was. */
  static async open(parts: PriceHomeParts): Promise<PriceHome> {
    const home = new PriceHome(parts);
    await home.#history.readOn();
    await home.#adoptShipped();
    await home.latest();
    return home;
  }

  /** The book of this moment. A version never changes; a new one takes its place. */
  current(): PriceBook {
    return this.#current;
  }

  /** Catalogue revision by which the present book was looked for; -1 before the first. */
  get revision(): number {
    return this.#revision;
  }

  /** How AWS's price list was last asked. */
  get refreshState(): RefreshState {
    return this.#refresh;
  }

  set refreshState(state: RefreshState) {
    this.#refresh = state;
  }

  /** Every version, oldest first. */
  get versions(): readonly PriceVersionRecord[] {
    return this.#history.records;
  }

  /**
   * Looks for newer versions, for a call that has learnt of a newer revision. Waits for the new
   * book where that is a matter of moments; a long list is built beside the calls, which go on
   * under the version before. Never rejects: the book before stays.
   */
  refresh(revision: number): Promise<void> {
    if (revision <= this.#revision) return Promise.resolve();
    if (this.#refreshing !== undefined && this.#refreshing.revision >= revision) {
      return this.#refreshing.done;
    }
    const done = this.#lookAgain(revision);
    this.#refreshing = { revision, done };
    return done;
  }

  async #lookAgain(revision: number): Promise<void> {
    try {
      const news = await this.#history.readOn();
      this.#revision = Math.max(this.#revision, revision);
      if (!news && this.#isCurrent()) return;
      const { last } = this.#history;
      if (last === undefined) return;
      const light = this.#builder.isLight(this.#history.content(last.number));
      const advancing = this.#advance();
      if (light) await advancing;
      else advancing.catch((error: unknown) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** The newest book there is. Rejects when the store does. */
  async latest(): Promise<PriceBook> {
    await this.#history.readOn();
    while (!this.#isCurrent()) await this.#advance();
    return this.#current;
  }

  /** The book of any version, or undefined when there was none of this id. */
  async book(version: string): Promise<PriceBook | undefined> {
    if (version === this.#current.version) return this.#current;
    await this.#history.readOn();
    const record = this.#history.find(version);
    if (record === undefined) return undefined;
    return this.#builder.build(this.#history.content(record.number));
  }

  /** Puts and takes away layers, as one version. `check` sees them as they are and may throw. */
  async changeLayers(
    heading: ChangeHeading,
    check: (layers: readonly PriceLayer[]) => LayerChange,
  ): Promise<PriceVersionRecord> {
    return this.#change(heading, async (book) => {
      const layers = check(book.layers);
      const touched = layers.put.length + layers.removed.length;
      return { counts: { ...NO_COUNTS, layers: touched }, layers };
    });
  }

  /** Takes imported rows into the book, or only says what that would change. */
  async importRows(
    imported: readonly PriceRow[],
    options: {
      /** Unique; names the rows in the store. */
      readonly rowsId: string;
      readonly asOf: string;
      /** Absent: only try. */
      readonly heading?: ChangeHeading;
    },
  ): Promise<ImportOutcome> {
    const { rowsId, asOf, heading } = options;
    const planFor = (book: PriceBook): Promise<ImportPlan> =>
      planImport(this.#clock, book.rows(), imported, asOf);
    let planned = await this.latest();
    let plan = await planFor(planned);
    if (heading === undefined || isEmpty(plan)) return { plan, version: null };
    let tries = 0;
    const version = await this.#change(heading, async (book) => {
      tries += 1;
      if (book !== planned) {
        planned = book;
        plan = await planFor(book);
      }
      const after = [...plan.added, ...plan.changed].flatMap((each) => each.after ?? []);
      const gone = plan.removed.flatMap(({ before }) => (before === null ? [] : [rowKey(before)]));
      const rows = await writeRows(this.#parts(), `${rowsId}-${tries}`, after, gone);
      const { added, changed, removed } = plan;
      const counts = { added: added.length, changed: changed.length, removed: removed.length };
      return { counts: { ...NO_COUNTS, ...counts }, rows };
    });
    return { plan, version };
  }

  async #adoptShipped(): Promise<void> {
    const { book, id } = this.#shipped;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (this.#history.records.some(({ base }) => base?.rows_id === id)) return;
      const { last } = this.#history;
      const base = await writeRows(this.#parts(), id, book.rows());
      const unused = last === undefined || isLater(book.version, last.price_version);
      const version = unused ? book.version : undefined;
      const heading = { reason: 'shipped', note: book.version, createdBy: 'product' } as const;
      const counts = { ...NO_COUNTS, added: base.rows };
      const draft = { after: last, counts, base };
      if ((await this.#put(heading, draft, version)) !== undefined) return;
    }
    throw new PriceChangeCrowded('The shipped prices could not be put into the store.');
  }

  async #change(
    heading: ChangeHeading,
    make: (book: PriceBook) => Promise<Omit<ChangeDraft, 'after'>>,
  ): Promise<PriceVersionRecord> {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      await this.latest();
      // Both at one moment: while the change is made, others may make theirs known here.
      const [book, after] = [this.#current, this.#history.records[this.#number - 1]];
      const draft = { ...(await make(book)), after };
      const made = await this.#put(heading, draft, undefined);
      if (made !== undefined) {
        await this.latest();
        return made;
      }
      if (draft.rows !== undefined) {
        await dropPieces(this.#catalog, draft.rows.rows_id, draft.rows.pieces);
      }
    }
    throw new PriceChangeCrowded('Too many changes of the prices at once. Try again.');
  }

  /** Undefined when somebody else has made this version first; it is then known here. */
  async #put(
    heading: ChangeHeading,
    draft: ChangeDraft,
    version: string | undefined,
  ): Promise<PriceVersionRecord | undefined> {
    const now = new Date(this.#clock.now()).toISOString();
    const { after } = draft;
    const number = (after?.number ?? 0) + 1;
    const record: PriceVersionRecord = {
      price_version: version ?? nextVersion(after?.price_version ?? '', now.slice(0, 10)),
      number,
      reason: heading.reason,
      note: heading.note,
      created_at: now,
      created_by: heading.createdBy,
      counts: draft.counts,
      base: draft.base ?? null,
      rows: draft.rows ?? null,
      layers: draft.layers ?? null,
    };
    const result = await this.#catalog.put({
      kind: 'price_version',
      id: versionDocument(number),
      parent: '',
      value: record,
      expected: 0,
      ...(heading.audit === undefined ? {} : { audit: heading.audit(record) }),
    });
    await this.#history.readOn();
    return result.kind === 'put' ? record : undefined;
  }

  /** Builds the newest book and lets it take the place of the present one. One at a time. */
  #advance(): Promise<void> {
    this.#advancing ??= this.#buildNewest().finally(() => {
      this.#advancing = undefined;
    });
    return this.#advancing;
  }

  async #buildNewest(): Promise<void> {
    while (!this.#isCurrent()) {
      const { last } = this.#history;
      if (last === undefined) return;
      const book = await this.#builder.build(this.#history.content(last.number));
      this.#current = book;
      this.#number = last.number;
      this.#log('info', 'Prices have a new version.', { price_version: book.version });
    }
  }

  #isCurrent(): boolean {
    const { last } = this.#history;
    return last === undefined || last.number === this.#number;
  }

  #failed(error: unknown): void {
    this.#refreshing = undefined;
    const cause = error instanceof Error ? error.message : String(error);
    this.#log('error', 'Newer prices could not be read; the version before counts.', { cause });
  }

  #parts(): { readonly catalog: CatalogStore; readonly clock: Clock } {
    return { catalog: this.#catalog, clock: this.#clock };
  }
}

interface ChangeDraft {
  /** The version that it changes; there is no version yet for the first one. */
  readonly after: PriceVersionRecord | undefined;
  readonly counts: VersionCounts;
  readonly base?: RowsReference;
  readonly rows?: RowsReference;
  readonly layers?: LayerChange;
}

function isEmpty({ added, changed, removed }: ImportPlan): boolean {
  return added.length + changed.length + removed.length === 0;
}
