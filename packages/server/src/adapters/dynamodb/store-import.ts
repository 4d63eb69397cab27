/**
 * Takes a store in whole. Nobody else uses the table meanwhile, so that no condition is needed:
 * every item is put as it will be, by itself and again if need be. The last thing that is written
 * of a run of lines is the item of their writer's log; by it a copy that was broken off goes on.
 *
 * Lines have the revision 0 of budgets: every budget that is made afterwards sums them up.
 */
import { idsOfCall, type Entry } from '@tollkeeper/core';
import type { RefusalRow } from '../../ports/refusal-store.ts';
import type {
  CopyState,
  NumberedAudit,
  PlaceCopied,
  RemovedSum,
  StoreCounts,
  StoreImport,
  WholeDocument,
  WholeLine,
} from '../../ports/ledger-import.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import { archivedAttributes, nameOf } from './entries/archive.ts';
import { ENDED_TTL_S, endedAttributes } from './attempts/attempt-item.ts';
import { childKey, documentKey } from './catalog/catalog.ts';
import { entryKey, lineAttributes } from './entries/entry-item.ts';
import { allHeads } from './instances/instance-heads.ts';
import { allItems, itemPages } from './items/item-pages.ts';
import type { Item, ItemKey, Items, Write } from './items/items.ts';
import { toJsonAttribute } from './items/json-attribute.ts';
import {
  archivedPartition,
  attemptKey,
  AUDIT_PARTITION,
  callKey,
  callsKey,
  auditIdKey,
  auditSort,
  COPIES_PARTITION,
  COPY,
  copySort,
  correctionsPartition,
  correctionSort,
  dayOf,
  DAYS_PARTITION,
  daysOfOrgPartition,
  daySort,
  knownAsPartition,
  lineKey,
  logPartition,
  logSort,
  orgsOfDayPartition,
  REFUSAL_DAYS_PARTITION,
  refusalsPartition,
  removedKey,
  REVISIONS,
  writerKey,
} from './items/keys.ts';
import { idOfKey } from './items/known-items.ts';
import {
  correctionAttributes,
  knownAsSort,
  LOG_ENTRIES_MAX,
  lineMarkAttributes,
  logAttributes,
  namedCallAttributes,
  UPSTREAM_TTL_S,
} from './entries/line-items.ts';
import { namesOf } from './entries/line-writing.ts';
import { dayKey, rowKey } from './catalog/refusals.ts';
import { revisionsOf } from './catalog/revisions.ts';
import type { Attributes } from './groups/transactions.ts';
import { lastSequence } from './entries/writer-logs.ts';

/** Kinds of documents that have been written, for them to be counted. */
const COPIED_KINDS: ItemKey = { pk: 'META', sk: 'COPYKINDS' };

export interface ImportParts {
  readonly items: Items;
  readonly clock: Clock;
  readonly ids: Ids;
}

export class DynamoImport implements StoreImport {
  readonly #parts: ImportParts;
  /** Items that say the same for many lines, and were written. */
  readonly #written = new Set<string>();
  readonly #kinds = new Set<string>();

  constructor(parts: ImportParts) {
    this.#parts = parts;
  }

  async state(): Promise<CopyState> {
    const [copy, revisions] = await this.#parts.items.get([COPY, REVISIONS]);
    if (copy === undefined) return { kind: revisions === undefined ? 'empty' : 'used' };
    if (copy.done_at === undefined) return { kind: 'begun', at: Number(copy.begun_at) };
    return { kind: 'done', at: Number(copy.done_at) };
  }

  begin(at: number): Promise<void> {
    return this.#put([[COPY, { begun_at: at }]]);
  }

  finish(at: number): Promise<void> {
    return this.#put([[COPY, { done_at: at }]]);
  }

