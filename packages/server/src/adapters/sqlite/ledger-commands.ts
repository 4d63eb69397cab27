/**
 * The ledger's commands inside a group. Each checks before it writes, so that a command that is
 * refused or repeated leaves nothing behind and disturbs no other command of its group.
 */
import {
  correctionOf,
  correctPostings,
  hold as addHold,
  post,
  roomFor,
  settleHold,
  unhold,
} from '@tollkeeper/core';
import type { Amounts, Balance, Posting, Postings, Subject, Withdrawal } from '@tollkeeper/core';
import type { LeasedPart } from '../../ports/leasing-ledger.ts';
import type { Row } from './budget-cache.ts';
import { budgetOf, refusalOf, unitOf } from './budget-row.ts';
import { EntryLines } from './entry-lines.ts';
import type { LineFacts } from './entry-lines.ts';
import { draftOfRow, postingsOfRow, subjectOfRow, toEntryRow } from './entry-row.ts';
import type { Lease } from './leases.ts';
import { OpenHolds, originsOf } from './open-holds.ts';
import { HELD, RECORDED, ROW, SETTLED } from './protocol.ts';
import type { EntryRow, RecordTuple, ReserveTuple, SettleTuple, WriteAnswer } from './protocol.ts';
import type { RememberedHold, WriteSession } from './write-session.ts';

const NONE: readonly LeasedPart[] = [];

export class LedgerCommands {
  readonly #session: WriteSession;
  readonly #holds: OpenHolds;
  readonly #lines: EntryLines;

  constructor(session: WriteSession) {
    this.#session = session;
    this.#holds = new OpenHolds(session);
    this.#lines = new EntryLines(session);
  }

