/** The ledger port over the writer and the reader threads. It only translates. */
import type { Budget, Entry, Hold } from '@tollkeeper/core';
import type { AuditStamp } from '../../ports/audit.ts';
import type { CopiedThrough, ForgetEntries, Forgotten } from '../../ports/ledger-archive.ts';
import type {
  BudgetState,
  EntryPage,
  EntryQuery,
  LabelQuery,
  LabelSum,
  LedgerStore,
  PutBudget,
  Recorded,
  RecordEntry,
  Reserve,
  Reserved,
  Settle,
  Settled,
  SummaryQuery,
} from '../../ports/ledger-store.ts';
import { StoreUnavailable } from '../../ports/ledger-store.ts';
import type {
  LeaseLost,
  LeasedPart,
  LeaseState,
  LeasingLedger,
  RecordLeased,
  ReserveLeased,
  SettleLeased,
  TakeLease,
  TakenLease,
} from '../../ports/leasing-ledger.ts';
import { LEASED, RELEASE } from './protocol.ts';
import type { WriteAnswer } from './protocol.ts';
import type { ReadQueue } from './read-queue.ts';
import type { EntryRows } from './reader.ts';
import { entryOf } from './entry-row.ts';
import { toRecord, toReserve, toSettle } from './rows.ts';
import type { EntryColumns } from './entry-row.ts';
import type { WriteQueue } from './write-queue.ts';

export class SqliteLedger implements LeasingLedger {
  readonly #writes: WriteQueue;
  readonly #reads: ReadQueue;
  readonly #close: () => Promise<void>;

  constructor(writes: WriteQueue, reads: ReadQueue, close: () => Promise<void>) {
    this.#writes = writes;
    this.#reads = reads;
    this.#close = close;
  }

  async reserve(command: Reserve): Promise<Reserved> {
    this.#refuseWhenFull();
    return this.#writes.send(toReserve(command), readReserved);
  }

  async reserveLeased(command: ReserveLeased): Promise<Reserved | LeaseLost> {
    this.#refuseWhenFull();
    return this.#writes.send([LEASED, command.leased, toReserve(command)], (answer, states) =>
      isLost(answer) ? answer : readReserved(answer, states),
    );
  }

  async release(attemptId: string): Promise<void> {
    return this.#writes.send([RELEASE, attemptId], () => undefined);
  }

  async settle(command: Settle): Promise<Settled> {
    return this.#writes.send(toSettle(command), readSettled);
  }

  /** Without a promise of its own: batches record many at once. */
  record(command: RecordEntry): Promise<Recorded> {
    return this.#writes.send(toRecord(command), readRecorded);
  }

  async settleLeased(command: SettleLeased): Promise<Settled> {
    return this.#writes.send([LEASED, command.leased, toSettle(command)], readSettled);
  }

  recordLeased(command: RecordLeased): Promise<Recorded | LeaseLost> {
    return this.#writes.send([LEASED, command.leased, toRecord(command)], (answer, states) =>
      isLost(answer) ? answer : readRecorded(answer, states),
    );
  }

  async takeLease(take: TakeLease): Promise<TakenLease> {
    this.#refuseWhenFull();
    return this.#writes.send({ op: 'take_lease', take }, readTaken);
  }

  async returnLease({
    ends,
    ...part
  }: LeasedPart & { readonly instance_id: string; readonly ends: boolean }): Promise<void> {
    return this.#writes.send({ op: 'return_lease', part, ends }, () => undefined);
  }

  async leases(instanceId: string): Promise<readonly LeaseState[]> {
    return this.#reads.ask({ op: 'leases', instanceId });
  }

  async endLeases(instanceId: string): Promise<void> {
    return this.#writes.send({ op: 'end_leases', instanceId }, () => undefined);
  }

  async putBudget({ budget, at, audit }: PutBudget): Promise<BudgetState> {
    return this.#writes.send({ op: 'put_budget', budget, at, audit }, (answer) =>
      'kind' in answer && answer.kind === 'budget' ? answer.state : unexpected(answer),
    );
  }

  async removeBudget(budgetId: string, audit?: AuditStamp): Promise<boolean> {
    return this.#writes.send({ op: 'remove_budget', budgetId, audit }, (answer) =>
      'kind' in answer && answer.kind === 'removed' ? answer.removed : unexpected(answer),
    );
  }

  async budgets(at: number, orgId?: string): Promise<readonly BudgetState[]> {
    return this.#reads.ask({ op: 'budgets', at, orgId });
  }

  async budgetStates(
    budgetIds: readonly string[],
    at: number,
  ): Promise<readonly (BudgetState | undefined)[]> {
    return this.#reads.ask({ op: 'budget_states', budgetIds, at });
  }

  async postedSince(budget: Budget, from: number, to: number): Promise<bigint> {
    return this.#reads.ask({ op: 'posted_since', budget, from, to });
  }

  async holds(instanceId?: string): Promise<readonly Hold[]> {
    return this.#reads.ask({ op: 'holds', instanceId });
  }

  async entries(query: EntryQuery): Promise<EntryPage> {
    const { rows, next_cursor } = await this.#reads.ask<EntryRows>({ op: 'entries', query });
    return { entries: rows.map(entryOf), next_cursor };
  }

  async summary(query: SummaryQuery): ReturnType<LedgerStore['summary']> {
    return this.#reads.ask({ op: 'summary', query });
  }

  async labelSums(query: LabelQuery): Promise<readonly LabelSum[]> {
    return this.#reads.ask({ op: 'label_sums', query });
  }

  async entriesOfWriter(writerId: string, after: number, limit: number): Promise<readonly Entry[]> {
    const question = { op: 'entries_of_writer', writerId, after, limit } as const;
    return (await this.#reads.ask<EntryColumns[]>(question)).map(entryOf);
  }

  async correctionsOf(entryIds: readonly string[]): Promise<readonly Entry[]> {
    const question = { op: 'corrections', entryIds } as const;
    return (await this.#reads.ask<EntryColumns[]>(question)).map(entryOf);
  }

  async writers(): Promise<readonly { writer_id: string; last_sequence: number }[]> {
    return this.#reads.ask({ op: 'writers' });
  }

  async copied(place: string): Promise<readonly CopiedThrough[]> {
    return this.#reads.ask({ op: 'copied', place });
  }

  async markCopied(place: string, through: CopiedThrough): Promise<void> {
    return this.#writes.send({ op: 'mark_copied', place, through }, () => undefined);
  }

  async forgetEntries(which: ForgetEntries): Promise<Forgotten> {
    return this.#writes.send({ op: 'forget_entries', which }, (answer) =>
      'kind' in answer && answer.kind === 'forgotten_entries'
        ? answer.forgotten
        : unexpected(answer),
    );
  }

  async probe(): Promise<void> {
    await this.#writes.send({ op: 'probe' }, () => undefined);
    await this.#reads.ask({ op: 'probe' });
  }

  async close(): Promise<void> {
    return this.#close();
  }

  #refuseWhenFull(): void {
    if (this.#writes.full) throw new StoreUnavailable('Too many writes are waiting for the store.');
  }
}

