/**
 * The ledger's commands inside a group. Each checks before it writes, so that a command that is
 * refused or repeated leaves nothing behind and disturbs no other command of its group.
 */
import type { StatementSync } from 'node:sqlite';
import {
  changeLimit,
  correctionOf,
  correctPostings,
  hold as addHold,
  post,
  roomFor,
  settleHold,
  unhold,
  windowAt,
} from '@tollkeeper/core';
import type {
  Amounts,
  Balance,
  Budget,
  BudgetUnit,
  Entry,
  Postings,
  Subject,
} from '@tollkeeper/core';
import { budgetAudit } from '../../ports/audit.ts';
import type { BudgetState } from '../../ports/ledger-store.ts';
import { keepAudit } from './audit.ts';
import { sameKind } from './budget-cache.ts';
import type { Row } from './budget-cache.ts';
import { HELD, RECORDED, ROW, SETTLED } from './protocol.ts';
import type {
  EntryRow,
  RecordTuple,
  ReserveTuple,
  SettleTuple,
  SlowCommand,
  WriteAnswer,
} from './protocol.ts';
import {
  draftOfRow,
  ENTRY_SELECT,
  entryOf,
  postingsOfRow,
  subjectOfRow,
  toEntryRow,
} from './entry-row.ts';
import { budgetToText, HOLD_SELECT, holdOf } from './rows.ts';
import type { EntryColumns } from './entry-row.ts';
import type { HoldColumns } from './rows.ts';
import type { RememberedHold, WriteSession } from './write-session.ts';

/** What the store knows of a line besides the entry. */
interface LineFacts {
  readonly at: number;
  readonly recovered: 0 | 1;
  readonly unknown: number;
  readonly unpriced: number;
}

export class LedgerCommands {
  readonly #session: WriteSession;
  readonly #insertHold: StatementSync;
  readonly #deleteHold: StatementSync;
  readonly #selectHold: StatementSync;
  readonly #lineExists: StatementSync;
  readonly #selectLine: StatementSync;
  readonly #insertEntry: StatementSync;
  readonly #insertIfNew: StatementSync;

