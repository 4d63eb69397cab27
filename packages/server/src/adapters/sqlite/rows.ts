/** Between the words of the port and the rows of the tables, all but those of entries. */
import { idsOfCall } from '@tollkeeper/core';
import type { Amounts, Balance, Budget, Intent } from '@tollkeeper/core';
import type { RecordEntry, Reserve, Settle } from '../../ports/ledger-store.ts';
import { toEntryRow } from './entry-row.ts';
import { RECORD, RESERVE, SETTLE } from './protocol.ts';
import type { RecordTuple, ReserveTuple, SettleTuple } from './protocol.ts';
import { toSqlInteger } from './sql-integer.ts';

export function toReserve({
  instance_id,
  intent,
  amounts,
  catalog_revision,
}: Reserve): ReserveTuple {
  const { subject } = intent;
  return [
    RESERVE,
    intent.attempt_id,
    instance_id,
    catalog_revision,
    subject.org_id,
    subject.app_id,
    subject.user_id,
    subject.key_id,
    subject.label,
    subject.model_id,
    intent.at,
    toSqlInteger(amounts.usd),
    toSqlInteger(amounts.tokens),
    toSqlInteger(amounts.requests),
    intentToText(intent),
    intent.request_id === intent.attempt_id ? null : intent.request_id,
  ];
}

export function toSettle(command: Settle): SettleTuple {
  const { entry, postings, instance_id, origin, correction_id } = command;
  return [
    SETTLE,
    entry.attempt_id,
    instance_id,
    origin === 'recovery' ? 1 : 0,
    correction_id,
    entry.usage_source === 'unknown' ? 1 : 0,
    entry.priced === 'yes' ? 0 : 1,
    toEntryRow(entry, postings),
  ];
}

export function toRecord(command: RecordEntry): RecordTuple {
  const { instance_id, entry, postings, at, cause, catalog_revision, known_as } = command;
  return [
    RECORD,
    instance_id,
    at,
    cause,
    entry.usage_source === 'unknown' ? 1 : 0,
    entry.priced === 'yes' ? 0 : 1,
    toEntryRow(entry, postings),
    catalog_revision ?? null,
    known_as ?? [],
    entry.entry_type === 'submission' ? idsOfCall(entry) : [],
  ];
}

export function budgetToText(budget: Budget): string {
  const { unit, amount } = budget.limit;
  return JSON.stringify({ ...budget, limit: { unit, amount: amount.toString() } });
}

export function budgetOfText(text: string): Budget {
  const budget = JSON.parse(text) as Budget & { limit: { amount: string } };
  return { ...budget, limit: { unit: budget.limit.unit, amount: BigInt(budget.limit.amount) } };
}

/** A row of the balances table from `posted` on. */
export type BalanceColumns = readonly [
  posted: string,
  ceiling: string,
  held: string,
  high_water: string,
  over_bound: string,
  submitted: string,
  correction: string,
  limit_lowered: string,
];

export const BALANCE_SELECT = `SELECT posted, ceiling, held, high_water, over_bound, submitted,
  correction, limit_lowered FROM balances WHERE budget_id = ? AND window_start = ?`;

export function balanceOf(columns: BalanceColumns): Balance {
  const [posted, ceiling, held, high_water, over_bound, submitted, correction, lowered] = columns;
  return {
    posted: BigInt(posted),
    ceiling: BigInt(ceiling),
    held: BigInt(held),
    high_water: BigInt(high_water),
    excess: {
      over_bound: BigInt(over_bound),
      submitted: BigInt(submitted),
      correction: BigInt(correction),
      limit_lowered: BigInt(lowered),
    },
  };
}

export function balanceColumns({
  posted,
  ceiling,
  held,
  high_water,
  excess,
}: Balance): BalanceColumns {
  return [
    posted.toString(),
    ceiling.toString(),
    held.toString(),
    high_water.toString(),
    excess.over_bound.toString(),
    excess.submitted.toString(),
    excess.correction.toString(),
    excess.limit_lowered.toString(),
  ];
}

/** A row of the holds table: what `HOLD_SELECT` yields, as an array. */
export type HoldColumns = readonly [
  attemptId: string,
  instanceId: string,
  orgId: string,
  at: number,
  usd: string,
  tokens: string,
  requests: string,
  intent: string,
];

export const HOLD_SELECT = `SELECT attempt_id, instance_id, org_id, dispatched_at,
  CAST(usd AS TEXT), CAST(tokens AS TEXT), CAST(requests AS TEXT), intent FROM holds`;

/** The members of an intent that have no column, in this order. */
type IntentBody = readonly [
  requestId: string | null,
  invocationId: string | null,
  appId: string,
  userId: string | null,
  keyId: string | null,
  label: string | null,
  modelId: string,
  region: string,
  operation: string,
  tier: string,
  streamed: boolean,
  priceVersion: string,
  priced: Intent['priced'],
  tags: Intent['tags'],
];

function intentToText(intent: Intent): string {
  const { subject } = intent;
  const body: IntentBody = [
    intent.request_id === intent.attempt_id ? null : intent.request_id,
    intent.invocation_id,
    subject.app_id,
    subject.user_id,
    subject.key_id,
    subject.label,
    subject.model_id,
    intent.region,
    intent.operation,
    intent.tier,
    intent.streamed,
    intent.price_version,
    intent.priced,
    intent.tags,
  ];
  return JSON.stringify(body);
}

export interface OpenHold {
  readonly instance_id: string;
  readonly intent: Intent;
  readonly amounts: Amounts;
}

/** The hold that a row keeps. */
export function holdOf(columns: HoldColumns): OpenHold {
  const [attempt_id, instance_id, org_id, at, usd, tokens, requests, text] = columns;
  const [requestId, invocation_id, app_id, user_id, key_id, label, model_id, ...rest] = JSON.parse(
    text,
  ) as IntentBody;
  const [region, operation, tier, streamed, price_version, priced, tags] = rest;
  return {
    instance_id,
    intent: {
      attempt_id,
      request_id: requestId ?? attempt_id,
      invocation_id,
      subject: { org_id, app_id, user_id, key_id, label, model_id },
      region,
      operation,
      tier,
      streamed,
      price_version,
      priced,
      tags,
      at,
    },
    amounts: { usd: BigInt(usd), tokens: BigInt(tokens), requests: BigInt(requests) },
  };
}
