/**
 * How entries leave the file: what was copied, what may go, and the sums that stay for budgets
 * without an end.
 */
import type { DatabaseSync } from 'node:sqlite';
import { addPostings, covers } from '@tollkeeper/core';
import type { Budget, Postings, Subject } from '@tollkeeper/core';
import type { CopiedThrough, ForgetEntries, Forgotten } from '../../ports/ledger-archive.ts';
import { BODY_UPSTREAM_REQUEST, postingsOfRow, subjectOfRow } from './entry-row.ts';
import type { EntryRow } from './protocol.ts';

const POSTINGS = `usd_posted, usd_ceiling, tokens_posted, tokens_ceiling, requests_posted,
  requests_ceiling`;

/** The oldest entries, with what has to be known of them to let them go. */
const OLDEST = `SELECT e.id, e.org_id, e.app_id, e.user_id, e.key_id, e.label, e.model_id,
    ${POSTINGS}, e.body, e.dispatched_at < ?1 AND e.id & 1099511627775 <=
      (SELECT max(c.sequence) FROM copies c WHERE c.writer_id = w.writer_id)
  FROM entries e INDEXED BY entries_started CROSS JOIN writers w ON w.writer_no = e.id >> 40
  WHERE e.started_at < ?1 ORDER BY e.started_at, w.writer_id, e.id LIMIT ?2`;

/** Where the columns of `OLDEST` are. */
const COLUMN = { id: 0, orgId: 1, postings: 7, body: 13, mayGo: 14 } as const;

/** What removed entries of one subject come to. */
interface Archived {
  readonly subject: Subject;
  readonly entries: number;
  readonly postings: Postings;
}

/** How far each writer was copied to a place. */
export function copiedTo(database: DatabaseSync, place: string): CopiedThrough[] {
  const found = database
    .prepare('SELECT writer_id, sequence FROM copies WHERE place = ? ORDER BY writer_id')
    .all(place);
  return found as unknown as CopiedThrough[];
}

/** Inside the transaction that is open. */
export function markCopied(
  database: DatabaseSync,
  place: string,
  { writer_id, sequence }: CopiedThrough,
): void {
  database
    .prepare(
      `INSERT INTO copies (writer_id, place, sequence) VALUES (?, ?, ?)
       ON CONFLICT (writer_id, place) DO UPDATE SET sequence = max(sequence, excluded.sequence)`,
    )
    .run(writer_id, place, sequence);
}

/** Inside the transaction that is open: the entries go and their sums stay, or neither. */
export function forgetEntries(database: DatabaseSync, { before, limit }: ForgetEntries): Forgotten {
  const select = database.prepare(OLDEST);
  select.setReturnArrays(true);
  select.setReadBigInts(true);
  const oldest = select.all(before, limit) as unknown as EntryRow[];
  const gone = oldest.filter((row) => row[COLUMN.mayGo] === 1n);
  const removeUpstream = database.prepare(
    `DELETE FROM upstream_requests
     WHERE upstream_request_id = json_extract(?, '$[${BODY_UPSTREAM_REQUEST}]') AND entry = ?`,
  );
  const remove = database.prepare('DELETE FROM entries WHERE id = ?');
  const sums = new Map<string, Archived>();
  for (const row of gone) {
    const id = row[COLUMN.id] as bigint;
    removeUpstream.run(String(row[COLUMN.body]), id);
    remove.run(id);
    const subject = subjectOfRow(row, COLUMN.orgId);
    const key = JSON.stringify(subject);
    const one = { subject, entries: 1, postings: postingsOfRow(row, COLUMN.postings) };
    sums.set(key, together(sums.get(key), one));
  }
  for (const sum of sums.values()) addArchived(database, sum);
  return { removed: gone.length, kept: oldest.length - gone.length };
}

/** What removed entries have posted to a budget without an end, in its unit. */
export function archivedPostings(
  database: DatabaseSync,
  budget: Budget,
): { readonly posted: bigint; readonly ceiling: bigint } {
  const select = database.prepare(
    `SELECT subject, entries, ${POSTINGS} FROM archived_sums WHERE org_id = ?`,
  );
  select.setReturnArrays(true);
  const { org_id } = budget.scope;
  const sum = { posted: 0n, ceiling: 0n };
  for (const row of select.all(org_id) as unknown as EntryRow[]) {
    const { subject, postings } = archivedOf(org_id, row);
    if (!covers(budget, subject)) continue;
    sum.posted += postings[budget.limit.unit].amount;
    sum.ceiling += postings[budget.limit.unit].ceiling;
  }
  return sum;
}

/** What removed entries have posted, by subject. */
export function archivedSums(database: DatabaseSync): readonly Archived[] {
  const select = database.prepare(
    `SELECT org_id, subject, entries, ${POSTINGS} FROM archived_sums`,
  );
  select.setReturnArrays(true);
  const rows = select.all() as unknown as EntryRow[];
  return rows.map(([org, ...row]) => archivedOf(String(org), row as unknown as EntryRow));
}

function addArchived(database: DatabaseSync, added: Archived): void {
  const { org_id, app_id, user_id, key_id, label, model_id } = added.subject;
  const name = JSON.stringify([app_id, user_id, key_id, label, model_id]);
  const select = database.prepare(
    `SELECT subject, entries, ${POSTINGS} FROM archived_sums WHERE org_id = ? AND subject = ?`,
  );
  select.setReturnArrays(true);
  const row = select.get(org_id, name) as unknown as EntryRow | undefined;
  const before = row === undefined ? undefined : archivedOf(org_id, row);
  const { entries, postings } = together(before, added);
  const { usd, tokens, requests } = postings;
  const amounts = [usd, tokens, requests].flatMap(({ amount, ceiling }) => [amount, ceiling]);
  database
    .prepare('INSERT OR REPLACE INTO archived_sums VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run(org_id, name, entries, ...amounts.map(String));
}

function archivedOf(org_id: string, [subject, entries, ...amounts]: EntryRow): Archived {
  const named = JSON.parse(String(subject)) as string[];
  return {
    subject: subjectOfRow([org_id, ...named], 0),
    entries: Number(entries),
    postings: postingsOfRow(amounts, 0),
  };
}

function together(before: Archived | undefined, added: Archived): Archived {
  if (before === undefined) return added;
  return {
    subject: added.subject,
    entries: before.entries + added.entries,
    postings: addPostings(before.postings, added.postings),
  };
}
