/**
 * What the auditor reads out of the items of the table: its own reading, from the layout that
 * `docs/decisions/0013-one-dynamodb-table.md` states, without the code that writes them.
 */
import type { Item } from '@tollkeeper/server/dynamodb';
import type { LineFact, Units } from './line-fact.ts';

/** Who used what: what budgets are matched against. */
export interface SubjectFact {
  readonly org_id: string;
  readonly app_id: string;
  readonly user_id: string | null;
  readonly key_id: string | null;
  readonly model_id: string;
}

export interface BudgetFact {
  readonly budget_id: string;
  readonly scope: {
    readonly type: string;
    readonly org_id: string;
    readonly app_id?: string;
    readonly user_id?: string;
    readonly key_id?: string;
  };
  readonly match: { readonly model_id?: string; readonly label?: string } | null;
  readonly unit: keyof Units;
  readonly limit: bigint;
  readonly window: string;
  readonly enforced: boolean;
  readonly since: number;
  readonly since_rev: number;
  readonly rev: number;
}

export interface BalanceFact {
  readonly posted: bigint;
  readonly ceiling: bigint;
  readonly held: bigint;
  readonly high_water: bigint;
  /** By cause, and all of it. */
  readonly causes: Readonly<Record<Cause, bigint>>;
  readonly excess: bigint;
  readonly since_rev: number;
  readonly rev: number;
  readonly seeding: boolean;
}

/** Why a limit may be passed. */
export const CAUSES = ['over_bound', 'submitted', 'correction', 'limit_lowered'] as const;
export type Cause = (typeof CAUSES)[number];

export interface LeaseFact {
  readonly lease_id: string;
  readonly row: string;
  readonly instance_id: string;
  readonly since_rev: number;
  readonly granted: bigint;
  readonly spent: bigint;
  readonly spentCeiling: bigint;
  readonly ended: boolean;
}

/** A part of a budget's window that an open intent holds. */
export interface PartFact {
  readonly row: string;
  readonly budget_id: string;
  readonly since_rev: number;
  readonly lease_id: string | null;
  /** What comes out of the lease; the rest of the hold is direct. */
  readonly leased: bigint;
}

export interface IntentFact {
  readonly attempt_id: string;
  readonly instance_id: string;
  readonly subject: SubjectFact;
  readonly amounts: Units;
  readonly parts: readonly PartFact[];
  /** The moment that chooses its windows. */
  readonly at: number;
  /** The revision of budgets by which it was decided. */
  readonly rev: number;
}

export interface TableLine extends LineFact {
  readonly subject: SubjectFact;
  readonly at: number;
  readonly posted: Units;
  readonly ceilings: Units;
  readonly recovered: boolean;
}

const SORTABLE = 17;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Name of the row in which a budget of such a window counts a moment. */
export function rowOf(budget_id: string, window: string, at: number): string {
  return `${budget_id}#${windowStart(window, at)}`;
}

function windowStart(window: string, at: number): number {
  if (window === 'hour') return Math.floor(at / HOUR) * HOUR;
  if (window === 'day') return Math.floor(at / DAY) * DAY;
  if (window === 'total') return 0;
  throw new Error(`The auditor knows no window ${window}.`);
}

/** Whether a budget counts what this subject uses. */
export function counts(budget: BudgetFact, subject: SubjectFact): boolean {
  const { scope, match } = budget;
  if (scope.org_id !== subject.org_id) return false;
  if (scope.type === 'application' && scope.app_id !== subject.app_id) return false;
  if (scope.type === 'user' && scope.user_id !== subject.user_id) return false;
  if (scope.type === 'key' && scope.key_id !== subject.key_id) return false;
  return match === null || match.model_id === subject.model_id;
}

export function readBudget(item: Item): BudgetFact {
  const budget = JSON.parse(textOf(item.budget)) as {
    readonly budget_id: string;
    readonly scope: BudgetFact['scope'];
    readonly match: BudgetFact['match'];
    readonly limit: { readonly unit: keyof Units; readonly amount: string };
    readonly window: string;
    readonly mode: string;
  };
  const { budget_id, scope, match, limit, window, mode } = budget;
  return {
    ...{ budget_id, scope, match, window, unit: limit.unit, limit: BigInt(limit.amount) },
    enforced: mode === 'enforce',
    since: Number(item.since),
    since_rev: Number(item.since_rev),
    rev: Number(item.rev),
  };
}

