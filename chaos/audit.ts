/**
 * The audit: every row of the upstream's book against every entry of the ledger, by attempt id.
 * Costs are computed by an oracle that shares no code with the product. Pure: what it is given is
 * all it knows.
 */
import Big from 'big.js';
import { oracleCost, oracleModel } from '../packages/testkit/src/price-oracle.ts';
import { uncertain } from './faults.ts';
import type { BookRow, BudgetRecord, EntryRecord } from './records.ts';

/** One death of the gateway. */
export interface Kill {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The crash point at which it had stopped itself, or null for a random moment. */
  readonly point: string | null;
  /** The most calls that can have been inside, as the callers saw it. */
  readonly inFlight: number;
}

export interface Evidence {
  readonly book: readonly BookRow[];
  readonly entries: readonly EntryRecord[];
  readonly budgets: readonly BudgetRecord[];
  readonly kills: readonly Kill[];
  /**
   * Budgets over everything since before the first call, whose figures must be the sum of all
   * entries.
   */
  readonly totalBudgets: readonly string[];
}

export interface Verdict {
  readonly counts: Readonly<Record<string, number>>;
  /** Broken promises, in words. */
  readonly violations: readonly string[];
}

/** What happened to one attempt by the ledger: its entry, and what corrections made of it. */
interface Account {
  readonly entry: EntryRecord;
  /** Reported at once, or by a correction later. */
  readonly known: boolean;
  readonly corrected: boolean;
  readonly cost: Big;
  /** Null when the usage is known and fully priced. */
  readonly ceiling: Big | null;
}

/** Checks everything. */
export function audit(evidence: Evidence): Verdict {
  const run = new Audit(evidence);
  run.checkIdentity();
  run.checkAmounts();
  run.checkUnknowns();
  run.checkSequences();
  run.checkBudgets();
  return { counts: Object.fromEntries(run.counts), violations: run.violations };
}

