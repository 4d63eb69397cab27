/**
 * Sums by label of windows that are asked for again and again. A day of a busy organization is
 * millions of entries, and nearly all of them were there when it was asked for last. So the sums
 * are kept with the last number of each writer that is in them, and the next question reads by the
 * logs of the writers what came after.
 *
 * Numbers of a writer have no holes, and a group of them is made when the one before is done. Only
 * of its last group, which may just be happening, some items may be seen and others not yet: these
 * entries are got one by one, and all left to the next question when one of them is missing.
 */
import { LabelFold, type LabelSum } from '@tollkeeper/core';
import type { LabelQuery } from '../../../ports/ledger-store.ts';
import { removedOf } from '../entries/archive.ts';
import { linesAt } from '../entries/entry-finding.ts';
import type { StoredLine } from '../entries/entry-item.ts';
import { eachDispatched, inParallel } from '../entries/entry-reading.ts';
import type { Items } from '../items/items.ts';
import { orgPrefix } from '../items/keys.ts';
import { entryKeysBetween, writerStates } from '../entries/writer-logs.ts';

/** Windows that are remembered. */
const WINDOWS_MAX = 200;
/** Entries of all organizations that are read by their logs, before all is read anew. */
const NEWER_MIN = 1_000;
const NEWER_MAX = 20_000;

type Span = Omit<LabelQuery, 'app_id'>;

/** What was read of a window. */
interface Sums {
  readonly all: LabelFold;
  readonly apps: Map<string, LabelFold>;
  /** How many entries are in it. */
  entries: number;
  /** The last number of each writer that is in it, as far as it is of this window. */
  readonly through: Map<string, number>;
  /** Entries of the organization that had been removed by then. */
  readonly removed: number;
}

/** One window: questions about it are answered one after the other. */
interface Window {
  sums: Sums | undefined;
  turn: Promise<unknown>;
}

export class LabelWindows {
  readonly #items: Items;
  readonly #windows = new Map<string, Window>();

  constructor(items: Items) {
    this.#items = items;
  }

  /** In the order of the labels, null first. */
  async of({ app_id, ...span }: LabelQuery): Promise<LabelSum[]> {
    const window = this.#windowOf(span);
    const answer = window.turn.then(async () => {
      const sums = await this.#read(span, window.sums);
      window.sums = sums;
      return (app_id === undefined ? sums.all : sums.apps.get(app_id))?.sums() ?? [];
    });
    window.turn = answer.catch(() => {
      // What was added before it failed is not known.
      window.sums = undefined;
    });
    return answer;
  }

  #windowOf({ org_id, from, to }: Span): Window {
    const name = JSON.stringify([org_id, from, to]);
    const window = this.#windows.get(name) ?? { sums: undefined, turn: Promise.resolve() };
    this.#windows.delete(name);
    this.#windows.set(name, window);
    if (this.#windows.size > WINDOWS_MAX) {
      const [oldest = ''] = this.#windows.keys();
      this.#windows.delete(oldest);
    }
    return window;
  }

  async #read(span: Span, known: Sums | undefined): Promise<Sums> {
    const removed = await removedOf(this.#items, span.org_id);
    const states = await writerStates(this.#items);
    const last = new Map(states.map((state) => [state.writer_id, state.last_sequence]));
    const most = Math.min(NEWER_MAX, NEWER_MIN + (known?.entries ?? 0));
    if (known?.removed === removed && newerIn(known, last) <= most) {
      await this.#addNewer(span, known, last);
      return known;
    }
    const done = new Map(states.map((state) => [state.writer_id, state.done_sequence]));
    const sums = await this.#readAll(span, done, removed);
    await this.#addNewer(span, sums, last);
    return sums;
  }

  async #readAll(span: Span, through: Map<string, number>, removed: number): Promise<Sums> {
    const sums = { all: new LabelFold(), apps: new Map(), entries: 0, through, removed };
    await eachDispatched(this.#items, span.org_id, span, (line) => {
      const { writer_id, sequence } = line.entry;
      if (sequence <= (through.get(writer_id) ?? 0)) add(sums, line);
    });
    return sums;
  }

  async #addNewer(span: Span, sums: Sums, last: ReadonlyMap<string, number>): Promise<void> {
    await inParallel([...last], async ([writerId, through]) => {
      const after = sums.through.get(writerId) ?? 0;
      if (through <= after) return;
      const newer = await this.#newerOf(span, writerId, after, through);
      if (newer === undefined) return;
      for (const line of newer) add(sums, line);
      sums.through.set(writerId, through);
    });
  }

  /** What a writer has written of the window; undefined: some of it is not there, or not yet. */
  async #newerOf(
    span: Span,
    writerId: string,
    after: number,
    through: number,
  ): Promise<readonly StoredLine[] | undefined> {
    const newer: StoredLine[] = [];
    for await (const keys of entryKeysBetween(this.#items, writerId, after, through)) {
      const ours = keys.filter(({ pk }) => pk.startsWith(orgPrefix(span.org_id)));
      const lines = await linesAt(this.#items, ours);
      if (lines.length < ours.length) return undefined;
      newer.push(...lines.map(({ line }) => line).filter((line) => isIn(span, line)));
    }
    return newer;
  }
}

function newerIn(known: Sums, through: ReadonlyMap<string, number>): number {
  let newer = 0;
  for (const [writerId, last] of through) newer += last - (known.through.get(writerId) ?? 0);
  return newer;
}

function isIn({ org_id, from, to }: Span, { entry, at }: StoredLine): boolean {
  return entry.org_id === org_id && at >= from && at < to;
}

function add(sums: Sums, line: StoredLine): void {
  const { app_id } = line.entry;
  const app = sums.apps.get(app_id) ?? new LabelFold();
  sums.apps.set(app_id, app);
  app.add(line);
  sums.all.add(line);
  sums.entries += 1;
}
