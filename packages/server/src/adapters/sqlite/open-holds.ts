/** The open holds, as the writer makes and ends them. */
import type { StatementSync } from 'node:sqlite';
import type { LeasedPart } from '../../ports/leasing-ledger.ts';
import type { ReserveTuple } from './protocol.ts';
import { HOLD_SELECT, holdOf } from './rows.ts';
import type { HoldColumns } from './rows.ts';
import type { RememberedHold, WriteSession } from './write-session.ts';

/** Which lease a hold's part of a budget came out of. */
type Origin = readonly [budgetId: string, leaseId: string];

/** A row of the holds table, with the leases that the hold came out of. */
type LeasedHoldColumns = readonly [...HoldColumns, leased: string | null];

export class OpenHolds {
  readonly #session: WriteSession;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #select: StatementSync;

  constructor(session: WriteSession) {
    this.#session = session;
    const { database } = session;
    this.#insert = database.prepare(
      `INSERT OR IGNORE INTO holds SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
       WHERE NOT EXISTS (SELECT 1 FROM entries WHERE line_key = 'a' || ?1)`,
    );
    this.#delete = database.prepare('DELETE FROM holds WHERE attempt_id = ?');
    this.#select = database.prepare(
      `${HOLD_SELECT.replace(' FROM ', ', leased FROM ')} WHERE attempt_id = ?`,
    );
    this.#select.setReturnArrays(true);
  }

  has(attemptId: string): boolean {
    return this.#select.get(attemptId) !== undefined;
  }

  /** False: the attempt has a hold or an entry already, and nothing was written. */
  add(command: ReserveTuple, hold: RememberedHold): boolean {
    const [, attemptId, instanceId, , orgId, , , , , , at, usd, tokens, requests, intent] = command;
    const { leased, repeats } = hold;
    const { database, holds, known } = this.#session;
    const inserted = this.#insert.run(
      attemptId,
      instanceId,
      orgId,
      at,
      usd,
      tokens,
      requests,
      intent,
      leased === null ? null : JSON.stringify([...leased]),
    );
    if (inserted.changes === 0) return false;
    holds.set(attemptId, hold);
    known.held(orgId);
    if (repeats !== null) {
      database.prepare('INSERT INTO repeated_holds VALUES (?, ?)').run(repeats, attemptId);
    }
    return true;
  }

  /** Ends a hold; undefined when there is none. */
  take(attemptId: string): RememberedHold | undefined {
    const { holds } = this.#session;
    const remembered = holds.get(attemptId) ?? this.#read(attemptId);
    if (remembered === undefined) return undefined;
    holds.delete(attemptId);
    this.#delete.run(attemptId);
    if (remembered.repeats !== null) {
      this.#session.database
        .prepare('DELETE FROM repeated_holds WHERE request_id = ? AND attempt_id = ?')
        .run(remembered.repeats, attemptId);
    }
    return remembered;
  }

  #read(attemptId: string): RememberedHold | undefined {
    const found = this.#select.get(attemptId) as unknown as LeasedHoldColumns | undefined;
    if (found === undefined) return undefined;
    const [leased] = found.slice(-1) as [string | null];
    const { intent, amounts } = holdOf(found.slice(0, -1) as unknown as HoldColumns);
    const { subject, at, request_id } = intent;
    return {
      subject,
      at,
      amounts,
      repeats: request_id === attemptId ? null : request_id,
      leased: leased === null ? null : new Map(JSON.parse(leased) as Origin[]),
    };
  }
}

/** What is remembered of the parts of a hold: its leases by their budgets. */
export function originsOf(leased: readonly LeasedPart[]): ReadonlyMap<string, string> | null {
  if (leased.length === 0) return null;
  return new Map(leased.map(({ budget_id, lease_id }) => [budget_id, lease_id]));
}