  constructor(session: WriteSession) {
    this.#session = session;
    const { database } = session;
    this.#insertHold = database.prepare(
      `INSERT OR IGNORE INTO holds SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
       WHERE NOT EXISTS (SELECT 1 FROM entries WHERE line_key = 'a' || ?1)`,
    );
    this.#deleteHold = database.prepare('DELETE FROM holds WHERE attempt_id = ?');
    this.#selectHold = database.prepare(`${HOLD_SELECT} WHERE attempt_id = ?`);
    this.#selectHold.setReturnArrays(true);
    this.#lineExists = database.prepare('SELECT 1 FROM entries WHERE line_key = ?');
    this.#selectLine = database.prepare(`${ENTRY_SELECT} WHERE e.line_key = ?`);
    this.#selectLine.setReturnArrays(true);
    const places = Array.from({ length: 32 }, () => '?').join(', ');
    this.#insertEntry = database.prepare(`INSERT INTO entries VALUES (${places})`);
    this.#insertIfNew = database.prepare(
      `INSERT INTO entries VALUES (${places}) ON CONFLICT (line_key) DO NOTHING`,
    );
  }

  reserve(command: ReserveTuple): WriteAnswer {
    const [, attemptId, instanceId, catalogRevision, ...rest] = command;
    const [orgId, app_id, user_id, key_id, label, model_id, at, ...held] = rest;
    const [usd, tokens, requests, intent, requestId] = held;
    if (this.#session.catalogRevision > catalogRevision) {
      return { kind: 'stale', catalog_revision: this.#session.catalogRevision };
    }
    const subject = { org_id: orgId, app_id, user_id, key_id, label, model_id };
    const amounts = { usd: BigInt(usd), tokens: BigInt(tokens), requests: BigInt(requests) };
    const rows = this.#session.budgets
      .covering(subject)
      .map((definition) => this.#session.budgets.row(definition, at));
    if (rows.some((row) => roomFor(budgetOf(row), row.balance, amounts[unitOf(row)]) !== 'fits')) {
      return this.#exists(attemptId) ? { kind: 'duplicate' } : refusal(rows, amounts);
    }
    const inserted = this.#insertHold.run(
      attemptId,
      instanceId,
      orgId,
      at,
      usd,
      tokens,
      requests,
      intent,
    );
    if (inserted.changes === 0) return { kind: 'duplicate' };
    this.#session.holds.set(attemptId, { subject, at, amounts, repeats: requestId });
    this.#session.known.held(orgId);
    if (requestId !== null) {
      this.#session.database
        .prepare('INSERT INTO repeated_holds VALUES (?, ?)')
        .run(requestId, attemptId);
    }
    const answer: number[] = [HELD];
    for (const row of rows) {
      answer.push(this.#session.move(row, addHold(row.balance, amounts[unitOf(row)])));
    }
    return answer;
  }

  release(attemptId: string): WriteAnswer {
    const open = this.#takeHold(attemptId);
    if (open === undefined) return { kind: 'released' };
    this.#move(open.subject, open.at, (row) => unhold(row.balance, open.amounts[unitOf(row)]));
    return { kind: 'released' };
  }

  settle(command: SettleTuple): WriteAnswer {
    const [, attemptId, instanceId, recovered, , unknown, unpriced, entryRow] = command;
    const open = this.#takeHold(attemptId);
    if (open === undefined) return this.#settleAgain(command);
    const { subject, at, amounts } = open;
    const postings = postingsOfRow(entryRow, ROW.postings);
    const moved = this.#move(subject, at, (row) => {
      const unit = unitOf(row);
      return settleHold(budgetOf(row), row.balance, amounts[unit], postings[unit]);
    });
    const sequence = this.#append(instanceId, { at, recovered, unknown, unpriced }, entryRow);
    return [SETTLED, sequence, ...moved];
  }

  record(command: RecordTuple): WriteAnswer {
    const [, instanceId, at, cause, unknown, unpriced, entryRow, catalogRevision, knownAs] =
      command;
    const { catalogRevision: revision, known } = this.#session;
    if (catalogRevision !== null && revision > catalogRevision) {
      return { kind: 'stale', catalog_revision: revision };
    }
    const lineKey = String(entryRow[ROW.lineKey]);
    const found = known.find(String(entryRow[ROW.orgId]), knownAs, at);
    if (found !== undefined) return { kind: 'present', entry: this.#line(lineKey) ?? found };
    const given: LineFacts = { at, recovered: 0, unknown, unpriced };
    const facts = lineKey.startsWith('c')
      ? this.#factsOfCorrection(entryRow, { ...given, at: this.#dispatchOf(entryRow) ?? at })
      : given;
    // Whether it is there already is found out by the writing itself: it nearly never is.
    const sequence = this.#appendIfNew(instanceId, facts, entryRow);
    if (sequence === undefined) return { kind: 'present', entry: this.#line(lineKey) ?? null };
    const postings = postingsOfRow(entryRow, ROW.postings);
    const moved = this.#move(subjectOfRow(entryRow, ROW.orgId), facts.at, (row) =>
      post(budgetOf(row), row.balance, postings[unitOf(row)], cause),
    );
    return [RECORDED, sequence, ...moved];
  }

  putBudget({ budget, at, audit }: Extract<SlowCommand, { op: 'put_budget' }>): WriteAnswer {
    const { budgets, database } = this.#session;
    const before = budgets.get(budget.budget_id);
    if (audit !== undefined) keepAudit(database, budgetAudit(audit, before?.budget, budget));
    if (before !== undefined && sameKind(before.budget, budget)) {
      const row = budgets.row(before, at);
      const balance = changeLimit(before.budget, budget, row.balance);
      before.budget = budget;
      this.#storeBudget(budget, before.since);
      this.#session.move(row, balance);
      return { kind: 'budget', state: stateOf(row) };
    }
    database.prepare('DELETE FROM balances WHERE budget_id = ?').run(budget.budget_id);
    const { start } = windowAt(budget.window, budget.timezone, at);
    const row = budgets.row(budgets.define(budget, start), at);
    this.#storeBudget(budget, start);
    this.#session.move(row, row.balance);
    if (row.end !== null) this.#takeWhatCameEarly(row.definition, row.end);
    return { kind: 'budget', state: stateOf(row) };
  }

  removeBudget({ budgetId, audit }: Extract<SlowCommand, { op: 'remove_budget' }>): WriteAnswer {
    const { budgets, database } = this.#session;
    const before = budgets.get(budgetId);
    if (before === undefined) return { kind: 'removed', removed: false };
    if (audit !== undefined) keepAudit(database, budgetAudit(audit, before.budget, undefined));
    budgets.remove(budgetId);
    database.prepare('DELETE FROM balances WHERE budget_id = ?').run(budgetId);
    database.prepare('DELETE FROM budgets WHERE budget_id = ?').run(budgetId);
    this.#session.raiseBudgetsRevision();
    return { kind: 'removed', removed: true };
  }

  /**
   * The next window may have begun for others: usage is told with a time just ahead, and a process
   * whose clock is a little behind may be late. What is there already would never be summed up.
   */
  #takeWhatCameEarly(definition: Row['definition'], next: number): void {
    const row = this.#session.budgets.seeded(definition, next);
    if (row.balance.high_water !== 0n) this.#session.move(row, row.balance);
  }

  #storeBudget(budget: Budget, since: number): void {
    this.#session.database
      .prepare('INSERT OR REPLACE INTO budgets VALUES (?, ?, ?, ?)')
      .run(budget.budget_id, budget.scope.org_id, since, budgetToText(budget));
    this.#session.raiseBudgetsRevision();
  }

  /** A settlement without a hold: a repetition, or the one that comes after recovery. */
  #settleAgain(command: SettleTuple): WriteAnswer {
    const [, attemptId, instanceId, recovery, correctionId, unknown, unpriced, entryRow] = command;
    const found = this.#findRecovered(attemptId);
    if (found === undefined) return { kind: 'unknown_attempt' };
    if (recovery === 1 || !found.recovered || this.#isCorrected(attemptId)) {
      return { kind: 'already' };
    }
    const correction = correctionOf(found.entry, draftOfRow(entryRow), correctionId);
    const postings = correctPostings(found.postings, postingsOfRow(entryRow, ROW.postings));
    const row = toEntryRow(correction, postings);
    if (this.#lineExists.get(String(row[ROW.lineKey])) !== undefined) return { kind: 'already' };
    const given = { at: found.at, recovered: 0, unknown, unpriced } as const;
    const facts = this.#factsOfCorrection(row, given);
    this.#move(found.entry, found.at, (balanceRow) =>
      post(budgetOf(balanceRow), balanceRow.balance, postings[unitOf(balanceRow)], 'correction'),
    );
    return { kind: 'corrected', sequence: this.#append(instanceId, facts, row) };
  }

  #findRecovered(
    attemptId: string,
  ): { entry: Entry; at: number; recovered: boolean; postings: Postings } | undefined {
    const { database } = this.#session;
    const columns = this.#line(`a${attemptId}`);
    if (columns === undefined) return undefined;
    const selectFacts = database.prepare(
      `SELECT usd_posted, usd_ceiling, tokens_posted, tokens_ceiling, requests_posted,
       requests_ceiling, dispatched_at, recovered FROM entries WHERE line_key = ?`,
    );
    selectFacts.setReturnArrays(true);
    selectFacts.setReadBigInts(true);
    const facts = selectFacts.get(`a${attemptId}`) as unknown as readonly bigint[];
    return {
      entry: entryOf(columns),
      postings: postingsOfRow(facts, 0),
      at: Number(facts[6]),
      recovered: facts[7] === 1n,
    };
  }

  #isCorrected(entryId: string): boolean {
    const { database } = this.#session;
    const select = database.prepare('SELECT 1 FROM entries WHERE corrects_entry_id = ? LIMIT 1');
    return select.get(entryId) !== undefined;
  }

  /** When what a correction corrects was dispatched; undefined: it is not there. */
  #dispatchOf(row: EntryRow): number | undefined {
    const found = this.#session.database
      .prepare(
        `SELECT dispatched_at FROM entries WHERE line_key IN ('a' || ?1, 's' || ?1)
         ORDER BY line_key LIMIT 1`,
      )
      .get(row[ROW.correctsEntryId] ?? '');
    return found === undefined ? undefined : Number(found.dispatched_at);
  }

  /** A correction moves the counts of unknown and unpriced entries to what is known now. */
  #factsOfCorrection(row: EntryRow, given: LineFacts): LineFacts {
    const corrected = row[ROW.correctsEntryId] as string | null;
    const sums = this.#session.database
      .prepare(
        `SELECT count(*) AS lines, sum(unknown) AS unknown, sum(unpriced) AS unpriced FROM entries
         WHERE line_key IN ('a' || ?1, 's' || ?1, 'c' || ?1) OR corrects_entry_id = ?1`,
      )
      .get(corrected);
    if (sums === undefined || sums.lines === 0) return { ...given, unknown: 0, unpriced: 0 };
    return {
      ...given,
      unknown: given.unknown - Number(sums.unknown),
      unpriced: given.unpriced - Number(sums.unpriced),
    };
  }

  #append(writerId: string, facts: LineFacts, row: EntryRow): number {
    const { id, sequence } = this.#session.nextSequence(writerId);
    const { at, recovered, unknown, unpriced } = facts;
    this.#insertEntry.run(id, at, recovered, unknown, unpriced, ...row);
    if (String(row[ROW.lineKey]).startsWith('a')) {
      this.#session.known.added(String(row[ROW.orgId]), id, String(row[ROW.body]));
    }
    return sequence;
  }

  /** As `append`, of what is no attempt. Undefined: it is there already; nothing was written. */
  #appendIfNew(writerId: string, facts: LineFacts, row: EntryRow): number | undefined {
    const { id, sequence } = this.#session.nextSequence(writerId);
    const { at, recovered, unknown, unpriced } = facts;
    const { changes } = this.#insertIfNew.run(id, at, recovered, unknown, unpriced, ...row);
    if (changes !== 0) return sequence;
    this.#session.takeBackSequence(writerId);
    return undefined;
  }

  #line(lineKey: string): EntryColumns | undefined {
    if (this.#lineExists.get(lineKey) === undefined) return undefined;
    return this.#selectLine.get(lineKey) as unknown as EntryColumns;
  }

  /** Ends a hold; undefined when there is none. */
  #takeHold(attemptId: string): RememberedHold | undefined {
    const { holds } = this.#session;
    const remembered = holds.get(attemptId) ?? this.#readHold(attemptId);
    if (remembered === undefined) return undefined;
    holds.delete(attemptId);
    this.#deleteHold.run(attemptId);
    if (remembered.repeats !== null) {
      this.#session.database
        .prepare('DELETE FROM repeated_holds WHERE request_id = ? AND attempt_id = ?')
        .run(remembered.repeats, attemptId);
    }
    return remembered;
  }

  #readHold(attemptId: string): RememberedHold | undefined {
    const columns = this.#selectHold.get(attemptId) as unknown as HoldColumns | undefined;
    if (columns === undefined) return undefined;
    const { intent, amounts } = holdOf(columns);
    const { subject, at, request_id } = intent;
    return { subject, at, amounts, repeats: request_id === attemptId ? null : request_id };
  }

  /** Moves every balance in which a dispatch at `at` counts. Returns indexes of states. */
  #move(subject: Subject, at: number, change: (row: Row) => Balance): number[] {
    const moved: number[] = [];
    const { budgets } = this.#session;
    for (const definition of budgets.covering(subject)) {
      const row = budgets.knownRow(definition, at);
      if (row !== undefined) moved.push(this.#session.move(row, change(row)));
    }
    return moved;
  }

  #exists(attemptId: string): boolean {
    return (
      this.#selectHold.get(attemptId) !== undefined ||
      this.#lineExists.get(`a${attemptId}`) !== undefined
    );
  }
}

function refusal(rows: readonly Row[], amounts: Amounts): WriteAnswer {
  const blocking = rows.flatMap((row) => {
    const amount = amounts[unitOf(row)];
    const reason = roomFor(budgetOf(row), row.balance, amount);
    if (reason === 'fits') return [];
    return [{ budget: budgetOf(row), balance: row.balance, amount, reason, resets_at: row.end }];
  });
  return { kind: 'refused', blocking };
}

function stateOf(row: Row): BudgetState {
  return {
    budget: budgetOf(row),
    balance: row.balance,
    window_start: row.start,
    resets_at: row.end,
  };
}

function budgetOf(row: Row): Budget {
  return row.definition.budget;
}

function unitOf(row: Row): BudgetUnit {
  return row.definition.budget.limit.unit;
}
