/** Which entries of the ledger in memory were copied, and those that were removed since. */
import { inEntryOrder, type Line } from '@tollkeeper/core';
import type {
  CopiedThrough,
  ForgetEntries,
  Forgotten,
  LedgerArchive,
} from '../../ports/ledger-archive.ts';

export class MemoryArchive implements LedgerArchive {
  readonly #lines: Map<string, Line>;
  /** By place and writer. */
  readonly #copied = new Map<string, Map<string, number>>();
  /** What was removed: budgets without an end still count it. */
  readonly removed: Line[] = [];

  /** `lines` are those of the ledger. */
  constructor(lines: Map<string, Line>) {
    this.#lines = lines;
  }

  /** When the entry of this id was dispatched; undefined: there is none, or it was removed. */
  dispatchOf(entryId: string | null): number | undefined {
    return (this.#lines.get(`attempt ${entryId}`) ?? this.#lines.get(`submission ${entryId}`))?.at;
  }

  async copied(place: string): Promise<readonly CopiedThrough[]> {
    return [...(this.#copied.get(place) ?? [])]
      .map(([writer_id, sequence]) => ({ writer_id, sequence }))
      .sort((a, b) => (a.writer_id < b.writer_id ? -1 : 1));
  }

  async markCopied(place: string, { writer_id, sequence }: CopiedThrough): Promise<void> {
    const writers = this.#copied.get(place) ?? new Map<string, number>();
    this.#copied.set(place, writers);
    writers.set(writer_id, Math.max(sequence, writers.get(writer_id) ?? 0));
  }

  async forgetEntries({ before, limit }: ForgetEntries): Promise<Forgotten> {
    const oldest = [...this.#lines]
      .filter(([, { entry }]) => entry.started_at < before)
      .sort(([, a], [, b]) => inEntryOrder(a.entry, b.entry))
      .slice(0, limit);
    const gone = oldest.filter(([, line]) => line.at < before && this.#isCopied(line));
    for (const [key, line] of gone) {
      this.#lines.delete(key);
      this.removed.push(line);
    }
    return { removed: gone.length, kept: oldest.length - gone.length };
  }

  #isCopied({ entry: { writer_id, sequence } }: Line): boolean {
    return [...this.#copied.values()].some((writers) => sequence <= (writers.get(writer_id) ?? 0));
  }
}
