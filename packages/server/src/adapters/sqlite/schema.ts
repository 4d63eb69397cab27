/**
 * The tables of the SQLite store and how a connection to them is opened.
 *
 * Amounts: an entry keeps pico-USD in 64-bit integers and refuses more (9.2 million USD in one
 * entry); balances keep decimal text, because they have no such limit. Nothing here is ever summed
 * by `sum()` in pico-USD: see `moneySum`.
 */
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** Version of the tables below. A file with a newer one is refused. */
export const SCHEMA_VERSION = 6;

/**
 * An entry's row id is its writer's number times this, plus its sequence: one writer's entries lie
 * together.
 */
export const SEQUENCES_PER_WRITER = 2n ** 40n;

/** How a file is opened; absent members take what the product uses. */
export interface FileOptions {
  readonly path: string;
  /** How long a write waits for another process that writes. */
  readonly busyTimeoutMs?: number;
  /** Pages of 4 KiB beyond which the file does not grow: it is then as a full disk. */
  readonly pagesMax?: number;
}

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Entries whose dispatch is further from their start have an index of their own; all others are
 * found by their start. It spares every call the upkeep of a second index over time.
 */
export const DRIFT_MAX_MS = 300_000;

const TABLES = `
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  schema_version INTEGER NOT NULL,
  catalog_revision INTEGER NOT NULL,
  budgets_revision INTEGER NOT NULL,
  probes INTEGER NOT NULL
) STRICT;

CREATE TABLE catalog (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  parent TEXT NOT NULL,
  value TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX catalog_by_parent ON catalog (kind, parent, id);

CREATE TABLE budgets (
  budget_id TEXT PRIMARY KEY,
  org_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE balances (
  budget_id TEXT NOT NULL,
  window_start INTEGER NOT NULL,
  posted TEXT NOT NULL,
  ceiling TEXT NOT NULL,
  held TEXT NOT NULL,
  high_water TEXT NOT NULL,
  over_bound TEXT NOT NULL,
  submitted TEXT NOT NULL,
  correction TEXT NOT NULL,
  limit_lowered TEXT NOT NULL,
  PRIMARY KEY (budget_id, window_start)
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
  attempt_id TEXT PRIMARY KEY,
  instance_id TEXT NOT NULL,
  org_id TEXT NOT NULL,
  dispatched_at INTEGER NOT NULL,
  usd INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  intent TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE writers (
  writer_no INTEGER PRIMARY KEY,
  writer_id TEXT NOT NULL UNIQUE,
  last_sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE entries (
  id INTEGER PRIMARY KEY,            -- writer_no * 2^40 + sequence
  dispatched_at INTEGER NOT NULL,    -- chose the windows of the budgets
  recovered INTEGER NOT NULL,        -- 1: settled on behalf of a dead process
  unknown INTEGER NOT NULL,          -- change of the number of entries with unknown usage
  unpriced INTEGER NOT NULL,         -- change of the number of entries without a full price
  line_key TEXT NOT NULL,            -- a<attempt_id>, s<entry_id> or c<entry_id>: only once
  attempt_id TEXT,                   -- null: as in line_key
  request_id TEXT,                   -- null: the attempt's own id
  corrects_entry_id TEXT,
  org_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  user_id TEXT,
  key_id TEXT,
  label TEXT,
  model_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  input_tokens INTEGER,
  output_tokens INTEGER,
  cache_read_input_tokens INTEGER,
  cache_write_5m_input_tokens INTEGER,
  cache_write_1h_input_tokens INTEGER,
  cache_write_30m_input_tokens INTEGER,
  units TEXT,
  cost INTEGER NOT NULL,
  ceiling INTEGER,
  usd_posted INTEGER NOT NULL,
  usd_ceiling INTEGER NOT NULL,
  tokens_posted INTEGER NOT NULL,
  tokens_ceiling INTEGER NOT NULL,
  requests_posted INTEGER NOT NULL,
  requests_ceiling INTEGER NOT NULL,
  body TEXT NOT NULL                 -- JSON of the members without a column
) STRICT;
CREATE UNIQUE INDEX entries_line_key ON entries (line_key);
CREATE INDEX entries_request ON entries (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX entries_corrects ON entries (corrects_entry_id) WHERE corrects_entry_id IS NOT NULL;
CREATE INDEX entries_started ON entries (started_at);
CREATE INDEX entries_org_started ON entries (org_id, started_at);
CREATE INDEX entries_drifted ON entries (org_id, dispatched_at)
  WHERE dispatched_at - started_at NOT BETWEEN -${DRIFT_MAX_MS} AND ${DRIFT_MAX_MS};
`;

