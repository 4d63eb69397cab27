/**
 * What is asked of the ledger, and how entries leave it. Everything is read strongly consistent and
 * page by page; nothing of it goes through groups.
 */
import { entryCursor, readEntryCursor } from '@tollkeeper/core';
import type { Budget, Entry, EntryFilter, Hold, LabelSum, Summary } from '@tollkeeper/core';
import type {
  CopiedThrough,
  ForgetEntries,
  Forgotten,
  LedgerArchive,
} from '../../ports/ledger-archive.ts';
import type {
  BudgetState,
  EntryPage,
  EntryQuery,
  LabelQuery,
  LedgerStore,
  SummaryQuery,
} from '../../ports/ledger-store.ts';
import { copiedTo, forgetEntries, markCopied, type ArchiveParts } from './entries/archive.ts';
import { definitionsById, definitionsOf, statesAt } from './budgets/budget-states.ts';
import { correctionsOf, linesOfRequest } from './entries/entry-finding.ts';
import { firstLines, type PlacedLine } from './entries/entry-reading.ts';
import { postedOf, summaryOf } from './entries/entry-sums.ts';
import { toHolds } from './attempts/hold-allocations.ts';
import type { Items } from './items/items.ts';
import { entrySort, PROBE } from './items/keys.ts';
import { LabelWindows } from './budgets/label-windows.ts';
import { openAttempts } from './attempts/open-attempts.ts';
import { entriesAfter, writerStates } from './entries/writer-logs.ts';

/** The methods of a ledger that change no balance. */
type Reading = Pick<
  LedgerStore,
  | 'budgets'
  | 'budgetStates'
  | 'postedSince'
  | 'holds'
  | 'entries'
  | 'summary'
  | 'labelSums'
  | 'entriesOfWriter'
  | 'correctionsOf'
  | 'writers'
  | 'probe'
>;

export class LedgerReads implements Reading, LedgerArchive {
  readonly #parts: ArchiveParts;
  readonly #items: Items;
  readonly #labels: LabelWindows;

  constructor(parts: ArchiveParts) {
    this.#parts = parts;
    this.#items = parts.items;
    this.#labels = new LabelWindows(parts.items);
  }

  async budgets(at: number, orgId?: string): Promise<readonly BudgetState[]> {
    return statesAt(this.#items, await definitionsOf(this.#items, orgId), at);
  }

  async budgetStates(
    budgetIds: readonly string[],
    at: number,
  ): Promise<readonly (BudgetState | undefined)[]> {
    const definitions = await definitionsById(this.#items, [...new Set(budgetIds)]);
    const present = definitions.filter((definition) => definition !== undefined);
    const states = await statesAt(this.#items, present, at);
    const byId = new Map(states.map((state) => [state.budget.budget_id, state]));
    return budgetIds.map((id) => byId.get(id));
  }

  async postedSince(budget: Budget, from: number, to: number): Promise<bigint> {
    return (await postedOf(this.#items, budget, { from, to })).posted;
  }

  async holds(instanceId?: string): Promise<readonly Hold[]> {
    return toHolds(this.#items, await openAttempts(this.#items, instanceId));
  }

  async entries(query: EntryQuery): Promise<EntryPage> {
    const { limit, request_id, cursor } = query;
    const after = cursor === undefined ? undefined : readEntryCursor(cursor);
    const behind =
      after === undefined
        ? {}
        : { after: entrySort(after.started_at, after.writer_id, after.sequence) };
    const from = Math.max(query.from ?? -Infinity, after?.started_at ?? -Infinity);
    const filter = { ...query, ...(from === -Infinity ? {} : { from }) };
    const lines =
      request_id === undefined
        ? await firstLines(this.#items, { filter, ...behind }, limit + 1)
        : inOrderFrom(await this.#linesOf(request_id, filter), behind.after);
    const entries = lines.slice(0, limit).map(({ line }) => line.entry);
    const last = entries.at(-1);
    const more = lines.length > entries.length && last !== undefined;
    return { entries, next_cursor: more ? entryCursor(last) : null };
  }

  #linesOf(requestId: string, filter: EntryFilter): Promise<readonly PlacedLine[]> {
    return linesOfRequest(this.#items, requestId, filter, this.#parts.clock.now());
  }

  summary(query: SummaryQuery): Promise<Summary> {
    return summaryOf(this.#items, query);
  }

  labelSums(query: LabelQuery): Promise<readonly LabelSum[]> {
    return this.#labels.of(query);
  }

  entriesOfWriter(writerId: string, after: number, limit: number): Promise<readonly Entry[]> {
    return entriesAfter(this.#items, writerId, after, limit);
  }

  async correctionsOf(entryIds: readonly string[]): Promise<readonly Entry[]> {
    return (await correctionsOf(this.#items, entryIds)).map(({ line }) => line.entry);
  }

  async writers(): ReturnType<LedgerStore['writers']> {
    const states = await writerStates(this.#items);
    return states.map(({ writer_id, last_sequence }) => ({ writer_id, last_sequence }));
  }

  copied(place: string): Promise<readonly CopiedThrough[]> {
    return copiedTo(this.#items, place);
  }

  markCopied(place: string, through: CopiedThrough): Promise<void> {
    return markCopied(this.#parts, place, through);
  }

  forgetEntries(command: ForgetEntries): Promise<Forgotten> {
    return forgetEntries(this.#parts, command);
  }

  async probe(): Promise<void> {
    const at = this.#parts.clock.now();
    await this.#items.writeEach([{ op: 'put', item: { ...PROBE, v: 1, at } }]);
    await this.#items.get([PROBE]);
  }
}

function inOrderFrom(
  lines: readonly PlacedLine[],
  after: string | undefined,
): readonly PlacedLine[] {
  return lines
    .filter(({ key }) => after === undefined || key.sk > after)
    .sort((a, b) => (a.key.sk < b.key.sk ? -1 : 1));
}
