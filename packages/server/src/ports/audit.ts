/**
 * What is kept of every administrative change: who changed what, when, and how it was before and
 * is now. A record is written in the same atomic step as the change that it tells of, and never
 * again; no store can change or remove one. Secrets and hashes of secrets are never in it.
 */
import { formatUsd, type Budget } from '@tollkeeper/core';

/**
 * Who made a change: the provisioning key, an API key, an OAuth client, a person who signed in, or
 * a command on the machine itself.
 */
export interface AuditActor {
  readonly kind: 'provisioning_key' | 'key' | 'client' | 'person' | 'cli';
  readonly id: string;
}

/** What is known of a change before the store has carried it out. */
export interface AuditStamp {
  readonly audit_id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: AuditActor;
  /** Name of the operation in the contract, or of the command. */
  readonly action: string;
  readonly request_id: string | null;
  /** Address of the caller as the connection says it. */
  readonly source_ip: string | null;
}

export interface AuditRecord extends AuditStamp {
  /** Kind of what was changed, such as `application`. */
  readonly resource: string;
  readonly resource_id: string;
  /** Whose it is; null when it belongs to the installation. */
  readonly org_id: string | null;
  /** JSON; null when there was none. */
  readonly before: unknown;
  /** JSON; null when there is none any more. */
  readonly after: unknown;
}

/** All members narrow; `from` is inclusive and `to` exclusive. */
export interface AuditQuery {
  readonly org_id?: string;
  readonly resource?: string;
  readonly resource_id?: string;
  readonly actor?: { readonly kind: string; readonly id?: string };
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  /** As given by the page before. */
  readonly cursor?: string;
}

export interface AuditPage {
  /** Newest first, in the order in which the changes were made durable. */
  readonly records: readonly AuditRecord[];
  readonly next_cursor: string | null;
}

/** Whether a record is among those that are asked for. */
export function isAuditAsked(record: AuditRecord, query: AuditQuery): boolean {
  const { org_id, resource, resource_id, actor, from, to } = query;
  return (
    (org_id === undefined || record.org_id === org_id) &&
    (resource === undefined || record.resource === resource) &&
    (resource_id === undefined || record.resource_id === resource_id) &&
    (actor === undefined || record.actor.kind === actor.kind) &&
    (actor?.id === undefined || record.actor.id === actor.id) &&
    (from === undefined || record.at >= from) &&
    (to === undefined || record.at < to)
  );
}

/**
 * The record of a change of a budget. Budgets have no revision by which the caller could know what
 * it replaces, so the store says what was there, inside its atomic step.
 */
export function budgetAudit(
  stamp: AuditStamp,
  before: Budget | undefined,
  after: Budget | undefined,
): AuditRecord {
  const budget = after ?? before;
  return {
    ...stamp,
    resource: 'budget',
    resource_id: budget?.budget_id ?? '',
    org_id: budget?.scope.org_id ?? null,
    before: shown(before),
    after: shown(after),
  };
}

function shown(budget: Budget | undefined): unknown {
  if (budget === undefined) return null;
  const { unit, amount } = budget.limit;
  const figure = unit === 'usd' ? formatUsd(amount) : amount.toString();
  return { ...budget, limit: { unit, amount: figure } };
}