/** What each version added to the one before, from version 2 on. */
const ADDITIONS: readonly string[] = [
  `
CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  audit_id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  org_id TEXT,
  resource TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  body TEXT NOT NULL                 -- JSON of the whole record
) STRICT;
CREATE INDEX audit_org ON audit (org_id, number);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
  BEGIN SELECT raise(ABORT, 'records of the audit log are never changed'); END;
CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
  BEGIN SELECT raise(ABORT, 'records of the audit log are never removed'); END;
`,
  `
CREATE TABLE refusals (
  at INTEGER NOT NULL,
  refusal_id TEXT NOT NULL,
  org_id TEXT,
  app_id TEXT,
  user_id TEXT,
  key_id TEXT,
  model_id TEXT,
  operation TEXT,
  error TEXT NOT NULL,
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,            -- calls that the row stands for
  PRIMARY KEY (at, refusal_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX refusals_org ON refusals (org_id, at, refusal_id);
`,
  `
-- Open holds whose request id is not the attempt's own.
CREATE TABLE repeated_holds (
  request_id TEXT NOT NULL,
  attempt_id TEXT NOT NULL,
  PRIMARY KEY (request_id, attempt_id)
) STRICT, WITHOUT ROWID;
INSERT INTO repeated_holds SELECT json_extract(intent, '$[0]'), attempt_id FROM holds
  WHERE json_extract(intent, '$[0]') IS NOT NULL;

-- The organizations that ever had a hold.
CREATE TABLE attempt_orgs (org_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO attempt_orgs SELECT org_id FROM holds
  UNION SELECT org_id FROM entries WHERE line_key >= 'a' AND line_key < 'b';

-- The organizations that have asked by the upstream's request ids, and the ids of their attempts.
CREATE TABLE upstream_orgs (org_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE upstream_requests (
  upstream_request_id TEXT NOT NULL,
  entry INTEGER NOT NULL,            -- id of the entry
  PRIMARY KEY (upstream_request_id, entry)
) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE copies (
  writer_id TEXT NOT NULL,
  place TEXT NOT NULL,
  sequence INTEGER NOT NULL,         -- the last entry that is durable there
  PRIMARY KEY (writer_id, place)
) STRICT, WITHOUT ROWID;

-- What removed entries have posted. Decimal text: these sums have no limit.
CREATE TABLE archived_sums (
  org_id TEXT NOT NULL,
  subject TEXT NOT NULL,             -- JSON: app, user, key, label, model
  entries INTEGER NOT NULL,
  usd_posted TEXT NOT NULL,
  usd_ceiling TEXT NOT NULL,
  tokens_posted TEXT NOT NULL,
  tokens_ceiling TEXT NOT NULL,
  requests_posted TEXT NOT NULL,
  requests_ceiling TEXT NOT NULL,
  PRIMARY KEY (org_id, subject)
) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE leases (
  lease_id TEXT PRIMARY KEY,
  instance_id TEXT NOT NULL,
  budget_id TEXT NOT NULL,
  window_start INTEGER NOT NULL,
  granted TEXT NOT NULL,             -- decimal; counts as held in the balance
  used TEXT NOT NULL                 -- the part of it that open holds took
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_instance ON leases (instance_id);
CREATE INDEX leases_budget ON leases (budget_id);

ALTER TABLE holds ADD COLUMN leased TEXT; -- JSON of [budget, lease]; null: out of no lease
`,
];

/** The file was written by a newer release: nothing was touched. */
export class NewerSchema extends Error {
  override readonly name = 'NewerSchema';
}

/**
 * Creates the file (mode 600) and its tables where they are missing, and brings a file of an older
 * release up to date, all in one step. Throws `NewerSchema`.
 */
export function prepareFile(options: FileOptions): void {
  closeSync(openSync(options.path, 'a', 0o600));
  using database = connect(options);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('BEGIN IMMEDIATE');
  let version = versionOf(database);
  if (version === undefined) {
    database.exec(TABLES);
    version = 1;
    database.exec(`INSERT INTO meta VALUES (1, ${version}, 0, 0, 0)`);
  }
  for (const addition of ADDITIONS.slice(version - 1)) {
    version += 1;
    database.exec(addition);
    database.exec(`UPDATE meta SET schema_version = ${version} WHERE id = 1`);
  }
  database.exec('COMMIT');
}

/** A connection that writes durably: every commit is on the disk when it returns. */
export function connect({ path, busyTimeoutMs, pagesMax }: FileOptions): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs ?? BUSY_TIMEOUT_MS });
  database.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -65536');
  if (pagesMax !== undefined) database.exec(`PRAGMA max_page_count = ${pagesMax}`);
  return database;
}

/** How many requests an entry counts as: `requestsOf` of core, in SQL. */
export const REQUESTS = `iif(line_key < 'c' OR line_key >= 'd', 1, -(requests_posted < 0))`;

/** SQL that sums a pico-USD column into two columns that cannot overflow: see `moneyOf`. */
export function moneySum(column: string, name: string): string {
  return (
    `coalesce(sum(${column} / 1000000000), 0) AS ${name}_high, ` +
    `coalesce(sum(${column} % 1000000000), 0) AS ${name}_low`
  );
}

/** Puts together what `moneySum` took apart. */
export function moneyOf(high: bigint, low: bigint): bigint {
  return high * 1_000_000_000n + low;
}

/** The version of a file; undefined: it has no tables of ours. Throws `NewerSchema`. */
export function versionOf(database: DatabaseSync): number | undefined {
  const table = database
    .prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'`)
    .get();
  if (table === undefined) return undefined;
  const version = Number(database.prepare('SELECT schema_version FROM meta').get()?.schema_version);
  if (version > SCHEMA_VERSION) {
    throw new NewerSchema(
      `The store has schema version ${version}; this release knows up to ${SCHEMA_VERSION}. ` +
        'Start it with the release that wrote it, or a newer one.',
    );
  }
  return version;
}