function isLost(answer: WriteAnswer): answer is LeaseLost {
  return 'kind' in answer && answer.kind === 'lease_lost';
}

function readTaken(answer: WriteAnswer): TakenLease {
  if (!('kind' in answer)) return unexpected(answer);
  switch (answer.kind) {
    case 'taken':
      return answer;
    case 'refused': {
      const [blocking] = answer.blocking;
      return blocking === undefined ? unexpected(answer) : { kind: 'refused', blocking };
    }
    case 'gone':
      return { kind: 'gone' };
    default:
      return unexpected(answer);
  }
}

function readReserved(answer: WriteAnswer, states: readonly BudgetState[]): Reserved {
  if (!('kind' in answer)) return { kind: 'held', states: statesOf(answer, 1, states) };
  switch (answer.kind) {
    case 'refused':
    case 'stale':
      return answer;
    case 'duplicate':
      return { kind: 'duplicate' };
    default:
      return unexpected(answer);
  }
}

function readSettled(answer: WriteAnswer, states: readonly BudgetState[]): Settled {
  if (!('kind' in answer)) {
    return { kind: 'settled', sequence: answer[1] ?? 0, states: statesOf(answer, 2, states) };
  }
  switch (answer.kind) {
    case 'settled':
      return { ...answer, states: statesOf(answer.states, 0, states) };
    case 'corrected':
      return answer;
    case 'already':
    case 'unknown_attempt':
      return { kind: answer.kind };
    default:
      return unexpected(answer);
  }
}

function readRecorded(answer: WriteAnswer, states: readonly BudgetState[]): Recorded {
  if (!('kind' in answer)) {
    return { kind: 'recorded', sequence: answer[1] ?? 0, states: statesOf(answer, 2, states) };
  }
  switch (answer.kind) {
    case 'present':
      return { kind: 'already', entry: answer.entry === null ? null : entryOf(answer.entry) };
    case 'stale':
      return answer;
    default:
      return unexpected(answer);
  }
}

function statesOf(
  answer: readonly number[],
  from: number,
  states: readonly BudgetState[],
): BudgetState[] {
  return answer.slice(from).map((index) => states[index] ?? unexpected(answer));
}

function unexpected(answer: WriteAnswer): never {
  throw new Error(`This answer belongs to another command: ${JSON.stringify(answer)}`);
}