class Audit {
  readonly counts = new Map<string, number>();
  readonly violations: string[] = [];
  readonly #evidence: Evidence;
  readonly #accounts = new Map<string, Account>();
  readonly #rows = new Map<string, BookRow>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    const { book, entries } = evidence;
    this.#count('rows in the book', book.length);
    this.#count('entries', entries.length);
    this.#count('calls that were retried', retried(book));
    this.#count('rows whose client had gone', book.filter((row) => row.client_gone).length);
    for (const row of book) {
      if (row.fault !== null) this.#count(`fault ${row.fault}`);
      if (row.attempt_id !== null) this.#rows.set(row.attempt_id, row);
    }
  }

  /** One row, one entry; one attempt id, one entry; corrections correct something. */
  checkIdentity(): void {
    const { book, entries } = this.#evidence;
    const corrections = new Map<string, EntryRecord[]>();
    for (const entry of entries) {
      if (entry.entry_type !== 'correction') continue;
      this.#count('corrections');
      const target = entry.corrects_entry_id ?? '';
      corrections.set(target, [...(corrections.get(target) ?? []), entry]);
    }
    for (const entry of entries) {
      if (entry.entry_type === 'correction') continue;
      this.#count(`entries ${entry.usage_source}, ${entry.outcome}`);
      if (this.#accounts.has(entry.attempt_id)) {
        this.#violate(`two entries share the attempt id ${entry.attempt_id}`);
        continue;
      }
      const corrected = corrections.get(entry.entry_id) ?? [];
      corrections.delete(entry.entry_id);
      this.#accounts.set(entry.attempt_id, accountOf(entry, corrected));
    }
    for (const target of corrections.keys()) {
      this.#violate(`a correction corrects no entry: ${target}`);
    }
    for (const row of book) {
      if (row.attempt_id === null) this.#violate(`a call had no attempt id: ${row.request_id}`);
      else if (!this.#accounts.has(row.attempt_id)) {
        this.#violate(`no entry for the row ${describeRow(row)}`);
      }
    }
    if (this.#rows.size < book.length) this.#violate('two rows of the book share an attempt id');
  }

  /** Known usage costs exactly what the oracle says; unknown usage has a ceiling that covers it. */
  checkAmounts(): void {
    for (const [attemptId, account] of this.#accounts) {
      const { entry, cost, ceiling } = account;
      const row = this.#rows.get(attemptId);
      if (row === undefined) {
        this.#count('entries without a row');
        if (entry.usage_source !== 'unknown' || entry.outcome !== 'interrupted') {
          this.#violate(`an entry without a row is not unknown: ${describe(entry)}`);
        }
        continue;
      }
      this.#compareNames(entry, row);
      const real = realCost(entry, row);
      if (account.known) {
        this.#count('entries reported and priced exactly');
        if (!cost.eq(real)) this.#violate(`costs ${cost}, not ${real}: ${describe(entry)}`);
        if (entry.priced !== 'yes') this.#violate(`not priced: ${describe(entry)}`);
        if (row.billed && !account.corrected && !sameUsage(entry, row)) {
          this.#violate(`usage differs from the book: ${describe(entry)}`);
        }
        continue;
      }
      this.#count('entries with a ceiling above what was billed');
      if (ceiling === null || ceiling.lt(real)) {
        this.#violate(`the ceiling ${ceiling} is below ${real}: ${describe(entry)}`);
      }
    }
  }

  /** Nothing is unknown but what a kill interrupted and what a scripted fault hid. */
  checkUnknowns(): void {
    const { kills } = this.#evidence;
    const perKill = new Map<Kill, number>();
    let scripted = 0;
    let others = 0;
    for (const [attemptId, { entry }] of this.#accounts) {
      const row = this.#rows.get(attemptId);
      const known = entry.usage_source === 'reported';
      if (entry.outcome === 'interrupted') {
        if (known) this.#violate(`interrupted and yet reported: ${describe(entry)}`);
        const started = Date.parse(entry.started_at);
        const kill = kills.find(({ at }) => at >= started);
        if (kill === undefined) this.#violate(`interrupted by no kill: ${describe(entry)}`);
        else perKill.set(kill, (perKill.get(kill) ?? 0) + 1);
        continue;
      }
      const hidden = row !== undefined && uncertain(row);
      if (hidden && known && brokeAfterUsage(entry, row)) {
        this.#count('faults that came after the usage had been told');
        continue;
      }
      if (hidden) scripted += 1;
      if (!known) others += 1;
      if (hidden === known) {
        const what = known ? 'known in spite of' : 'unknown without';
        this.#violate(`${what} a scripted fault (${row?.fault ?? 'none'}): ${describe(entry)}`);
      }
    }
    for (const [kill, interrupted] of perKill) {
      this.#count('interrupted unknowns', interrupted);
      if (interrupted <= kill.inFlight) continue;
      const where = kill.point ?? 'a random moment';
      this.#violate(`a kill at ${where} interrupted ${interrupted} of ${kill.inFlight} calls`);
    }
    this.#count(
      'calls in flight at the kills',
      kills.reduce((sum, kill) => sum + kill.inFlight, 0),
    );
    this.#count('other entries that are not known', others);
    this.#count('attempts with a fault that hides the usage', scripted);
  }

  /** Every writer's entries are numbered from 1 without a gap. */
  checkSequences(): void {
    const writers = Map.groupBy(this.#evidence.entries, (entry) => entry.writer_id);
    this.#count('writers', writers.size);
    for (const [writer, entries] of writers) {
      const numbers = entries.map((entry) => entry.sequence).sort((a, b) => a - b);
      const gap = numbers.findIndex((number, index) => number !== index + 1);
      if (gap >= 0) this.#violate(`writer ${writer} has no entry ${gap + 1}, or has it twice`);
    }
  }

  /** No hold is left, no limit was passed, and the figures are the sum of the entries. */
  checkBudgets(): void {
    let counted = new Big(0);
    for (const { cost, ceiling } of this.#accounts.values()) {
      counted = counted.plus(ceiling !== null && ceiling.gt(cost) ? ceiling : cost);
    }
    const requests = new Big(this.#accounts.size);
    this.#count('budgets', this.#evidence.budgets.length);
    for (const budget of this.#evidence.budgets) {
      const { budget_id, held, excess, high_water, limit, mode } = budget;
      if (!new Big(held).eq(0)) this.#violate(`${held} is still held of budget ${budget_id}`);
      if (!new Big(excess).eq(0)) this.#violate(`budget ${budget_id} has an excess of ${excess}`);
      if (mode === 'enforce' && new Big(high_water).gt(limit.amount)) {
        this.#violate(`budget ${budget_id} came to ${high_water} of ${limit.amount}`);
      }
      if (!this.#evidence.totalBudgets.includes(budget_id) || limit.unit === 'tokens') continue;
      const expected = limit.unit === 'usd' ? counted : requests;
      const taken = new Big(budget.spent).plus(budget.ceiling);
      if (!taken.eq(expected)) {
        this.#violate(`budget ${budget_id} counts ${taken}, its entries ${expected}`);
      }
    }
    this.#count('holds stranded', this.#evidence.budgets.filter((b) => Number(b.held) > 0).length);
  }

  #compareNames(entry: EntryRecord, row: BookRow): void {
    const same =
      entry.operation === row.operation &&
      entry.model_id === row.model_id &&
      entry.invocation_id === row.invocation_id &&
      entry.streamed === row.stream;
    if (!same) this.#violate(`${describe(entry)} is not the call ${describeRow(row)}`);
    const told = entry.upstream_request_id;
    if (told !== null && told !== row.request_id) {
      this.#violate(`the upstream request id is another's: ${describe(entry)}`);
    }
  }

  #count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  #violate(what: string): void {
    this.violations.push(what);
  }
}

