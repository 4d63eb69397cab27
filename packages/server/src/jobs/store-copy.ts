/**
 * Copies a store into an empty one: catalogue, audit log, refusals, entries in their writers' order
 * with their ids and numbers, what removed entries have posted, and last the budgets, which sum up
 * what is there by then. A copy that was broken off goes on where it was; nothing is there twice.
 *
 * It ends with a proof: both stores are read again, and have to say the same. Until then the copy
 * is not done.
 */
import { createHash } from 'node:crypto';
import { entryToJson } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import type {
  NumberedAudit,
  StoreCounts,
  StoreImport,
  StoreSource,
  WholeDocument,
} from '../ports/ledger-import.ts';
import type { BudgetState, LedgerStore } from '../ports/ledger-store.ts';
import type { RefusalRow } from '../ports/refusal-store.ts';

/** Lines, documents and the like that are read at once. */
const PAGE = 100;
/** Writers, and budgets, that are copied at the same time. */
const AT_ONCE = 4;

type Reads = Pick<LedgerStore, 'budgets' | 'entriesOfWriter' | 'summary' | 'writers'>;

export interface StoreCopyParts {
  readonly source: StoreSource;
  readonly from: Reads & Pick<LedgerStore, 'holds'>;
  readonly target: StoreImport;
  readonly to: Reads & Pick<LedgerStore, 'putBudget'>;
  readonly clock: Clock;
  /** Whether a server works on the source. */
  readonly isServed: () => boolean;
  /** Of numbers of entries, documents, audit records, refusals and budgets. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A figure in both stores. */
export interface Both<T> {
  readonly from: T;
  readonly to: T;
}

/** What both stores say. Amounts are in pico-USD, and of budgets in their unit. */
export interface CopyProof {
  readonly agrees: boolean;
  readonly writers: readonly {
    readonly writer_id: string;
    readonly last_sequence: Both<number>;
    readonly entries: Both<number>;
    /** SHA-256 of its entries, one JSON text a line, in their order. */
    readonly digest: Both<string>;
  }[];
  readonly organizations: readonly {
    readonly org_id: string;
    readonly requests: Both<number>;
    readonly cost: Both<bigint>;
    readonly ceiling: Both<bigint>;
  }[];
  readonly budgets: readonly {
    readonly budget_id: string;
    readonly window_start: Both<number | null>;
    readonly posted: Both<bigint>;
    readonly ceiling: Both<bigint>;
  }[];
  readonly documents: Both<number>;
  readonly audit: Both<number>;
  readonly refusals: Both<number>;
}

export interface CopyReport {
  /** `already`: it had been done before, and nothing was written. */
  readonly kind: 'copied' | 'already';
  /** It had been begun before. */
  readonly resumed: boolean;
  readonly entries: number;
  readonly proof: CopyProof;
}

/** Nothing was copied, and the message says what to do. */
export class CopyRefused extends Error {
  override readonly name = 'CopyRefused';
}

/** Throws `CopyRefused`, with nothing changed. */
export async function copyStore(parts: StoreCopyParts): Promise<CopyReport> {
  const { target, clock } = parts;
  await refuseInUse(parts);
  const state = await target.state();
  if (state.kind === 'used') {
    throw new CopyRefused(
      'The target has something in it that no copy has brought. Copy into a table of its own: ' +
        'name another --table-prefix.',
    );
  }
  if (state.kind === 'done') {
    return { kind: 'already', resumed: false, entries: 0, proof: await prove(parts) };
  }
  if (state.kind === 'empty') await target.begin(clock.now());
  const entries = await copyAll(parts);
  await refuseInUse(parts);
  const proof = await prove(parts);
  if (proof.agrees) await target.finish(clock.now());
  return { kind: 'copied', resumed: state.kind === 'begun', entries, proof };
}

async function refuseInUse({ isServed, from, target }: StoreCopyParts): Promise<void> {
  if (isServed()) {
    throw new CopyRefused('A server runs on the source. Stop it, then copy.');
  }
  const holds = await from.holds();
  if (holds.length > 0) {
    throw new CopyRefused(
      `${holds.length} calls in the source were on their way when their server ended. Start a ` +
        'server on it once, which settles them, stop it in order, then copy.',
    );
  }
  const living = await target.living();
  if (living.length > 0) {
    throw new CopyRefused(
      `Servers run on the target (${living.join(', ')}). Stop them, then copy.`,
    );
  }
}

/** Returns how many entries were written. */
async function copyAll(parts: StoreCopyParts): Promise<number> {
  const { source, from, target, to, clock, onProgress } = parts;
  const counts = await source.counts();
  const writers = await from.writers();
  const budgets = await from.budgets(clock.now());
  const total =
    writers.reduce((sum, { last_sequence }) => sum + last_sequence, 0) +
    counts.documents +
    counts.audit +
    counts.refusals +
    budgets.length;
  let done = 0;
  const through = (more: number): void => onProgress?.((done += more), total);
  through(0);
  await inPages<WholeDocument>(
    (last) => source.documents(last, PAGE),
    (page) => target.importDocuments(page),
    through,
  );
  const audit = await inPages<NumberedAudit>(
    (last) => source.audit(last?.number ?? 0, PAGE),
    (page) => target.importAudit(page),
    through,
  );
  const revision = await source.revision();
  await target.importRevisions({ catalog: revision, audit: audit?.number ?? 0 });
  await inPages<RefusalRow>(
    (last) => source.refusals(last, PAGE),
    (page) => target.importRefusals(page),
    through,
  );
  await target.importRemoved(await source.removed());
  let entries = 0;
  await eachOf(writers, async ({ writer_id, last_sequence }) => {
    const before = await target.lastSequence(writer_id);
    through(before);
    let at = before;
    while (at < last_sequence) {
      const page = await source.lines(writer_id, at, PAGE);
      const last = page.at(-1)?.entry.sequence;
      if (last === undefined) break;
      await target.importLines(writer_id, page);
      entries += page.length;
      through(last - at);
      at = last;
    }
    await target.closeWriter(writer_id, last_sequence);
    through(last_sequence - at);
  });
  await target.importCopies(await source.copies());
  await eachOf(budgets, async ({ budget }) => {
    await to.putBudget({ budget, at: clock.now() });
    through(1);
  });
  return entries;
}

/** Copies page by page; returns the last thing that was copied. */
async function inPages<T>(
  read: (last: T | null) => Promise<readonly T[]>,
  write: (page: readonly T[]) => Promise<void>,
  through: (more: number) => void,
): Promise<T | null> {
  let last: T | null = null;
  while (true) {
    const page: readonly T[] = await read(last);
    if (page.length > 0) await write(page);
    through(page.length);
    last = page.at(-1) ?? last;
    if (page.length < PAGE) return last;
  }
}

/** A few at the same time, in their order. */
async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const line = async (): Promise<void> => {
    for (const one of left) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
}

/** Reads both stores, and compares. */
async function prove(parts: StoreCopyParts): Promise<CopyProof> {
  const { source, from, target, to, clock } = parts;
  const fromCounts = await source.counts();
  const toCounts = await target.counts();
  const count = (name: Exclude<keyof StoreCounts, 'entries'>): Both<number> => {
    return { from: fromCounts[name], to: toCounts[name] };
  };
  const at = clock.now();
  const figures = {
    writers: await writersOf(from, to),
    organizations: await organizationsOf(from, to),
    budgets: budgetsOf(await from.budgets(at), await to.budgets(at)),
    documents: count('documents'),
    audit: count('audit'),
    refusals: count('refusals'),
  };
  return { agrees: isEqual(figures), ...figures };
}

async function writersOf(from: Reads, to: Reads): Promise<CopyProof['writers']> {
  const lastOf = async (ledger: Reads): Promise<ReadonlyMap<string, number>> =>
    new Map((await ledger.writers()).map((writer) => [writer.writer_id, writer.last_sequence]));
  const [before, after] = [await lastOf(from), await lastOf(to)];
  const found: CopyProof['writers'][number][] = [];
  await eachOf([...new Set([...before.keys(), ...after.keys()])].sort(), async (writer_id) => {
    const [one, other] = [await digestOf(from, writer_id), await digestOf(to, writer_id)];
    found.push({
      writer_id,
      last_sequence: { from: before.get(writer_id) ?? 0, to: after.get(writer_id) ?? 0 },
      entries: { from: one.entries, to: other.entries },
      digest: { from: one.digest, to: other.digest },
    });
  });
  return found.sort((a, b) => (a.writer_id < b.writer_id ? -1 : 1));
}

async function digestOf(
  ledger: Reads,
  writerId: string,
): Promise<{ readonly entries: number; readonly digest: string }> {
  const hash = createHash('sha256');
  let entries = 0;
  let after = 0;
  while (true) {
    const page = await ledger.entriesOfWriter(writerId, after, 10 * PAGE);
    for (const entry of page) hash.update(`${JSON.stringify(inOrder(entryToJson(entry)))}\n`);
    entries += page.length;
    after = page.at(-1)?.sequence ?? after;
    if (page.length < 10 * PAGE) return { entries, digest: hash.digest('hex') };
  }
}

/** The same value, its members by their names: stores give them in orders of their own. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]));
}

async function organizationsOf(from: Reads, to: Reads): Promise<CopyProof['organizations']> {
  const sumsOf = async (ledger: Reads) => {
    const { groups } = await ledger.summary({ group_by: ['org_id'] });
    return new Map(groups.map((group) => [group.keys.org_id ?? '', group]));
  };
  const [before, after] = [await sumsOf(from), await sumsOf(to)];
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((org_id) => {
    const [one, other] = [before.get(org_id), after.get(org_id)];
    return {
      org_id,
      requests: { from: one?.requests ?? 0, to: other?.requests ?? 0 },
      cost: { from: one?.cost ?? 0n, to: other?.cost ?? 0n },
      ceiling: { from: one?.ceiling ?? 0n, to: other?.ceiling ?? 0n },
    };
  });
}

function budgetsOf(
  before: readonly BudgetState[],
  after: readonly BudgetState[],
): CopyProof['budgets'] {
  const stateIn = (states: readonly BudgetState[]) =>
    new Map(states.map((state) => [state.budget.budget_id, state]));
  const [one, other] = [stateIn(before), stateIn(after)];
  return [...new Set([...one.keys(), ...other.keys()])].sort().map((budget_id) => {
    const [a, b] = [one.get(budget_id), other.get(budget_id)];
    return {
      budget_id,
      window_start: { from: a?.window_start ?? null, to: b?.window_start ?? null },
      posted: { from: a?.balance.posted ?? 0n, to: b?.balance.posted ?? 0n },
      ceiling: { from: a?.balance.ceiling ?? 0n, to: b?.balance.ceiling ?? 0n },
    };
  });
}

/** Whether every pair of figures is one figure. */
function isEqual(figures: object): boolean {
  if ('from' in figures && 'to' in figures) return figures.from === figures.to;
  return Object.values(figures).every(
    (member) => typeof member !== 'object' || member === null || isEqual(member as object),
  );
}
