/**
 * The item of an attempt: while it is open the intent, afterwards for some weeks the way to its
 * entry. There is one for every attempt id, so that nothing is ever sent or settled twice.
 */
import type { Amounts, Intent } from '@tollkeeper/core';
import { amountsOfText, amountsToText, textOf } from '../items/attribute-values.ts';
import type { AmountsText } from '../items/attribute-values.ts';
import type { Item, ItemKey } from '../items/items.ts';
import type { Attributes } from '../groups/transactions.ts';

/** What an open attempt holds of one budget. */
export interface HeldPart {
  readonly budget_id: string;
  /** Which making of the budget: see `definition-item.ts`. */
  readonly since_rev: number;
  /** Milliseconds since the epoch; 0 for `total`. */
  readonly window_start: number;
  /** Out of which lease, and how much; null: out of the balance itself. */
  readonly lease: { readonly lease_id: string; readonly amount: bigint } | null;
}

/** An intent: a hold that is open. */
export interface OpenAttempt {
  readonly kind: 'open';
  readonly intent: Intent;
  readonly instance_id: string;
  readonly amounts: Amounts;
  /** The balances that count it as held. */
  readonly held: readonly HeldPart[];
  /** The revision of budgets by which it was reserved. */
  readonly rev: number;
}

/** An attempt that has an entry. */
export interface EndedAttempt {
  readonly kind: 'ended';
  /** Where its entry is. */
  readonly entry: ItemKey;
  /** The entry is that of a recovery. */
  readonly recovered: boolean;
  /** There are corrections of it. */
  readonly corrected: boolean;
}

export type Attempt =
  | OpenAttempt
  | EndedAttempt
  /** It was given up while nobody knew whether it was reserved: it never can be. */
  | { readonly kind: 'released' };

/** The members of an intent in the order of the JSON array that keeps them. */
type IntentText = readonly [
  instanceId: string,
  requestId: string | null,
  invocationId: string | null,
  subject: readonly [string, string, string | null, string | null, string | null, string],
  call: readonly [region: string, operation: string, tier: string, streamed: boolean],
  price: readonly [version: string, priced: Intent['priced']],
  tags: Intent['tags'],
  at: number,
  amounts: AmountsText,
  held: readonly HeldText[],
  rev: number,
];

type HeldText = readonly [
  budgetId: string,
  sinceRev: number,
  windowStart: number,
  leaseId?: string,
  amount?: string,
];

/** Seconds for which an ended attempt stays known, corrections by late settlements with it. */
export const ENDED_TTL_S = 45 * 86_400;

export function openAttributes(open: Omit<OpenAttempt, 'kind'>): Attributes {
  const { intent, instance_id, amounts, held, rev } = open;
  const { subject } = intent;
  const text: IntentText = [
    instance_id,
    intent.request_id === intent.attempt_id ? null : intent.request_id,
    intent.invocation_id,
    [
      subject.org_id,
      subject.app_id,
      subject.user_id,
      subject.key_id,
      subject.label,
      subject.model_id,
    ],
    [intent.region, intent.operation, intent.tier, intent.streamed],
    [intent.price_version, intent.priced],
    intent.tags,
    intent.at,
    amountsToText(amounts),
    held.map(heldToText),
    rev,
  ];
  return { intent: JSON.stringify(text) };
}

function heldToText({ budget_id, since_rev, window_start, lease }: HeldPart): HeldText {
  return lease === null
    ? [budget_id, since_rev, window_start]
    : [budget_id, since_rev, window_start, lease.lease_id, lease.amount.toString()];
}

function heldOfText([budget_id, since_rev, window_start, leaseId, amount]: HeldText): HeldPart {
  const lease = leaseId === undefined ? null : { lease_id: leaseId, amount: BigInt(amount ?? '0') };
  return { budget_id, since_rev, window_start, lease };
}

/** `ttl`: seconds since the epoch. */
export function endedAttributes(ended: Omit<EndedAttempt, 'kind'>, ttl: number): Attributes {
  const { entry, recovered, corrected } = ended;
  return {
    e_pk: entry.pk,
    e_sk: entry.sk,
    ...(recovered ? { recovered } : {}),
    ...(corrected ? { corrected } : {}),
    ttl,
  };
}

/** `ttl`: seconds since the epoch, after the last moment at which the reserve can still land. */
export function releasedAttributes(ttl: number): Attributes {
  return { released: true, ttl };
}

/** What the item `A#<attempt id>` says. */
export function attemptOf(item: Item): Attempt {
  if (typeof item.intent === 'string') return openOf(item.pk.slice(2), item.intent);
  if (item.released === true) return { kind: 'released' };
  return {
    kind: 'ended',
    entry: { pk: textOf(item.e_pk), sk: textOf(item.e_sk) },
    recovered: item.recovered === true,
    corrected: item.corrected === true,
  };
}

function openOf(attempt_id: string, text: string): OpenAttempt {
  const [instance_id, requestId, invocation_id, subject, call, price, tags, ...rest] = JSON.parse(
    text,
  ) as IntentText;
  const [at, amounts, held, rev] = rest;
  const [org_id, app_id, user_id, key_id, label, model_id] = subject;
  const [region, operation, tier, streamed] = call;
  const [price_version, priced] = price;
  return {
    kind: 'open',
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
    amounts: amountsOfText(amounts),
    held: held.map(heldOfText),
    rev,
  };
}