  async living(): Promise<readonly string[]> {
    const heads = await allHeads(this.#parts.items);
    return heads.filter(({ state }) => state === 'alive').map(({ name }) => name);
  }

  lastSequence(writerId: string): Promise<number> {
    return lastSequence(this.#parts.items, writerId);
  }

  async importLines(writerId: string, lines: readonly WholeLine[]): Promise<void> {
    for (const run of runsOf(lines)) {
      const now = this.#parts.clock.now();
      await this.#put(run.flatMap((line) => [...this.#daysOf(line), ...itemsOf(line, now)]));
      const [first] = run;
      const last = run.at(-1);
      if (first === undefined || last === undefined) continue;
      const { sequence } = first.entry;
      const length = last.entry.sequence - sequence + 1;
      const entries: (ItemKey | null)[] = Array.from({ length }, () => null);
      for (const { entry } of run) entries[entry.sequence - sequence] = entryKey(entry);
      // First the writer, so that whoever finds a log knows whose it is.
      await this.#putOnce(writerKey(writerId));
      await this.#put([[logKey(writerId, sequence), logAttributes({ first: sequence, entries })]]);
    }
  }

  async closeWriter(writerId: string, last: number): Promise<void> {
    if (last === 0 || (await this.lastSequence(writerId)) >= last) return;
    await this.#putOnce(writerKey(writerId));
    await this.#put([[logKey(writerId, last), logAttributes({ first: last, entries: [null] })]]);
  }

  async importDocuments(documents: readonly WholeDocument[]): Promise<void> {
    await this.#put(
      documents.flatMap(({ kind, id, parent, value, revision }) => {
        const attributes = { parent, revision, ...toJsonAttribute(value) };
        this.#kinds.add(kind);
        return [
          [documentKey(kind, id), attributes],
          [childKey(kind, parent, id), attributes],
        ];
      }),
    );
    await this.#put([[COPIED_KINDS, { kinds: [...(await this.#knownKinds())] }]]);
  }

  importAudit(records: readonly NumberedAudit[]): Promise<void> {
    return this.#put(
      records.flatMap(({ number, record }) => [
        [
          { pk: AUDIT_PARTITION, sk: auditSort(number) },
          { number, ...toJsonAttribute(record) },
        ],
        [auditIdKey(record.audit_id), { number }],
      ]),
    );
  }

  async importRefusals(rows: readonly RefusalRow[]): Promise<void> {
    const days = new Set(rows.map(({ at }) => dayOf(at)));
    await this.#put([...days].map((day) => [dayKey(day), {}]));
    await this.#put(rows.map((row) => [rowKey(row), { ...toJsonAttribute(row) }]));
  }

  async importRemoved(sums: readonly RemovedSum[]): Promise<void> {
    const counts = new Map<string, number>();
    for (const { subject, entries } of sums) {
      counts.set(subject.org_id, (counts.get(subject.org_id) ?? 0) + entries);
    }
    await this.#put([
      ...sums.map((sum): Put => [
        { pk: archivedPartition(sum.subject.org_id), sk: nameOf(sum.subject) },
        archivedAttributes(sum),
      ]),
      ...[...counts].map(([org, entries]): Put => [removedKey(org), { entries }]),
    ]);
  }

  importCopies(copies: readonly PlaceCopied[]): Promise<void> {
    return this.#put(
      copies.map(({ place, writer_id, sequence }) => [
        { pk: COPIES_PARTITION, sk: copySort(place, writer_id) },
        { place, writer_id, sequence },
      ]),
    );
  }

  async importRevisions(given: {
    readonly catalog: number;
    readonly audit: number;
  }): Promise<void> {
    const [item] = await this.#parts.items.get([REVISIONS]);
    const before = revisionsOf(item);
    const next = {
      catalog: Math.max(before.catalog, given.catalog),
      budgets: before.budgets,
      audit: Math.max(before.audit, given.audit),
    };
    const write: Write = {
      op: 'put',
      item: { ...REVISIONS, v: (item?.v ?? 0) + 1, ...next },
      condition: item === undefined ? { kind: 'absent' } : { kind: 'version', v: item.v },
    };
    const outcome = await this.#parts.items.transact([write], this.#parts.ids.uuid());
    if (outcome.kind !== 'committed') {
      throw new StoreUnavailable('The revisions of the table are being changed: try again.');
    }
  }

  async counts(): Promise<Omit<StoreCounts, 'entries'>> {
    const { items } = this.#parts;
    const count = async (pk: string): Promise<number> => {
      let found = 0;
      for await (const page of itemPages(items, { pk })) found += page.length;
      return found;
    };
    let documents = 0;
    for (const kind of await this.#knownKinds()) {
      documents += await count(documentKey(kind as WholeDocument['kind'], '').pk);
    }
    let refusals = 0;
    for (const { sk } of await allItems(items, { pk: REFUSAL_DAYS_PARTITION })) {
      refusals += await count(refusalsPartition(sk));
    }
    return { documents, audit: await count(AUDIT_PARTITION), refusals };
  }

  async #knownKinds(): Promise<ReadonlySet<string>> {
    const [item] = await this.#parts.items.get([COPIED_KINDS]);
    for (const kind of (item?.kinds ?? []) as readonly string[]) this.#kinds.add(kind);
    return this.#kinds;
  }

  /** Registers of the days of a line. */
  #daysOf({ at, entry: { org_id, started_at } }: WholeLine): Put[] {
    const day = dayOf(started_at);
    const keys = [
      { pk: daysOfOrgPartition(org_id), sk: daySort(at, started_at) },
      { pk: orgsOfDayPartition(day), sk: org_id },
      { pk: DAYS_PARTITION, sk: day },
    ].filter((key) => !this.#written.has(idOfKey(key)));
    for (const key of keys) this.#written.add(idOfKey(key));
    return keys.map((key) => [key, {}]);
  }

  async #putOnce(key: ItemKey): Promise<void> {
    if (this.#written.has(idOfKey(key))) return;
    await this.#put([[key, {}]]);
    this.#written.add(idOfKey(key));
  }

  #put(puts: readonly Put[]): Promise<void> {
    const writes = new Map<string, Write>();
    for (const [key, attributes] of puts) {
      const item = { ...attributes, ...key, v: 1 } as Item;
      writes.set(idOfKey(key), { op: 'put', item });
    }
    return this.#parts.items.writeEach([...writes.values()]);
  }
}

