/**
 * Holds the ledger against the book of the upstream: every attempt that was billed is there once,
 * with what it cost; what was not billed costs nothing; and what an entry posts to budgets follows
 * from what it costs, or can have cost.
 */
import { PRICES } from './catalogue.ts';
import type { LineFact, Units } from './line-fact.ts';
import type { Billed } from './upstream.ts';

/** All lines of an attempt: its entries, and the corrections of those. */
export interface AttemptLines {
  readonly entries: readonly LineFact[];
  readonly corrections: readonly LineFact[];
}

/** What is known of attempts beside the ledger. */
export interface KnownOfAttempts {
  readonly dispatched: ReadonlySet<string>;
  /** What was held for each; absent where nobody could see it. */
  readonly held: ReadonlyMap<string, Units>;
  /** Those of which a process that lives on was told what they used. */
  readonly told: ReadonlySet<string>;
}

type Violated = (rule: string, what: string) => void;

/** Judges all attempts. */
export function judgeBills(
  lines: ReadonlyMap<string, AttemptLines>,
  book: readonly Billed[],
  known: KnownOfAttempts,
  violated: Violated,
): void {
  const billed = new Map(book.map((each) => [each.attempt_id, each]));
  for (const each of book) {
    const found = lines.get(each.attempt_id)?.entries.length ?? 0;
    if (found !== 1) {
      const what = `${each.attempt_id} was billed and has ${found} entries`;
      violated('what was billed has exactly one entry', what);
    }
    judgeHold(each, known.held.get(each.attempt_id), violated);
  }
  for (const [attempt, of] of lines) {
    const [entry] = of.entries;
    if (entry?.entry_type !== 'attempt' || of.entries.length !== 1) continue;
    const all = [...of.entries, ...of.corrections];
    const due = billed.get(attempt);
    if (due === undefined) judgeUnbilled(entry, all, known, violated);
    else judgeBilled(due, all, known, violated);
    judgePostings(attempt, all, due, violated);
  }
}

/** Nothing that is within what was asked for may cost more than what was held for it. */
function judgeHold(billed: Billed, held: Units | undefined, violated: Violated): void {
  if (held === undefined || billed.overBound) return;
  const { attempt_id } = billed;
  const due = costOf(billed);
  if (held.usd < due) {
    violated('a hold covers what is billed', `${attempt_id}: held ${held.usd}, billed ${due}`);
  }
  const tokens = tokensOf(billed);
  if (held.tokens < tokens || held.requests !== 1n) {
    const what = `${attempt_id}: held ${held.tokens} tokens, billed ${tokens}`;
    violated('a hold covers what is billed', what);
  }
}

function judgeBilled(
  billed: Billed,
  lines: readonly LineFact[],
  { told }: KnownOfAttempts,
  violated: Violated,
): void {
  const { attempt_id } = billed;
  const { cost, ceiling } = sumsOf(lines);
  const due = costOf(billed);
  const isKnown = lines.at(-1)?.usage_source === 'reported';
  if (isKnown && cost !== due) {
    violated('known usage costs what was billed', `${attempt_id}: ${cost}, billed ${due}`);
  }
  if (!isKnown && told.has(attempt_id)) {
    violated('what a process was told is known', `${attempt_id} is ${lines.at(-1)?.usage_source}`);
  }
  const counted = cost > ceiling ? cost : ceiling;
  if (!isKnown && counted < due && !billed.overBound) {
    const what = `${attempt_id}: counted ${counted}, billed ${due}`;
    violated('unknown usage counts for no less than was billed', what);
  }
}

function judgeUnbilled(
  { attempt_id, outcome }: LineFact,
  lines: readonly LineFact[],
  { dispatched }: KnownOfAttempts,
  violated: Violated,
): void {
  const { cost } = sumsOf(lines);
  if (cost !== 0n) violated('what was not billed costs nothing', `${attempt_id}: ${cost}`);
  if (!dispatched.has(attempt_id) && outcome !== 'interrupted') {
    violated('what was not sent has no entry', `${attempt_id} is ${outcome}`);
  }
}

/** Budgets count the larger of what is known and what it can have been. */
function judgePostings(
  attempt: string,
  lines: readonly LineFact[],
  billed: Billed | undefined,
  violated: Violated,
): void {
  const posted = { usd: 0n, tokens: 0n, requests: 0n };
  let ceilings = 0n;
  for (const line of lines) {
    if (line.posted === undefined || line.ceilings === undefined) return;
    for (const unit of ['usd', 'tokens', 'requests'] as const) posted[unit] += line.posted[unit];
    ceilings += line.ceilings.usd;
  }
  const wrong = (what: string): void =>
    violated('what is posted follows from what it costs', `${attempt}: ${what}`);
  const { cost, ceiling } = sumsOf(lines);
  const most = cost > ceiling ? cost : ceiling;
  if (posted.usd !== most || ceilings !== most - cost) {
    wrong(`${posted.usd} with ceilings ${ceilings}; it costs ${cost}, at most ${most}`);
  }
  if (posted.requests !== 1n) wrong(`${posted.requests} requests`);
  const tokens = billed === undefined ? 0n : tokensOf(billed);
  const isKnown = lines.at(-1)?.usage_source === 'reported';
  if (isKnown && posted.tokens !== tokens) wrong(`${posted.tokens} tokens of ${tokens}`);
  if (!isKnown && posted.tokens < tokens && billed?.overBound !== true) {
    wrong(`${posted.tokens} tokens at most, and ${tokens} were billed`);
  }
}

function sumsOf(lines: readonly LineFact[]): { readonly cost: bigint; readonly ceiling: bigint } {
  return {
    cost: lines.reduce((sum, line) => sum + line.cost, 0n),
    ceiling: lines.reduce((sum, line) => sum + (line.ceiling ?? 0n), 0n),
  };
}

function tokensOf({ input_tokens, output_tokens }: Billed): bigint {
  return BigInt(input_tokens + output_tokens);
}

/** What the upstream takes for it, in pico-USD. */
function costOf({ model_id, input_tokens, output_tokens }: Billed): bigint {
  const price = PRICES[model_id];
  if (price === undefined) throw new Error(`There is no model ${model_id}.`);
  return BigInt(input_tokens) * price.input + BigInt(output_tokens) * price.output;
}
