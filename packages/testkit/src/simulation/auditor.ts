/**
 * The auditor: knows what must be true, and reckons for itself. It believes the book of the
 * upstream and the items of the table, never what the code under test says of them.
 */
import { judgeBills, type AttemptLines } from './bill-audit.ts';
import type { LineFact } from './line-fact.ts';
import type { RateAudit } from './rate-audit.ts';
import { judgeSubmissions } from './submission-audit.ts';
import type { IntentFact } from './table-model.ts';
import type { Billed } from './upstream.ts';

/** Whether it still is, or has died. */
interface Living {
  readonly name: string;
  readonly isAlive: boolean;
}

/** What is known of an attempt by its intent. */
type Intended = Pick<IntentFact, 'subject' | 'amounts'>;

/** Something that must never be. */
export interface Violation {
  readonly rule: string;
  readonly what: string;
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
  /** What was held for attempts whose intent has been durable at some time. */
  readonly #intended = new Map<string, Intended>();
  /** Whom the upstream has told what an attempt used. */
  readonly #told = new Map<string, Living>();
  readonly #revoked = new Map<string, number>();
  /** Whether intents are seen as they become durable; else they cannot be asked for. */
  seesIntents = false;
  /** Undefined where nobody sees whose calls are sent. */
  rates: RateAudit | undefined;

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

  /** An intent has become durable, with what is held for it. */
  intended(attemptId: string, { subject, amounts }: Intended, at: number): void {
    this.#intended.set(attemptId, { subject, amounts });
    const { key_id } = subject;
    const revokedAt = this.#revoked.get(key_id ?? '') ?? Infinity;
    if (at > revokedAt + REVOKED_WITHIN_MS) {
      const what = `${attemptId} of ${key_id}, ${(at - revokedAt).toFixed(0)} ms later`;
      this.violated('a revoked key spends nothing after a while', what);
    }
  }

  /** Bytes of an attempt leave a process. */
  dispatched(attemptId: string, { name }: Living): void {
    const intended = this.#intended.get(attemptId);
    if (intended !== undefined) this.rates?.sent(attemptId, intended.subject, name);
    if (this.#dispatched.has(attemptId)) {
      this.violated('an attempt is sent once', `${name} sends ${attemptId} again`);
    }
    this.#dispatched.add(attemptId);
    if (this.seesIntents && intended === undefined) {
      this.violated('nothing is sent without a durable intent', `${name} sends ${attemptId}`);
    }
  }

  /** A process is told the end of an attempt. */
  ended(attemptId: string): void {
    this.rates?.ended(attemptId);
  }

  /** The upstream has told a process all that an attempt used. */
  told(attemptId: string, life: Living): void {
    this.#told.set(attemptId, life);
  }

  /** Everything has ended, and enough time has passed. */
  whenQuiet(facts: LedgerFacts, book: readonly Billed[]): void {
    const entries = new Map<string, LineFact[]>();
    const corrections = new Map<string, LineFact[]>();
    for (const line of facts.lines) {
      const by = line.entry_type === 'correction' ? corrections : entries;
      const about = line.corrects_entry_id ?? line.attempt_id;
      const same = by.get(about);
      if (same === undefined) by.set(about, [line]);
      else same.push(line);
    }
    const attempts = [...entries].map(([attempt, found]) => {
      const about = found.flatMap(({ entry_id }) => corrections.get(entry_id) ?? []);
      return [attempt, { entries: found, corrections: about }] as const;
    });
    const told = [...this.#told].filter(([, life]) => life.isAlive).map(([attempt]) => attempt);
    const known = {
      dispatched: this.#dispatched,
      held: new Map([...this.#intended].map(([id, { amounts }]) => [id, amounts])),
      told: new Set(told),
    };
    judgeBills(new Map(attempts), book, known, (rule, what) => this.violated(rule, what));
    judgeSubmissions(facts.lines, (rule, what) => this.violated(rule, what));
    this.#judgeTokens(attempts, book);
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

  /** What is not known is not given back to its limit, and says nothing. */
  #judgeTokens(
    attempts: readonly (readonly [string, AttemptLines])[],
    book: readonly Billed[],
  ): void {
    const lines = new Map(attempts);
    const used = book.flatMap(({ attempt_id, input_tokens, output_tokens, overBound }) => {
      const subject = this.#intended.get(attempt_id)?.subject;
      const isKnown = lines.get(attempt_id)?.entries[0]?.usage_source === 'reported';
      if (subject === undefined || overBound || !isKnown) return [];
      return [{ subject, tokens: BigInt(input_tokens + output_tokens) }];
    });
    this.rates?.whenQuiet(used);
  }

  #judgeCorrections(
    entries: ReadonlyMap<string, readonly LineFact[]>,
    corrections: ReadonlyMap<string, readonly LineFact[]>,
  ): void {
    for (const [about, found] of corrections) {
      const [entry] = entries.get(about) ?? [];
      if (entry?.entry_type === 'submission') continue;
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
