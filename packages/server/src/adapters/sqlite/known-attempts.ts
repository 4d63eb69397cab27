/**
 * Finds the attempt or open hold that a submission speaks of, by an id that its client knows, and
 * the submission that speaks of an attempt.
 *
 * An index over the upstream's request ids would cost every call a write at a random place. So only
 * organizations that have asked have one: with the first question the ids of their latest entries
 * are taken from the rows, and from then on every entry of theirs adds its own. And whoever never
 * called through the gateway, which is noted with the first hold, nor stated an upstream's id, is
 * not looked for at all.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { KNOWN_UPSTREAM_MS } from '../../ports/ledger-store.ts';
import { BODY_SOURCE, BODY_UPSTREAM_REQUEST, ENTRY_SELECT } from './entry-row.ts';
import type { EntryColumns } from './entry-row.ts';

/** Twice what is promised: a later question may be about an earlier moment. */
const FILL_MS = 2 * KNOWN_UPSTREAM_MS;
/** Organizations remembered at once. */
const ORGS_MAX = 10_000;

const IS_ATTEMPT = `e.line_key >= 'a' AND e.line_key < 'b'`;
const IS_SUBMISSION = `e.line_key >= 's' AND e.line_key < 't'`;
const memberIn = (body: string, member: number): string => `json_extract(${body}, '$[${member}]')`;
const upstreamIdIn = (body: string): string => memberIn(body, BODY_UPSTREAM_REQUEST);

/**
 * The oldest entry of the organization ?2 that the id ?1 names. The plus keeps SQLite from going
 * through every entry of the organization for the sake of the order: an id names few.
 */
const oldest = (from: string, named: string, which: string): string => `SELECT * FROM (
  SELECT e.id FROM ${from} JOIN writers w ON w.writer_no = e.id >> 40
  WHERE ${named} = ?1 AND +e.org_id = ?2 AND ${which}
  ORDER BY e.started_at, w.writer_id, e.id LIMIT 1)`;

/** What was recovered is known by the id that its late settlement states. */
const BY_UPSTREAM = `upstream_requests u JOIN entries c ON c.id = u.entry
  JOIN entries e ON e.line_key = ifnull('a' || c.corrects_entry_id, c.line_key)`;

/** Id of a submission. */
const SUBMISSION = `SELECT id FROM entries WHERE line_key = 's' || ?1 || '/' || ?2
  UNION ALL ${oldest('entries e', 'e.request_id', IS_SUBMISSION)}
  UNION ALL ${oldest(BY_UPSTREAM, 'u.upstream_request_id', IS_SUBMISSION)}`;

/** Id of an entry; 0: an open hold. */
const FIND = `SELECT id FROM entries WHERE line_key = 'a' || ?1 AND org_id = ?2
  UNION ALL ${oldest('entries e', 'e.request_id', IS_ATTEMPT)}
  UNION ALL ${oldest(BY_UPSTREAM, 'u.upstream_request_id', IS_ATTEMPT)}
  UNION ALL SELECT 0 FROM holds WHERE attempt_id = ?1 AND org_id = ?2
  UNION ALL SELECT 0 FROM repeated_holds r JOIN holds h ON h.attempt_id = r.attempt_id
    WHERE r.request_id = ?1 AND h.org_id = ?2
  UNION ALL ${SUBMISSION}
  LIMIT 1`;

