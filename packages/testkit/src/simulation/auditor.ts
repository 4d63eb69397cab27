/**
 * The auditor: knows what must be true, and reckons for itself. It believes the book of the
 * upstream and the items of the table, never what the code under test says of them.
 */
import { PRICES } from './catalogue.ts';
import type { Billed } from './upstream.ts';

/** Something that must never be. */
export interface Violation {
  readonly rule: string;
  readonly what: string;
}

/** A line of the ledger, as far as the auditor reads it. Money in pico-USD. */
export interface LineFact {
  readonly entry_id: string;
  readonly entry_type: 'attempt' | 'submission' | 'correction';
  readonly corrects_entry_id: string | null;
  readonly attempt_id: string;
  readonly writer_id: string;
  readonly sequence: number;
  readonly outcome: string;
  readonly usage_source: string;
  readonly cost: bigint;
  readonly ceiling: bigint | null;
}

/** A balance, as it is shown: leases count as held. */
export interface RowFact {
  readonly budget_id: string;
  readonly window_start: number;
  readonly posted: bigint;
  readonly held: bigint;
  readonly high_water: bigint;
  /** Sum of all named causes. */
  readonly excess: bigint;
  readonly limit: bigint;
  readonly enforced: boolean;
}

/** What there is when all is quiet. */
export interface LedgerFacts {
  readonly lines: readonly LineFact[];
  /** Attempt ids of intents that have not ended. */
  readonly open: readonly string[];
  /** Leases that have not ended. */
  readonly leases: readonly string[];
  readonly rows: readonly RowFact[];
}

/**
 * A revocation has reached every process after the catalogue's freshness (5 s); an intent that was
 * on its way then may become durable until its store gives it up, and its network.
 */
const REVOKED_WITHIN_MS = 5_000 + 5_000 + 4_000;

/** Of each rule so many are kept. */
const KEPT_OF_A_RULE = 5;

/** See the head of the file. */
export class Auditor {
  readonly violations: Violation[] = [];
  readonly #byRule = new Map<string, number>();
  readonly #dispatched = new Set<string>();
  /** Attempts whose intent has been durable at some time. */
  readonly #intended = new Set<string>();
  readonly #revoked = new Map<string, number>();
  /** Whether intents are seen as they become durable; else they cannot be asked for. */
  seesIntents = false;

