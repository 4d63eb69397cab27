/** The open holds, as the writer makes and ends them. */
import type { StatementSync } from 'node:sqlite';
import type { LeasedPart } from '../../ports/leasing-ledger.ts';
import type { ReserveTuple } from './protocol.ts';
import { HOLD_SELECT, holdOf } from './rows.ts';
import type { HoldColumns } from './rows.ts';
import { toSqlInteger } from './sql-integer.ts';
import type { RememberedHold, WriteSession } from './write-session.ts';

/** Which lease a hold's part of a budget came out of. */
type Origin = readonly [budgetId: string, leaseId: string];

/** A row of the holds table, with the leases that the hold came out of. */
type LeasedHoldColumns = readonly [...HoldColumns, leased: string | null];

export class OpenHolds {
  readonly #session: WriteSession;
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteSame: StatementSync;
  readonly #select: StatementSync;

  constructor(session: WriteSession) {
    this.#session = session;
    const { database } = session;
    this.#insert = database.prepare(
      `INSERT OR IGNORE INTO holds SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
       WHERE NOT EXISTS (SELECT 1 FROM entries WHERE line_key = 'a' || ?1)`,
    );
    this.#delete = database.prepare('DELETE FROM holds WHERE attempt_id = ?');
    this.#deleteSame = database.prepare(
      `DELETE FROM holds WHERE attempt_id = ? AND dispatched_at = ? AND usd = ? AND tokens = ?
       AND requests = ? AND leased IS ?`,
    );
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
      textOf(leased),
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
    const hold = this.#takeRemembered(attemptId) ?? this.#takeRow(attemptId);
    if (hold === undefined) return undefined;
    if (hold.repeats !== null) {
      this.#session.database
        .prepare('DELETE FROM repeated_holds WHERE request_id = ? AND attempt_id = ?')
        .run(hold.repeats, attemptId);
    }
    return hold;
  }

  /** What another process has not touched since is as it is remembered. */
  #takeRemembered(attemptId: string): RememberedHold | undefined {
    const { holds, view } = this.#session;
    const hold = holds.get(attemptId);
    if (hold === undefined) return undefined;
    holds.delete(attemptId);
    if (hold.view === view) {
      this.#delete.run(attemptId);
      return hold;
    }
    const { at, amounts, leased } = hold;
    const { usd, tokens, requests } = amounts;
    const sums = [usd, tokens, requests].map(toSqlInteger);
    return this.#deleteSame.run(attemptId, at, ...sums, textOf(leased)).changes === 0
      ? undefined
      : hold;
  }

  #takeRow(attemptId: string): RememberedHold | undefined {
    const hold = this.#read(attemptId);
    if (hold !== undefined) this.#delete.run(attemptId);
    return hold;
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
      view: this.#session.view,
    };
  }
}

function textOf(leased: RememberedHold['leased']): string | null {
  return leased === null ? null : JSON.stringify([...leased]);
}

/** What is remembered of the parts of a hold: its leases by their budgets. */
export function originsOf(leased: readonly LeasedPart[]): ReadonlyMap<string, string> | null {
  if (leased.length === 0) return null;
  return new Map(leased.map(({ budget_id, lease_id }) => [budget_id, lease_id]));
}