export function readBalance(item: Item): BalanceFact {
  const causes = {
    over_bound: figure(item.over_bound),
    submitted: figure(item.submitted),
    correction: figure(item.correction),
    limit_lowered: figure(item.limit_lowered),
  };
  return {
    posted: figure(item.posted),
    ceiling: figure(item.ceiling),
    held: figure(item.held),
    high_water: figure(item.high_water),
    causes,
    excess: CAUSES.reduce((sum, cause) => sum + causes[cause], 0n),
    since_rev: Number(item.since_rev),
    rev: Number(item.rev),
    seeding: item.seeding !== undefined,
  };
}

export function readLease(item: Item): LeaseFact {
  return {
    lease_id: item.sk.slice('LEASE#'.length),
    row: item.pk.slice('$#'.length),
    instance_id: textOf(item.instance_id),
    since_rev: Number(item.since_rev),
    granted: figure(item.granted),
    spent: figure(item.spent),
    spentCeiling: figure(item.spent_ceiling),
    ended: item.ended === true,
  };
}

type IntentText = readonly [
  instance: string,
  request: string | null,
  invocation: string | null,
  subject: readonly [string, string, string | null, string | null, string | null, string],
  call: unknown,
  price: unknown,
  tags: unknown,
  at: number,
  amounts: readonly [string, string, string],
  held: readonly (readonly [string, number, number, string?, string?])[],
  rev: number,
];

/** An open intent; undefined when the attempt has ended. */
export function readIntent(item: Item): IntentFact | undefined {
  if (item.intent === undefined) return undefined;
  const [instance_id, , , subject, , , , at, amounts, held, rev] = JSON.parse(
    textOf(item.intent),
  ) as IntentText;
  const [org_id, app_id, user_id, key_id, , model_id] = subject;
  return {
    attempt_id: item.pk.slice('A#'.length),
    instance_id,
    subject: { org_id, app_id, user_id, key_id, model_id },
    amounts: unitsOf(amounts),
    parts: held.map(([budget_id, since_rev, start, lease, amount]) => ({
      row: `${budget_id}#${start}`,
      budget_id,
      since_rev,
      lease_id: lease ?? null,
      leased: BigInt(amount ?? '0'),
    })),
    at,
    rev,
  };
}

interface LineText {
  readonly 0: readonly [
    string,
    LineFact['entry_type'],
    string | null,
    string | null,
    string | null,
    string | null,
  ];
  readonly 1: readonly [string, string | null, string | null, string | null, string];
  readonly 2: readonly [string, string, string, string, boolean, string];
  readonly 4: readonly [string, string | null];
  readonly 7: readonly [string, string | null];
  readonly 10: readonly [number, readonly (readonly [string, string])[], 0 | 1];
}

export function readLine({ pk, sk, line }: Item): TableLine {
  const text = JSON.parse(textOf(line)) as LineText;
  const [entry_id, entry_type, corrects_entry_id, attemptId, requestId, upstream] = text[0];
  const [app_id, user_id, key_id, , model_id] = text[1];
  const [cost, ceiling] = text[7];
  const [at, postings, recovered] = text[10];
  const org_id = pk.slice('E#'.length, pk.lastIndexOf('#') - '#2026-01-01'.length);
  const column = (index: 0 | 1): Units =>
    unitsOf(postings.map((posting) => posting[index]) as [string, string, string]);
  return {
    ...{ entry_id, entry_type, corrects_entry_id, attempt_id: attemptId ?? entry_id },
    request_id: requestId ?? attemptId ?? entry_id,
    upstream_request_id: upstream,
    writer_id: sk.slice(SORTABLE + 1, -SORTABLE - 1),
    sequence: Number(BigInt(sk.slice(-SORTABLE)) - 2n ** 53n),
    outcome: text[2][5],
    usage_source: text[4][0],
    cost: BigInt(cost),
    ceiling: ceiling === null ? null : BigInt(ceiling),
    subject: { org_id, app_id, user_id, key_id, model_id },
    at,
    posted: column(0),
    ceilings: column(1),
    recovered: recovered === 1,
  };
}

function unitsOf([usd, tokens, requests]: readonly [string, string, string]): Units {
  return { usd: BigInt(usd), tokens: BigInt(tokens), requests: BigInt(requests) };
}

function figure(value: Item[string]): bigint {
  return value === undefined ? 0n : BigInt(textOf(value));
}

/** A text that has to be there. */
export function textOf(value: Item[string]): string {
  if (typeof value !== 'string') throw new TypeError('An item is not as it should be.');
  return value;
}