  /** Violations, those beyond the kept ones included. */
  get count(): number {
    return [...this.#byRule.values()].reduce((sum, times) => sum + times, 0);
  }

  get rules(): ReadonlyMap<string, number> {
    return this.#byRule;
  }

  violated(rule: string, what: string): void {
    const times = (this.#byRule.get(rule) ?? 0) + 1;
    this.#byRule.set(rule, times);
    if (times <= KEPT_OF_A_RULE) this.violations.push({ rule, what });
  }

  /** A process says that something went wrong which never may. */
  complaint(who: string, message: string, fields: object | undefined): void {
    this.violated('no process complains', `${who}: ${message} ${JSON.stringify(fields ?? {})}`);
  }

  /** A key is revoked, as its operator was told at this moment (ms of true time). */
  revoked(keyId: string, at: number): void {
    if (!this.#revoked.has(keyId)) this.#revoked.set(keyId, at);
  }

  /** An intent has become durable. */
  intended(attemptId: string, keyId: string | null, at: number): void {
    this.#intended.add(attemptId);
    const revokedAt = this.#revoked.get(keyId ?? '') ?? Infinity;
    if (at > revokedAt + REVOKED_WITHIN_MS) {
      const what = `${attemptId} of ${keyId}, ${(at - revokedAt).toFixed(0)} ms later`;
      this.violated('a revoked key spends nothing after a while', what);
    }
  }

  /** Bytes of an attempt leave a process. */
  dispatched(attemptId: string, who: string): void {
    if (this.#dispatched.has(attemptId)) {
      this.violated('an attempt is sent once', `${who} sends ${attemptId} again`);
    }
    this.#dispatched.add(attemptId);
    if (this.seesIntents && !this.#intended.has(attemptId)) {
      this.violated('nothing is sent without a durable intent', `${who} sends ${attemptId}`);
    }
  }

  /** Everything has ended, and enough time has passed. */
  whenQuiet(facts: LedgerFacts, book: readonly Billed[]): void {
    const entries = new Map<string, LineFact[]>();
    const corrections = new Map<string, LineFact[]>();
    for (const line of facts.lines) {
      const by = line.entry_type === 'correction' ? corrections : entries;
      const about = line.corrects_entry_id ?? line.attempt_id;
      by.set(about, [...(by.get(about) ?? []), line]);
    }
    for (const billed of book) this.#judgeBilled(billed, entries, corrections);
    this.#judgeCorrections(entries, corrections);
    this.#judgeSequences(facts.lines);
    for (const attempt of facts.open) {
      this.violated('nothing is stranded', `the intent ${attempt} is still open`);
    }
    for (const lease of facts.leases) {
      this.violated('nothing is stranded', `the lease ${lease} has not ended`);
    }
    for (const row of facts.rows) this.judgeRow(row, true);
  }

  /** What holds for a balance at any time; `quiet`: and that nothing is held any more. */
  judgeRow(row: RowFact, quiet: boolean): void {
    const { budget_id, window_start, posted, held, high_water, excess, limit } = row;
    const name = `${budget_id}#${window_start}`;
    const allowed = limit + excess;
    if (row.enforced && posted + held > allowed) {
      const what = `${name}: posted ${posted} + held ${held} > limit ${limit} + excess ${excess}`;
      this.violated('posted and held stay within the limit', what);
    }
    if (row.enforced && high_water > allowed) {
      const what = `${name}: high water ${high_water} > limit ${limit} + excess ${excess}`;
      this.violated('the high water stays within the limit', what);
    }
    if (posted + held > high_water) {
      this.violated('the high water is no less than what is', `${name}: ${high_water}`);
    }
    if (held < 0n) this.violated('what is held is not negative', `${name}: ${held}`);
    if (quiet && held !== 0n) {
      this.violated('nothing is stranded', `${name} still holds ${held} of posted ${posted}`);
    }
  }

  #judgeBilled(
    billed: Billed,
    entries: ReadonlyMap<string, readonly LineFact[]>,
    corrections: ReadonlyMap<string, readonly LineFact[]>,
  ): void {
    const { attempt_id } = billed;
    const found = entries.get(attempt_id) ?? [];
    if (found.length !== 1) {
      const what = `${attempt_id} was billed and has ${found.length} entries`;
      this.violated('what was billed has exactly one entry', what);
      return;
    }
    const lines = [...found, ...found.flatMap(({ entry_id }) => corrections.get(entry_id) ?? [])];
    const cost = lines.reduce((sum, line) => sum + line.cost, 0n);
    const ceiling = lines.reduce((sum, line) => sum + (line.ceiling ?? 0n), 0n);
    const due = costOf(billed);
    const last = lines.at(-1);
    if (last?.usage_source === 'reported' && cost !== due) {
      this.violated('known usage costs what was billed', `${attempt_id}: ${cost}, billed ${due}`);
    }
    const counted = cost > ceiling ? cost : ceiling;
    if (last?.usage_source !== 'reported' && counted < due && !billed.overBound) {
      const what = `${attempt_id}: counted ${counted}, billed ${due}`;
      this.violated('unknown usage counts for no less than was billed', what);
    }
  }

  #judgeCorrections(
    entries: ReadonlyMap<string, readonly LineFact[]>,
    corrections: ReadonlyMap<string, readonly LineFact[]>,
  ): void {
    for (const [about, found] of corrections) {
      const [entry] = entries.get(about) ?? [];
      if (found.length > 1) {
        this.violated('a late settlement is one correction', `${about} has ${found.length}`);
      }
      if (entry?.outcome !== 'interrupted') {
        this.violated('only what was recovered is corrected', `${about}: ${entry?.outcome}`);
      }
    }
    for (const [attempt, found] of entries) {
      if (found.length > 1) {
        this.violated('an attempt has one entry', `${attempt} has ${found.length}`);
      }
    }
  }

  #judgeSequences(lines: readonly LineFact[]): void {
    const byWriter = new Map<string, Set<number>>();
    for (const { writer_id, sequence } of lines) {
      const seen = byWriter.get(writer_id) ?? new Set<number>();
      byWriter.set(writer_id, seen);
      if (seen.has(sequence)) {
        this.violated('a sequence number is given once', `${writer_id} ${sequence}`);
      }
      seen.add(sequence);
    }
    for (const [writer, seen] of byWriter) {
      const last = Math.max(...seen);
      if (seen.size !== last) {
        const what = `${writer}: ${seen.size} entries, the last is ${last}`;
        this.violated('sequences have no gaps', what);
      }
    }
  }
}

/** What the upstream takes for it, in pico-USD. */
function costOf({ model_id, input_tokens, output_tokens }: Billed): bigint {
  const price = PRICES[model_id];
  if (price === undefined) throw new Error(`There is no model ${model_id}.`);
  return BigInt(input_tokens) * price.input + BigInt(output_tokens) * price.output;
}