function accountOf(entry: EntryRecord, corrections: readonly EntryRecord[]): Account {
  let cost = new Big(entry.cost_usd);
  let ceiling = entry.ceiling_usd === null ? null : new Big(entry.ceiling_usd);
  for (const correction of corrections) {
    cost = cost.plus(correction.cost_usd);
    if (correction.ceiling_usd !== null) {
      ceiling = (ceiling ?? new Big(0)).plus(correction.ceiling_usd);
    }
  }
  const known = [entry, ...corrections].some((each) => each.usage_source === 'reported');
  return { entry, known, corrected: corrections.length > 0, cost, ceiling };
}

/** What the upstream's book says it cost. */
function realCost(entry: EntryRecord, row: BookRow): string {
  if (!row.billed || row.usage === null) return '0';
  const tier = row.served_tier ?? 'default';
  return oracleCost({
    ...oracleModel(row.model_id),
    region: entry.region,
    tier: tier === 'default' ? 'standard' : tier,
    at: Date.parse(entry.started_at),
    usage: row.usage,
  });
}

/** A stream may tell all of its usage before its last frame, and break between the two. */
function brokeAfterUsage(entry: EntryRecord, row: BookRow): boolean {
  return entry.outcome === 'broken' && row.stream && row.fault !== 'no-usage';
}

function sameUsage(entry: EntryRecord, row: BookRow): boolean {
  const { usage } = entry;
  if (usage === null || row.usage === null) return false;
  const fields = [
    'input_tokens',
    'output_tokens',
    'cache_read_input_tokens',
    'cache_write_5m_input_tokens',
    'cache_write_1h_input_tokens',
  ] as const;
  const booked = row.usage;
  return fields.every((field) => usage[field] === booked[field]);
}

function retried(book: readonly BookRow[]): number {
  const attempts = Map.groupBy(book, (row) => row.invocation_id);
  attempts.delete(null);
  return [...attempts.values()].filter((rows) => rows.length > 1).length;
}

function describe(entry: EntryRecord): string {
  const { attempt_id, operation, model_id, outcome, usage_source, started_at } = entry;
  const why = entry.usage_reason === null ? usage_source : `${usage_source}: ${entry.usage_reason}`;
  return `${attempt_id} (${operation} ${model_id}, ${outcome}, ${why}, ${started_at})`;
}

function describeRow(row: BookRow): string {
  const { attempt_id, operation, model_id, outcome, started_at } = row;
  const fault = row.fault ?? 'no fault';
  return `${attempt_id} (${operation} ${model_id}, ${outcome}, ${fault}, ${started_at})`;
}
