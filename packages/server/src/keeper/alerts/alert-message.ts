/** What webhooks are sent: the body of each kind of message. Pure. */
import { formatUsd, percentOf, type BudgetUnit } from '@tollkeeper/core';
import type { AlertRecord } from '../../catalog/alert-records.ts';

/** Kinds of message. */
export const THRESHOLD_REACHED = 'budget.threshold_reached';
export const WEBHOOK_TEST = 'webhook.test';

/** What an alert says, in the words of the API: to the log and, as `data`, to webhooks. */
export function factsOf(alert: AlertRecord): Readonly<Record<string, unknown>> {
  const { unit, window } = alert;
  const limit = BigInt(alert.limit);
  const posted = BigInt(alert.posted);
  return {
    alert_id: alert.alert_id,
    org_id: alert.org_id,
    budget_id: alert.budget_id,
    scope: alert.scope,
    match: alert.match,
    threshold_pct: alert.threshold_pct,
    spent_pct: percentOf(limit, posted),
    spent: figure(unit, posted),
    limit: { unit, amount: figure(unit, limit) },
    mode: alert.mode,
    window,
    timezone: alert.timezone,
    window_start: window === 'total' ? null : instant(alert.window_start),
    resets_at: alert.resets_at === null ? null : instant(alert.resets_at),
  };
}

/** The body of the message of an alert. */
export function alertBody(alert: AlertRecord): string {
  const timestamp = instant(alert.raised_at);
  return JSON.stringify({ type: THRESHOLD_REACHED, timestamp, data: factsOf(alert) });
}

/** The body of a message that only tries a webhook out. */
export function testBody(orgId: string, webhookId: string, at: number): string {
  const data = { org_id: orgId, webhook_id: webhookId, message: 'This is a test.' };
  return JSON.stringify({ type: WEBHOOK_TEST, timestamp: instant(at), data });
}

function figure(unit: BudgetUnit, amount: bigint): string {
  return unit === 'usd' ? formatUsd(amount) : amount.toString();
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
