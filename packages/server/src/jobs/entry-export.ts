/**
 * Copies entries out of the ledger: JSON lines, writer by writer in their order, each once. A run
 * of lines is durable in the archive before the ledger is told so; a copy that was broken off goes
 * on where it was.
 */
import { entryToJson, type Entry, type EntryJson } from '@tollkeeper/core';
import type { EntryArchive } from '../ports/entry-archive.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';

/** The name of this copy in the ledger. */
export const EXPORT_PLACE = 'export';
/** Entries of one run. */
export const RUN_MAX = 50_000;
const PAGE = 1_000;

export interface ExportParts {
  readonly ledger: Pick<LedgerStore, 'copied' | 'entriesOfWriter' | 'markCopied' | 'writers'>;
  readonly archive: EntryArchive;
  /** Told of entries that are done, of those there were in the beginning. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly runMax?: number;
}

/** What one export did. */
export interface ExportReport {
  /** Entries copied, and the runs that were written for them. */
  readonly entries: number;
  readonly runs: number;
  /** Runs that were there already: the export before was broken off, or the ledger is older. */
  readonly adopted: number;
}

/**
 * Copies every entry that was not copied yet. Throws when the archive has a run that says something
 * else than the ledger.
 */
export async function exportEntries(parts: ExportParts): Promise<ExportReport> {
  const { ledger, archive, onProgress } = parts;
  const marks = await ledger.copied(EXPORT_PLACE);
  const markOf = new Map(marks.map(({ writer_id, sequence }) => [writer_id, sequence]));
  const open = (await ledger.writers()).map(({ writer_id, last_sequence: last }) => ({
    ...{ writer_id, last, done: markOf.get(writer_id) ?? 0 },
  }));
  const total = open.reduce((sum, { last, done }) => sum + Math.max(0, last - done), 0);
  const report = { entries: 0, runs: 0, adopted: 0 };
  let through = 0;
  onProgress?.(0, total);
  for (const { writer_id, last, ...from } of open) {
    let { done } = from;
    while (done < last) {
      const found = archive.read(writer_id, done + 1);
      const run =
        found === undefined
          ? await writeRun(parts, { writer_id, first: done + 1, last })
          : await adoptRun(parts, { writer_id, first: done + 1, last }, found);
      if (run === undefined) continue;
      await ledger.markCopied(EXPORT_PLACE, { writer_id, sequence: run.last });
      through += run.last - done;
      done = run.last;
      report.entries += run.entries;
      report.adopted += Number(run.kind === 'adopted');
      report.runs += Number(run.kind === 'written');
      onProgress?.(through, total);
    }
  }
  return report;
}

/** A stretch of one writer's entries. */
interface Stretch {
  readonly writer_id: string;
  readonly first: number;
  readonly last: number;
}

interface Run {
  readonly last: number;
  readonly entries: number;
  /** `gone`: all of it was removed after another copy was made. */
  readonly kind: 'written' | 'adopted' | 'gone';
}

/** Undefined: somebody else has written it meanwhile. */
async function writeRun(
  { ledger, archive, runMax = RUN_MAX }: ExportParts,
  { writer_id, first, last }: Stretch,
): Promise<Run | undefined> {
  const [present] = await ledger.entriesOfWriter(writer_id, first - 1, 1);
  if (present === undefined || present.sequence > last) return { last, entries: 0, kind: 'gone' };
  let entries = 0;
  let end = last;
  const lines = async function* (): AsyncGenerator<string> {
    let after = first - 1;
    while (entries < runMax && after < last) {
      const page = await ledger.entriesOfWriter(writer_id, after, Math.min(PAGE, runMax - entries));
      for (const entry of page) {
        // A writer goes on while it is copied.
        if (entry.sequence > last) return;
        yield JSON.stringify(entryToJson(entry));
        after = entry.sequence;
        entries += 1;
      }
      if (page.length === 0) return;
    }
    end = after;
  };
  const written = await archive.write(writer_id, first, lines());
  return written ? { last: end, entries, kind: 'written' } : undefined;
}

/** Makes sure that a run which is there says what the ledger says. */
async function adoptRun(
  { ledger, archive }: ExportParts,
  { writer_id, first, last }: Stretch,
  lines: AsyncIterable<string>,
): Promise<Run> {
  const name = archive.nameOf(writer_id, first);
  let entries = 0;
  let end = first - 1;
  for await (const batch of batches(lines, name)) {
    const until = batch.at(-1)?.sequence ?? end;
    const kept = await ledger.entriesOfWriter(writer_id, end, until - end);
    for (const entry of kept) {
      if (entry.sequence <= until && !batch.some((line) => isSame(line, entry))) {
        throw new Error(
          `${name} says something else than the ledger of entry ${entry.sequence}. It belongs to ` +
            'another ledger: export to another directory.',
        );
      }
    }
    entries += batch.filter(({ sequence }) => sequence <= last).length;
    end = until;
  }
  if (end < first) throw new Error(`${name} is empty. Move it away and export again.`);
  return { last: Math.min(end, last), entries, kind: 'adopted' };
}

async function* batches(
  lines: AsyncIterable<string>,
  name: string,
): AsyncGenerator<readonly EntryJson[]> {
  let batch: EntryJson[] = [];
  try {
    for await (const line of lines) {
      batch.push(JSON.parse(line) as EntryJson);
      if (batch.length < 100) continue;
      yield batch;
      batch = [];
    }
  } catch (cause) {
    throw new Error(`${name} cannot be read. Move it away and export again.`, { cause });
  }
  if (batch.length > 0) yield batch;
}

function isSame(line: EntryJson, entry: Entry): boolean {
  const { cost_usd, ceiling_usd } = entryToJson(entry);
  return (
    line.sequence === entry.sequence &&
    line.entry_id === entry.entry_id &&
    line.cost_usd === cost_usd &&
    line.ceiling_usd === ceiling_usd
  );
}