  /** `leased` names the leases that parts of it come out of. */
  reserve(command: ReserveTuple, leased: readonly LeasedPart[] = NONE): WriteAnswer {
    const [, attemptId, instanceId, catalogRevision, ...rest] = command;
    const [orgId, app_id, user_id, key_id, label, model_id, at, ...held] = rest;
    const [usd, tokens, requests, , requestId] = held;
    if (this.#session.catalogRevision > catalogRevision) {
      return { kind: 'stale', catalog_revision: this.#session.catalogRevision };
    }
    const subject = { org_id: orgId, app_id, user_id, key_id, label, model_id };
    const amounts = { usd: BigInt(usd), tokens: BigInt(tokens), requests: BigInt(requests) };
    const rows = this.#session.budgets
      .covering(subject)
      .map((definition) => this.#session.budgets.row(definition, at));
    const lost = this.#lostOf(leased, instanceId, rows, (row) => amounts[unitOf(row)]);
    if (lost.length > 0) return { kind: 'lease_lost', lease_ids: lost };
    const refusing = rows.filter(
      (row) =>
        roomFor(budgetOf(row), row.balance, amounts[unitOf(row)]) !== 'fits' &&
        partOf(leased, row) === undefined,
    );
    if (refusing.length > 0) return this.#refused(attemptId, refusing, amounts);
    const { view } = this.#session;
    const hold = { subject, at, amounts, repeats: requestId, leased: originsOf(leased), view };
    if (!this.#holds.add(command, hold)) return { kind: 'duplicate' };
    const answer: number[] = [HELD];
    for (const row of rows) {
      const amount = amounts[unitOf(row)];
      const lease = this.#leaseOf(partOf(leased, row)?.lease_id);
      if (lease === undefined) {
        answer.push(this.#session.move(row, addHold(row.balance, amount)));
      } else {
        this.#session.leases.change(lease, 0n, amount);
        answer.push(this.#session.show(row));
      }
    }
    return answer;
  }

  release(attemptId: string): WriteAnswer {
    const open = this.#holds.take(attemptId);
    if (open === undefined) return { kind: 'released' };
    this.#move(open.subject, open.at, (row) => {
      const amount = open.amounts[unitOf(row)];
      const lease = this.#originOf(open, row);
      if (lease === undefined) return unhold(row.balance, amount);
      this.#session.leases.change(lease, 0n, -amount);
      return row.balance;
    });
    return { kind: 'released' };
  }

  /** `leased` says how much of what is posted comes out of leases. */
  settle(command: SettleTuple, leased: readonly LeasedPart[] = NONE): WriteAnswer {
    const [, attemptId, instanceId, recovered, , unknown, unpriced, entryRow] = command;
    const open = this.#holds.take(attemptId);
    if (open === undefined) return this.#settleAgain(command);
    const { subject, at, amounts } = open;
    const postings = postingsOfRow(entryRow, ROW.postings);
    const withdrawn = this.#withdraw(entryRow);
    const moved = this.#move(subject, at, (row) => {
      const unit = unitOf(row);
      const held =
        open.leased === null && leased.length === 0
          ? amounts[unit]
          : this.#endPart(open, row, leased, postings[unit].amount);
      return settleHold(budgetOf(row), row.balance, held, postings[unit]);
    });
    const facts = { at, recovered, unknown, unpriced };
    const sequence = this.#lines.append(instanceId, facts, entryRow);
    if (withdrawn === undefined) return [SETTLED, sequence, ...moved];
    const withdrew = this.#appendWithdrawal(instanceId, withdrawn);
    return { kind: 'settled', sequence, states: moved, withdrew };
  }

  /** `leased` as in `settle`. */
  record(command: RecordTuple, leased: readonly LeasedPart[] = NONE): WriteAnswer {
    const [, instanceId, at, cause, unknown, unpriced, entryRow, ...rest] = command;
    const [catalogRevision, knownAs, own] = rest;
    const { catalogRevision: revision, known } = this.#session;
    if (catalogRevision !== null && revision > catalogRevision) {
      return { kind: 'stale', catalog_revision: revision };
    }
    const lines = this.#lines;
    const lineKey = String(entryRow[ROW.lineKey]);
    const found =
      lines.withdrawalBehind(entryRow) ??
      known.find(String(entryRow[ROW.orgId]), { knownAs, own }, at);
    if (found !== undefined) return { kind: 'present', entry: lines.get(lineKey) ?? found };
    const given: LineFacts = { at, recovered: 0, unknown, unpriced };
    const facts = lineKey.startsWith('c')
      ? lines.factsOfCorrection(entryRow, { ...given, at: lines.dispatchOf(entryRow) ?? at })
      : given;
    const subject = subjectOfRow(entryRow, ROW.orgId);
    const lost = leased.length === 0 ? [] : this.#lostFor(leased, instanceId, subject, facts.at);
    if (lost.length > 0) return { kind: 'lease_lost', lease_ids: lost };
    // Whether it is there already is found out by the writing itself: it nearly never is.
    const sequence = lines.appendIfNew(instanceId, facts, entryRow);
    if (sequence === undefined) return { kind: 'present', entry: lines.get(lineKey) ?? null };
    const postings = postingsOfRow(entryRow, ROW.postings);
    const moved = this.#move(subject, facts.at, (row) => {
      const posting = postings[unitOf(row)];
      const part = partOf(leased, row);
      if (part === undefined) return post(budgetOf(row), row.balance, posting, cause);
      const out = this.#takeOut([part], posting.amount);
      return settleHold(budgetOf(row), row.balance, out, posting, cause);
    });
    return [RECORDED, sequence, ...moved];
  }

  /** A settlement without a hold: a repetition, or the one that comes after recovery. */
  #settleAgain(command: SettleTuple): WriteAnswer {
    const [, attemptId, instanceId, recovery, correctionId, unknown, unpriced, entryRow] = command;
    const found = this.#lines.ofAttempt(attemptId);
    if (found === undefined) return { kind: 'unknown_attempt' };
    if (recovery === 1 || !found.recovered || this.#lines.isCorrected(attemptId)) {
      return { kind: 'already' };
    }
    const correction = correctionOf(found.entry, draftOfRow(entryRow), correctionId);
    const postings = correctPostings(found.postings, postingsOfRow(entryRow, ROW.postings));
    const row = toEntryRow(correction, postings);
    if (this.#lines.has(String(row[ROW.lineKey]))) return { kind: 'already' };
    const given = { at: found.at, recovered: 0, unknown, unpriced } as const;
    const facts = this.#lines.factsOfCorrection(row, given);
    const withdrawn = this.#withdraw(entryRow);
    this.#correct(found.entry, found.at, postings);
    const sequence = this.#lines.append(instanceId, facts, row);
    if (withdrawn === undefined) return { kind: 'corrected', sequence };
    const withdrew = this.#appendWithdrawal(instanceId, withdrawn);
    return { kind: 'corrected', sequence, withdrew };
  }

  /** Takes what was submitted of the same call out of the balances. */
  #withdraw(entryRow: EntryRow): Withdrawal | undefined {
    const withdrawn = this.#lines.withdrawalFor(entryRow);
    if (withdrawn !== undefined) {
      this.#correct(withdrawn.entry, withdrawn.at, withdrawn.postings);
    }
    return withdrawn;
  }

  /** Returns whose submission it was. */
  #appendWithdrawal(instanceId: string, { entry, at, postings }: Withdrawal): Subject {
    const row = toEntryRow(entry, postings);
    const given = { at, recovered: 0, unknown: 0, unpriced: 0 } as const;
    this.#lines.append(instanceId, this.#lines.factsOfCorrection(row, given), row);
    return subjectOfRow(row, ROW.orgId);
  }

  #correct(subject: Subject, at: number, postings: Postings): void {
    this.#move(subject, at, (row) =>
      post(budgetOf(row), row.balance, postings[unitOf(row)], 'correction'),
    );
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

  /**
   * Ends a hold's part of one budget, of which `posted` is posted. Returns what is held no longer:
   * the part itself where no lease held it, and what is taken out of leases. What a lease has left
   * of its part stays in it.
   */
  #endPart(
    open: RememberedHold,
    row: Row,
    leased: readonly LeasedPart[],
    posted: Posting['amount'],
  ): bigint {
    const amount = open.amounts[unitOf(row)];
    const origin = this.#originOf(open, row);
    if (origin !== undefined) this.#session.leases.change(origin, 0n, -amount);
    const { budget_id } = budgetOf(row);
    const named = leased.filter((part) => part.budget_id === budget_id);
    const parts = named.length === 0 && origin !== undefined ? [{ ...origin, amount }] : named;
    return (origin === undefined ? amount : 0n) + this.#takeOut(parts, posted);
  }

  /** Takes up to `most` out of leases, as far as they are there; what holds took stays. */
  #takeOut(parts: readonly LeasedPart[], most: bigint): bigint {
    let out = 0n;
    for (const part of parts) {
      const lease = this.#leaseOf(part.lease_id);
      if (lease === undefined) continue;
      const taken = smallest(part.amount, most - out, lease.granted - lease.used);
      if (taken <= 0n) continue;
      this.#session.leases.change(lease, -taken, 0n);
      out += taken;
    }
    return out;
  }

  /** Which of these leases are no more, or have not what is asked of them. */
  #lostOf(
    leased: readonly LeasedPart[],
    instanceId: string,
    rows: readonly Row[],
    amountOf: (row: Row, part: LeasedPart) => bigint,
  ): string[] {
    const lost: string[] = [];
    for (const part of leased) {
      const { lease_id, budget_id, window_start } = part;
      const row = rows.find((one) => budgetOf(one).budget_id === budget_id);
      const lease = this.#leaseOf(lease_id);
      const isThere =
        row !== undefined &&
        row.start === window_start &&
        lease !== undefined &&
        lease.instance_id === instanceId &&
        lease.budget_id === budget_id &&
        lease.window_start === window_start &&
        lease.granted - lease.used >= amountOf(row, part);
      if (!isThere) lost.push(lease_id);
    }
    return lost;
  }

  #lostFor(
    leased: readonly LeasedPart[],
    instanceId: string,
    subject: Subject,
    at: number,
  ): string[] {
    const { budgets } = this.#session;
    const rows = budgets
      .covering(subject)
      .flatMap((definition) => budgets.knownRow(definition, at) ?? []);
    return this.#lostOf(leased, instanceId, rows, (_row, part) => part.amount);
  }

  /** The lease that a hold's part of a budget came out of, as long as it is there. */
  #originOf(open: RememberedHold, row: Row): Lease | undefined {
    return this.#leaseOf(open.leased?.get(budgetOf(row).budget_id));
  }

  #leaseOf(leaseId: string | undefined): Lease | undefined {
    return leaseId === undefined ? undefined : this.#session.leases.find(leaseId);
  }

  #refused(attemptId: string, rows: readonly Row[], amounts: Amounts): WriteAnswer {
    if (this.#holds.has(attemptId) || this.#lines.has(`a${attemptId}`)) {
      return { kind: 'duplicate' };
    }
    return { kind: 'refused', blocking: rows.map((row) => refusalOf(row, amounts[unitOf(row)])) };
  }
}

function partOf(leased: readonly LeasedPart[], row: Row): LeasedPart | undefined {
  if (leased.length === 0) return undefined;
  const { budget_id } = budgetOf(row);
  return leased.find((part) => part.budget_id === budget_id);
}

function smallest(...amounts: readonly bigint[]): bigint {
  return amounts.reduce((least, amount) => (amount < least ? amount : least));
}