type Put = readonly [ItemKey, Attributes];

const logKey = (writerId: string, first: number): ItemKey => ({
  pk: logPartition(writerId),
  sk: logSort(first),
});

/** Stretches that one item of a log can name, whatever was removed between. */
function runsOf(lines: readonly WholeLine[]): readonly (readonly WholeLine[])[] {
  const runs: WholeLine[][] = [];
  for (const line of lines) {
    const run = runs.at(-1);
    const first = run?.[0]?.entry.sequence;
    if (run && first !== undefined && line.entry.sequence - first < LOG_ENTRIES_MAX) run.push(line);
    else runs.push([line]);
  }
  return runs;
}

/** An entry and what it is found by. What would have expired by now is left out. */
function itemsOf(line: WholeLine, now: number): Put[] {
  const { entry, recovered, corrected } = line;
  const { entry_id, entry_type, attempt_id, corrects_entry_id, org_id } = entry;
  const place = entryKey(entry);
  const found: Put[] = [[place, lineAttributes({ ...line, rev: 0 })]];
  if (entry_type === 'attempt') {
    const ttl = Math.ceil(entry.ended_at / 1_000) + ENDED_TTL_S;
    const ended = endedAttributes({ entry: place, recovered, corrected }, ttl);
    if (ttl * 1_000 > now) found.push([attemptKey(attempt_id), ended]);
    found.push([callsKey(org_id), {}]);
  } else {
    const mark = lineMarkAttributes({ entry: place, corrected });
    found.push([lineKey(entry_type, entry_id), mark]);
  }
  if (entry_type === 'correction' && corrects_entry_id !== null) {
    const sk = correctionSort(entry.writer_id, entry.sequence);
    found.push([{ pk: correctionsPartition(corrects_entry_id), sk }, correctionAttributes(place)]);
  }
  if (entry_type === 'submission') found.push(...submissionNames(entry, now));
  for (const { id, known, ttl } of namesOf(entry, entry.ended_at)) {
    const key = { pk: knownAsPartition(org_id, id), sk: knownAsSort(known) };
    if (ttl === undefined) found.push([key, {}]);
    else if (ttl * 1_000 > now) found.push([key, { ttl }]);
  }
  return found;
}

/** The ids by which a submission names its call; an attempt of it is known beside that. */
function submissionNames(entry: Entry, now: number): Put[] {
  const { org_id, entry_id, request_id, ended_at } = entry;
  const ttl = Math.ceil(ended_at / 1_000) + UPSTREAM_TTL_S;
  return idsOfCall(entry).flatMap((id): Put[] => {
    const key = callKey(org_id, id);
    if (id === request_id) return [[key, namedCallAttributes({ submission: entry_id })]];
    if (ttl * 1_000 <= now) return [];
    return [[key, namedCallAttributes({ submission: entry_id, ttl })]];
  });
}
