/** Reads a store whole, to be copied elsewhere. It changes nothing, and no server may write. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { AuditRecord } from '../../ports/audit.ts';
import type { CatalogKind } from '../../ports/catalog-store.ts';
import type {
  NumberedAudit,
  PlaceCopied,
  RemovedSum,
  StoreCounts,
  StoreSource,
  WholeDocument,
  WholeLine,
} from '../../ports/ledger-import.ts';
import type { RefusalRow } from '../../ports/refusal-store.ts';
import { archivedSums } from './archive.ts';
import { ENTRY_SELECT, entryOf, postingsOfRow, type EntryColumns } from './entry-row.ts';
import { SEQUENCES_PER_WRITER } from './schema.ts';

const LINES = `WHERE e.id > ?1 AND e.id < ?2 ORDER BY e.id LIMIT ?3`;
/** In the same order as the entries. */
const FACTS = `SELECT e.usd_posted, e.usd_ceiling, e.tokens_posted, e.tokens_ceiling,
    e.requests_posted, e.requests_ceiling, e.dispatched_at, e.recovered, e.unknown, e.unpriced,
    EXISTS (SELECT 1 FROM entries c WHERE c.corrects_entry_id = substr(e.line_key, 2))
  FROM entries e ${LINES}`;

/** Opens a file of this release (see `prepareFile`) for reading. */
export function openSqliteSource(path: string): StoreSource {
  return new SqliteSource(new DatabaseSync(path, { readOnly: true }));
}

class SqliteSource implements StoreSource {
  readonly #database: DatabaseSync;
  readonly #lines: StatementSync;
  readonly #facts: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#lines = database.prepare(`${ENTRY_SELECT} ${LINES}`);
    this.#lines.setReturnArrays(true);
    this.#facts = database.prepare(FACTS);
    this.#facts.setReturnArrays(true);
    this.#facts.setReadBigInts(true);
  }

  async counts(): Promise<StoreCounts> {
    const count = (table: string): number =>
      Number(this.#database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
    return {
      entries: count('entries'),
      documents: count('catalog'),
      audit: count('audit'),
      refusals: count('refusals'),
    };
  }

  async lines(writerId: string, after: number, limit: number): Promise<readonly WholeLine[]> {
    const writer = this.#database
      .prepare('SELECT writer_no FROM writers WHERE writer_id = ?')
      .get(writerId);
    if (writer === undefined) return [];
    const base = BigInt(Number(writer.writer_no)) * SEQUENCES_PER_WRITER;
    const range = [base + BigInt(after), base + SEQUENCES_PER_WRITER, limit] as const;
    const entries = this.#lines.all(...range) as unknown as readonly EntryColumns[];
    const facts = this.#facts.all(...range) as unknown as readonly (readonly bigint[])[];
    return entries.map((columns, index) => lineOf(columns, facts[index] ?? []));
  }

  async documents(after: WholeDocument | null, limit: number): Promise<readonly WholeDocument[]> {
    const found = this.#database
      .prepare(
        `SELECT kind, id, parent, value, revision FROM catalog WHERE (kind, id) > (?, ?)
         ORDER BY kind, id LIMIT ?`,
      )
      .all(after?.kind ?? '', after?.id ?? '', limit);
    return found.map(({ kind, id, parent, value, revision }) => ({
      kind: String(kind) as CatalogKind,
      id: String(id),
      parent: String(parent),
      value: JSON.parse(String(value)) as unknown,
      revision: Number(revision),
    }));
  }

  async audit(after: number, limit: number): Promise<readonly NumberedAudit[]> {
    const found = this.#database
      .prepare('SELECT number, body FROM audit WHERE number > ? ORDER BY number LIMIT ?')
      .all(after, limit);
    return found.map(({ number, body }) => ({
      number: Number(number),
      record: JSON.parse(String(body)) as AuditRecord,
    }));
  }

  async refusals(after: RefusalRow | null, limit: number): Promise<readonly RefusalRow[]> {
    const found = this.#database
      .prepare(
        `SELECT * FROM refusals WHERE (at, refusal_id) > (?, ?) ORDER BY at, refusal_id LIMIT ?`,
      )
      .all(after?.at ?? Number.MIN_SAFE_INTEGER, after?.refusal_id ?? '', limit);
    return found.map((row) => ({ ...row }) as unknown as RefusalRow);
  }

  async removed(): Promise<readonly RemovedSum[]> {
    return archivedSums(this.#database);
  }

  async copies(): Promise<readonly PlaceCopied[]> {
    const found = this.#database.prepare('SELECT place, writer_id, sequence FROM copies').all();
    return found.map((row) => ({ ...row }) as unknown as PlaceCopied);
  }

  async revision(): Promise<number> {
    return Number(
      this.#database.prepare('SELECT catalog_revision FROM meta').get()?.catalog_revision,
    );
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}

function lineOf(columns: EntryColumns, facts: readonly bigint[]): WholeLine {
  const [at, recovered, unknown, unpriced, corrected] = facts.slice(6).map(Number);
  return {
    entry: entryOf(columns),
    at: at ?? 0,
    postings: postingsOfRow(facts, 0),
    recovered: recovered === 1,
    unknown: unknown ?? 0,
    unpriced: unpriced ?? 0,
    corrected: corrected === 1,
  };
}