export class KnownAttempts {
  readonly #database: DatabaseSync;
  /** Whether an organization has asked, as far as that was read. */
  readonly #asked = new Map<string, boolean>();
  /** Whether an organization ever had a hold, as far as that was read. */
  readonly #called = new Map<string, boolean>();
  readonly #readAsked: StatementSync;
  readonly #readCalled: StatementSync;
  readonly #noteCalled: StatementSync;
  readonly #find: StatementSync;
  readonly #findSubmission: StatementSync;
  readonly #read: StatementSync;
  readonly #add: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#readAsked = database.prepare('SELECT 1 FROM upstream_orgs WHERE org_id = ?');
    this.#readCalled = database.prepare('SELECT 1 FROM attempt_orgs WHERE org_id = ?');
    this.#noteCalled = database.prepare('INSERT OR IGNORE INTO attempt_orgs VALUES (?)');
    this.#find = database.prepare(FIND);
    this.#find.setReadBigInts(true);
    this.#findSubmission = database.prepare(`${SUBMISSION} LIMIT 1`);
    this.#findSubmission.setReadBigInts(true);
    this.#read = database.prepare(`${ENTRY_SELECT} WHERE e.id = ?`);
    this.#read.setReturnArrays(true);
    const id = upstreamIdIn('?1');
    this.#add = database.prepare(
      `INSERT INTO upstream_requests SELECT ${id}, ?2 WHERE ${id} IS NOT NULL`,
    );
  }

  /** Another process has written: what was read is void. */
  forget(): void {
    this.#asked.clear();
    this.#called.clear();
  }

  /** Tells of a hold that was made. */
  held(orgId: string): void {
    if (this.#called.get(orgId) === true) return;
    this.#noteCalled.run(orgId);
    this.#keep(this.#called, orgId, true);
  }

  /** Tells of an entry that was added, by whose upstream's id its call may be looked for. */
  added(orgId: string, entryId: bigint, body: string): void {
    if (this.#hasAsked(orgId)) this.#add.run(body, entryId);
  }

  /**
   * The first attempt, open hold (null) or submission of the organization that one of the ids
   * names; of those that only `own` has, a submission. `own` are the ids of the call that is
   * submitted, and `at` the moment of which is asked.
   */
  find(
    orgId: string,
    { knownAs, own }: { knownAs: readonly string[]; own: readonly string[] },
    at: number,
  ): EntryColumns | null | undefined {
    if (knownAs.length + own.length === 0) return undefined;
    // By its request id alone a submission meets no other: that is its entry's id too.
    const ids = new Set([...knownAs, ...own]);
    const isPlain = own.length === 1 && ids.size === 1 && !this.#hasCalled(orgId);
    if (isPlain && !this.#hasAsked(orgId)) return undefined;
    if (!this.#hasAsked(orgId)) this.#fill(orgId, at);
    for (const id of ids) {
      const find = knownAs.includes(id) ? this.#find : this.#findSubmission;
      const found = find.get(id, orgId)?.id;
      if (found === 0n) return null;
      if (found !== undefined) return this.#read.get(found) as unknown as EntryColumns;
    }
    return undefined;
  }

  /** The submission of the call that has the upstream's id in the body of an entry. */
  submissionOf(orgId: string, body: string): EntryColumns | undefined {
    if (!this.#hasAsked(orgId)) return undefined;
    const id = (JSON.parse(body) as readonly (string | null)[])[BODY_UPSTREAM_REQUEST] ?? null;
    const found = this.#findSubmission.get(id, orgId)?.id;
    if (found === undefined) return undefined;
    return this.#read.get(found) as unknown as EntryColumns;
  }

  #fill(orgId: string, at: number): void {
    this.#database.prepare('INSERT INTO upstream_orgs (org_id) VALUES (?)').run(orgId);
    const id = upstreamIdIn('e.body');
    const isLateSettlement = `${memberIn('e.body', BODY_SOURCE)} = 'gateway'`;
    this.#database
      .prepare(
        `INSERT INTO upstream_requests SELECT ${id}, e.id FROM entries e
         WHERE e.org_id = ? AND e.started_at >= ? AND ${id} IS NOT NULL
           AND (${IS_ATTEMPT} OR ${IS_SUBMISSION} OR ${isLateSettlement})`,
      )
      .run(orgId, at - FILL_MS);
    this.#asked.set(orgId, true);
  }

  #hasAsked(orgId: string): boolean {
    const known = this.#asked.get(orgId);
    if (known !== undefined) return known;
    return this.#keep(this.#asked, orgId, this.#readAsked.get(orgId) !== undefined);
  }

  #hasCalled(orgId: string): boolean {
    const known = this.#called.get(orgId);
    if (known !== undefined) return known;
    return this.#keep(this.#called, orgId, this.#readCalled.get(orgId) !== undefined);
  }

  #keep(memory: Map<string, boolean>, orgId: string, value: boolean): boolean {
    if (memory.size >= ORGS_MAX) memory.clear();
    memory.set(orgId, value);
    return value;
  }
}
